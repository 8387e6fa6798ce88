/*
 * turn.h - one turn of the model, put together from the events of its answer.
 *
 * Nothing of it may be acted upon before turn_is_complete(): a stream that was
 * cut may have lost the half that matters. Events and deltas of unknown kinds
 * are skipped; what contradicts the protocol fails the whole turn.
 */
#ifndef AGENT_TURN_H
#define AGENT_TURN_H

#include <stdbool.h>

#include "agent/buffer.h"
#include "agent/usage.h"

struct block;
struct error;
struct event;

#define TURN_BLOCKS_MAX 64
/* A quarter of the frame that gives it back. */
#define TURN_CONTENT_MAX (256 * 1024)
#define TURN_THOUGHTS_MAX (16 * 1024)

/* A call that the model wants made. */
struct tool_use {
	char *id, *name;
	char *input; /* one line, a JSON object; NULL when it was none */
};

enum turn_stage { TURN_AWAITED, TURN_OPEN, TURN_COMPLETE };

struct turn {
	enum turn_stage stage;
	struct buffer content;	/* its blocks as JSON, with commas between */
	struct buffer thoughts; /* thinking and text, decoded and capped */
	struct tool_use *uses;	/* in the order of the content */
	int use_count;
	struct usage usage; /* also of a turn that breaks off */
	char *stop_reason;  /* set when complete */
	char *refusal;	    /* the API's explanation, or NULL */

	struct block *block; /* the open one, or NULL */
	int block_count;
};

struct turn *turn_new(void);
void turn_free(struct turn *turn);
void turn_cleanup(struct turn **turn);
#define auto_turn __attribute__((cleanup(turn_cleanup)))

/* Takes the next event. Its failures are those of failure.h. */
int turn_take(struct turn *turn, const struct event *event, struct error *err);
bool turn_is_complete(const struct turn *turn);

#endif
