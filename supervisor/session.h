/*
 * session.h - the conversation with the agent, or with an MCP host: one table
 * of what may be asked, by whom, and when.
 *
 * The supervisor never asks "is this bad?", only "is this listed and open?".
 * What an agent asks that is not listed, or comes out of its state, ends the
 * worker and the run. A host, which is nobody's jailed worker, is answered with
 * an error's code instead, and may go on.
 */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include <stdint.h>

#include "pgmend.h"

struct audit;
struct database;
struct document;
struct error;
struct grounds;
struct host;
struct model;
struct plan;
struct prompt;
struct wire;

enum peer {
	PEER_AGENT, /* jailed, untrusted, over its wire */
	PEER_HOST,  /* an MCP host on standard input and output */
	PEERS
};

const char *peer_name(enum peer peer);

enum session_state {
	SESSION_PLANNING = 1 << 0, /* it may look, propose and give up */
	SESSION_ENDED = 1 << 1,	   /* it may only close */
};

struct session {
	struct wire *wire; /* borrowed, as all of these */
	struct database *database;
	struct audit *audit;
	const struct grounds *grounds;
	const struct document *brief; /* what brief_document() gave */
	const char *planner;
	bool tries_changes;	     /* what it proposes may not suffice */
	struct model *model;	     /* NULL: Claude isn't asked */
	const struct prompt *prompt; /* with it */
	int64_t deadline;	     /* on the clock of wire_now_ms() */
	struct host *host; /* who asks; NULL: the agent does (host.h) */

	/* What came of it. */
	enum session_state state;
	int requests, proposals;
	struct document *new_brief; /* owned: after a plan that was tried */
	struct plan *plan;  /* owned: the last proposal, judged; or NULL */
	char *gave_up;	    /* owned: the reason, or NULL */
	char *model_failed; /* owned: a word of session_model_failure() */
};

/*
 * Sends the start frame and answers requests until a proposal was allowed or
 * escalated, or the planner gave up. EXIT_REFUSED when the agent broke the
 * protocol, died or fell silent: agent_violation, agent_died, worker_silent,
 * or the wire's own codes.
 */
int session_run(struct session *session, struct error *err);
void session_free(struct session *session);

enum peer session_peer(const struct session *session);

/*
 * Answers one frame, which must outlive the call. An agent's mistake is
 * EXIT_REFUSED, agent_violation; a host's is answered. Else -1 means that
 * nothing can be answered any more.
 */
int session_take(struct session *session, const char *frame, size_t size,
		 struct error *err);

/*
 * What a planner's failure to reach its model means: EXIT_TEMPFAIL for
 * unreachable, overloaded and rate_limited; EXIT_USAGE for auth; else
 * EXIT_REFUSED.
 */
enum exit_reason session_model_failure(const char *word);

#endif
