/*
 * mcp.h - the agent's side of the conversation: an MCP client, revision
 * 2026-07-28, over the wire; the agent's only user of cJSON.
 *
 * One request at a time; an answer that doesn't belong to it is an error. At
 * the end of file every function fails and is_closed is set: there is no one
 * left to talk to, and nothing is wrong.
 */
#ifndef AGENT_MCP_H
#define AGENT_MCP_H

#include <stdbool.h>

struct error;
struct proposal;
struct wire;

struct mcp {
	struct wire *wire; /* borrowed */
	int last_id;
	bool is_closed;
};

/* server/discover: fails unless the server speaks our revision. */
int mcp_discover(struct mcp *mcp, struct error *err);

/* resources/read of the incident: the brief as text; the caller frees it. */
int mcp_read_brief(struct mcp *mcp, char **ret_brief, struct error *err);

/* tools/call propose_repair. `ret_denial` is NULL when the proposal was taken,
 * else what was said against it; the caller frees it. */
int mcp_propose(struct mcp *mcp, const struct proposal *proposal,
		char **ret_denial, struct error *err);

/* tools/call give_up. */
int mcp_give_up(struct mcp *mcp, const char *reason, struct error *err);

#endif
