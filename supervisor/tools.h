/*
 * tools.h - the MCP tools: their schemas, and what answers them.
 */
#ifndef SUPERVISOR_TOOLS_H
#define SUPERVISOR_TOOLS_H

#include <stdbool.h>

#include "sandbox/json.h"

struct document;
struct error;
struct session;

enum tool {
	TOOL_DESCRIBE_TABLE,
	TOOL_LIST_CONSTRAINTS,
	TOOL_LIST_DEPENDENTS,
	TOOL_PROPOSE_REPAIR,
	TOOL_GIVE_UP,
	TOOLS
};

/* TOOLS when there is no such tool. */
enum tool tool_find(const char *name);

/* The same tools as the Messages API wants them, inputs strict. */
struct document *tools_for_model(void);

/* The result of tools/list without the protocol's own members. */
struct document *tools_document(void);

/* One call as it came: borrowed from the frame. */
struct tool_call {
	enum tool tool;
	const struct json *json;
	int arguments; /* node of an object, or JSON_NONE */
};

/* Structured content; `is_error` says that the tool refused, in the form that
 * lets the planner do better. */
struct tool_answer {
	struct document *document; /* owned */
	bool is_error;
};

int tool_answer(struct tool_answer *ret_answer, struct session *session,
		const struct tool_call *call, struct error *err);

#endif
