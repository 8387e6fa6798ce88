/*
 * block.h - one content block of an answer, from its start and its deltas.
 *
 * Whatever its type, known or not, it comes out as it would have come in one
 * piece, since the next request must give it back unchanged: members that no
 * delta touches keep their bytes, members that grow keep theirs and the
 * pieces'.
 */
#ifndef AGENT_BLOCK_H
#define AGENT_BLOCK_H

#include <stdbool.h>

#include "agent/buffer.h"

struct error;
struct json;

/* How deep a block may be nested: around it stand the frame, its parameters,
 * the body, the messages, one message and its content. */
#define BLOCK_DEPTH_MAX (JSON_DEPTH_MAX - 6)

/* Of all the pieces of a block: the scanner's tree of it must fit the jail's
 * memory, however finely it is made. */
#define BLOCK_SIZE_MAX (256 * 1024)

/* The members that deltas let grow. */
enum block_growth {
	BLOCK_TEXT,
	BLOCK_THINKING,
	BLOCK_SIGNATURE,
	BLOCK_INPUT,
	BLOCK_CITATIONS,
	BLOCK_GROWTHS
};

struct block {
	char *start; /* JSON object, owned */
	struct buffer grown[BLOCK_GROWTHS];
	size_t size; /* of what came with deltas */
};

/* What became of it: one line of JSON, and that scanned. */
struct block_done {
	char *text;
	struct json *json;
	bool is_input_valid; /* else "input" is {}, and nothing of the model's
			      */
};

/* `content_block` is a node of the event that starts a block: an object. */
struct block *block_new(const struct json *json, int content_block);
void block_free(struct block *block);

/* `delta` is a node of an event. Deltas of unknown types are skipped. */
int block_grow(struct block *block, const struct json *json, int delta,
	       struct error *err);

/* Fails when the block can't be given back to the API. */
int block_finish(struct block_done *ret_done, const struct block *block,
		 struct error *err);
void block_done_free(struct block_done *done);

#endif
