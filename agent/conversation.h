/*
 * conversation.h - the messages of the next request, as JSON on one line.
 *
 * The model's content is given back unchanged, and all results of a turn stand
 * in one message, as the API demands.
 */
#ifndef AGENT_CONVERSATION_H
#define AGENT_CONVERSATION_H

#include <stdbool.h>

#include "agent/buffer.h"

struct conversation {
	struct buffer messages; /* with commas between them */
};

/* What a call was answered with; borrowed. */
struct tool_result {
	const char *id, *text;
	bool is_error;
};

void conversation_free(struct conversation *conversation);

/* A message of the user's that is one text. */
void conversation_add_text(struct conversation *conversation, const char *text);
/* The content of a turn: blocks with commas between. An empty one is left out:
 * the API would refuse it. */
void conversation_add_content(struct conversation *conversation,
			      const char *content);
void conversation_add_results(struct conversation *conversation,
			      const struct tool_result *results, int count);

/*
 * The body of a request: the fixed part, a JSON object that is kept byte for
 * byte, with the messages as its last member. The caller frees it.
 */
char *
conversation_body(const struct conversation *conversation, const char *fixed);

#endif
