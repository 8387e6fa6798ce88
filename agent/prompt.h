/*
 * prompt.h - what the supervisor gives for a conversation with the model: the
 * fixed part of every request, the first message, and the limits.
 */
#ifndef AGENT_PROMPT_H
#define AGENT_PROMPT_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct json;

struct prompt {
	char *request; /* JSON object: a body but for its messages */
	char *first;   /* text of the first message */
	int max_turns;
	int attempts; /* at one turn */
	int turn_timeout_ms;
	int64_t deadline; /* of the whole conversation, as wire_now_ms() */

	char *text; /* what was read, and scanned */
	struct json *json;
	int tools; /* node */
};

/* Reads the resource pgmend://model. */
int prompt_read(struct prompt *ret_prompt, const char *text, struct error *err);
void prompt_free(struct prompt *prompt);

/* Whether the model was offered a tool of this name. */
bool prompt_has_tool(const struct prompt *prompt, const char *name);

#endif
