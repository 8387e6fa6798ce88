#include "pgmend.h"

#include "supervisor/document.h"
#include "supervisor/tools.h"

#define BOTH (1U << PEER_AGENT | 1U << PEER_HOST)

/* All tools, and who may call them. */
static const struct {
	const char *name;
	unsigned peers;
	answer_function *answer;
} tools[TOOLS] = {
	[TOOL_DESCRIBE_TABLE] = {"describe_table", BOTH, answer_describe_table},
	[TOOL_LIST_CONSTRAINTS] = {"list_constraints", BOTH,
				   answer_list_constraints},
	[TOOL_LIST_DEPENDENTS] = {"list_dependents", BOTH,
				  answer_list_dependents},
	[TOOL_EXPLAIN_STATEMENT] = {"explain_statement", 1U << PEER_HOST,
				    answer_explain_statement},
	[TOOL_CHECK_INCIDENT] = {"check_incident", 1U << PEER_HOST,
				 answer_check_incident},
	[TOOL_PROPOSE_REPAIR] = {"propose_repair", BOTH, answer_propose_repair},
	[TOOL_LIST_RUNS] = {"list_runs", 1U << PEER_HOST, answer_list_runs},
	[TOOL_GIVE_UP] = {"give_up", 1U << PEER_AGENT, answer_give_up},
};

bool
tool_is_for(enum tool tool, enum peer peer)
{
	return (tools[tool].peers & 1U << peer) != 0;
}

const char *
tool_name(enum tool tool)
{
	return tools[tool].name;
}

enum tool
tool_find(enum peer peer, const char *name)
{
	for (int i = 0; i < TOOLS; i++)
		if (strcmp(tools[i].name, name) == 0 &&
		    tool_is_for((enum tool)i, peer))
			return (enum tool)i;
	return TOOLS;
}

static void
refuse(struct tool_answer *ret_answer, const char *verdict, const char *code,
       const char *message)
{
	struct document *answer = document_object();

	if (verdict != NULL)
		document_text(answer, "verdict", verdict);
	document_text(answer, "reason_code", code);
	document_text(answer, "message", message);
	*ret_answer = (struct tool_answer){answer, true};
}

void
tool_refuse(struct tool_answer *ret_answer, const char *code,
	    const char *message)
{
	refuse(ret_answer, "deny", code, message);
}

void
tool_fail(struct tool_answer *ret_answer, const char *code, const char *message)
{
	refuse(ret_answer, NULL, code, message);
}

int
tool_answer(struct tool_answer *ret_answer, struct session *session,
	    const struct tool_call *call, struct error *err)
{
	char mistake[256];

	/* The agent's own checks are in its tools, as its planners know them.
	 */
	if (session_peer(session) == PEER_HOST && !tool_takes(call, mistake)) {
		tool_fail(ret_answer, "arguments", mistake);
		return 0;
	}
	return tools[call->tool].answer(ret_answer, session, call, err);
}
