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
#include <stddef.h>

struct error;
struct proposal;
struct usage;
struct wire;

/* Takes some bytes of the model's answer, as they come. */
typedef void mcp_chunk_taker(void *context, const char *bytes, size_t size);

struct mcp {
	struct wire *wire; /* borrowed, as what follows is */
	int last_id;
	bool is_closed;

	/* What every request tells of the model beside; NULL: nothing. */
	const char *thinking;
	const struct usage *usage;

	/* Who listens while the model answers. */
	mcp_chunk_taker *take_chunk;
	void *chunk_context;
};

/* server/discover: fails unless the server speaks our revision. */
int mcp_discover(struct mcp *mcp, struct error *err);

/* resources/read of the incident: the brief as text; the caller frees it. */
int mcp_read_brief(struct mcp *mcp, char **ret_brief, struct error *err);

/* The same of what a conversation with the model needs (prompt.h). */
int mcp_read_prompt(struct mcp *mcp, char **ret_prompt, struct error *err);

/* tools/call propose_repair. `ret_denial` is NULL when the proposal was taken,
 * else what was said against it; the caller frees it. */
int mcp_propose(struct mcp *mcp, const struct proposal *proposal,
		char **ret_denial, struct error *err);

/* tools/call give_up. */
int mcp_give_up(struct mcp *mcp, const char *reason, struct error *err);

/* What a tool said, for the model. */
struct mcp_answer {
	char *text; /* owned */
	bool is_error;
};

/* tools/call with arguments as they are: a JSON object on one line, scanned. */
int mcp_call(struct mcp *mcp, const char *tool, const char *arguments,
	     struct mcp_answer *ret_answer, struct error *err);

/* What became of a request to the model, beside its bytes. */
struct mcp_reply {
	int status;    /* of HTTP, 0 when there is none */
	char *failure; /* owned, as all of these: a word of post.h, what the
			* supervisor had against carrying it, or NULL */
	char *should_retry, *retry_after, *retry_after_ms, *request_id;
};

/* pgmend/model: `body` is a JSON object on one line. The bytes have gone to
 * take_chunk when it returns. */
int mcp_ask_model(struct mcp *mcp, const char *body,
		  struct mcp_reply *ret_reply, struct error *err);
void mcp_reply_free(struct mcp_reply *reply);

/* pgmend/model_failed: gives up, for a reason of failure.h. */
int mcp_model_failed(struct mcp *mcp, const struct error *failure,
		     struct error *err);

#endif
