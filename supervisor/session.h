/*
 * session.h - the conversation with the agent: MCP over its pipe, as a table of
 * what it may ask, and when.
 *
 * The supervisor never asks "is this bad?", only "is this listed and open?".
 * What is not listed, or comes out of its state, ends the worker and the run.
 */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include <stdint.h>

#include "pgmend.h"

struct audit;
struct catalog;
struct database;
struct document;
struct error;
struct grounds;
struct model;
struct plan;
struct prompt;
struct replay;
struct wire;

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
	struct model *model;	     /* NULL: Claude isn't asked */
	const struct prompt *prompt; /* with it */
	int64_t deadline;	     /* on the clock of wire_now_ms() */

	/* What came of it. */
	enum session_state state;
	int requests, proposals;
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

/*
 * What a planner's failure to reach its model means: EXIT_TEMPFAIL for
 * unreachable, overloaded and rate_limited; EXIT_USAGE for auth; else
 * EXIT_REFUSED.
 */
enum exit_reason session_model_failure(const char *word);

#endif
