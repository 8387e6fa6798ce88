/*
 * exchange.h - one request to the model and its answer, tried again while that
 * may help.
 *
 * A turn comes out whole or not at all: whatever broke in the middle of an
 * answer, nothing of that answer is kept but what it has cost.
 */
#ifndef AGENT_EXCHANGE_H
#define AGENT_EXCHANGE_H

struct error;
struct mcp;
struct prompt;
struct turn;
struct usage;

struct exchange {
	struct mcp *mcp;	     /* borrowed, as all of these */
	const struct prompt *prompt; /* attempts, and the time for a turn */
	struct usage *usage;	     /* grows with every attempt */
};

/* Fails with a reason of failure.h, or because the wire broke. */
int exchange_turn(struct turn **ret_turn, const struct exchange *exchange,
		  const char *body, struct error *err);

#endif
