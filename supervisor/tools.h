/*
 * tools.h - the MCP tools: who may call them, and what answers them. What they
 * take and give is in tools.txt.
 */
#ifndef SUPERVISOR_TOOLS_H
#define SUPERVISOR_TOOLS_H

#include <stdbool.h>

#include "sandbox/json.h"
#include "supervisor/session.h"

struct document;
struct error;

enum tool {
	TOOL_DESCRIBE_TABLE,
	TOOL_LIST_CONSTRAINTS,
	TOOL_LIST_DEPENDENTS,
	TOOL_EXPLAIN_STATEMENT,
	TOOL_CHECK_INCIDENT,
	TOOL_PROPOSE_REPAIR,
	TOOL_LIST_RUNS,
	TOOL_GIVE_UP,
	TOOLS
};

/* TOOLS when the peer has no such tool. */
enum tool tool_find(enum peer peer, const char *name);
const char *tool_name(enum tool tool);
bool tool_is_for(enum tool tool, enum peer peer);

/* One call as it came: borrowed from the frame. */
struct tool_call {
	enum tool tool;
	const struct json *json;
	int arguments; /* node of an object, or JSON_NONE */
};

/* Structured content; `is_error` says that the tool refused, in the form that
 * lets the caller do better. */
struct tool_answer {
	struct document *document; /* owned */
	bool is_error;
};

int tool_answer(struct tool_answer *ret_answer, struct session *session,
		const struct tool_call *call, struct error *err);

/* Structured content, mirrored as text for clients that only show text. Takes
 * the answer. */
struct document *tool_result(struct tool_answer answer);

/* A refusal, with a code that a planner can act on. */
void tool_refuse(struct tool_answer *ret_answer, const char *code,
		 const char *message);
/* The same where nothing was judged: it must not read as policy's word. */
void tool_fail(struct tool_answer *ret_answer, const char *code,
	       const char *message);

/* --- What they take and give (tools_schema.c) ----------------------------- */

/* The peer's tools, as tools/list shows them. */
struct document *tools_document(enum peer peer);

/* The agent's tools as the Messages API wants them, inputs strict. */
struct document *tools_for_model(void);

/* False and a sentence in `ret_mistake` (256 bytes) unless the arguments are
 * what the tool's inputSchema says. */
bool tool_takes(const struct tool_call *call, char *ret_mistake);

/* --- What answers them (tools_answer.c, tools_host.c) --------------------- */

typedef int
answer_function(struct tool_answer *ret_answer, struct session *session,
		const struct tool_call *call, struct error *err);

answer_function answer_describe_table, answer_list_constraints,
	answer_list_dependents, answer_explain_statement, answer_check_incident,
	answer_propose_repair, answer_list_runs, answer_give_up;

/* Reads, judges and records a proposal; what it became is in session->plan. */
answer_function session_propose;

#endif
