/*
 * no_host.h - in the place of a host's run, for a target whose sessions have
 * none: without it a whole heal would be linked.
 */
#ifndef TESTS_FUZZ_NO_HOST_H
#define TESTS_FUZZ_NO_HOST_H

#include "supervisor/host.h"
#include "supervisor/tools.h"

int
host_reconnect(struct host *host, struct error *err)
{
	abort();
}

int
host_catalog(struct catalog **ret_catalog, struct tool_answer *ret_answer,
	     struct host *host, const struct tool_call *call, struct error *err)
{
	abort();
}

#define NO_TOOL(name)                                                     \
	int name(struct tool_answer *ret_answer, struct session *session, \
		 const struct tool_call *call, struct error *err)         \
	{                                                                 \
		abort();                                                  \
	}

NO_TOOL(host_propose)
NO_TOOL(answer_explain_statement)
NO_TOOL(answer_check_incident)
NO_TOOL(answer_list_runs)

#endif
