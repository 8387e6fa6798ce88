/*
 * prompt.h - what Claude is asked: the fixed part of every request, and the
 * first message.
 *
 * Made by the supervisor, so that the gate can compare it byte by byte: the
 * agent adds nothing but the conversation. `pgmend heal --show-prompt` prints
 * exactly this.
 */
#ifndef SUPERVISOR_PROMPT_H
#define SUPERVISOR_PROMPT_H

#include <stdint.h>

struct document;
struct policy_model;

struct prompt {
	char *model;   /* the id that is asked */
	char *request; /* JSON object: every member but "messages" */
	char *first;   /* text of the first user message */
	int64_t max_tokens;
	int64_t max_turns;
	int64_t deadline; /* of the conversation, as wire_now_ms() */
};

/* `model` is the id; `brief` what brief_document() gave, borrowed. */
void
prompt_make(struct prompt *ret_prompt, const char *model,
	    const struct policy_model *limits, const struct document *brief);
void prompt_free(struct prompt *prompt);

/* The resource pgmend://model, as the agent reads it. */
struct document *prompt_document(const struct prompt *prompt);

/* The first request as it would be sent; the caller frees. */
char *prompt_first_request(const struct prompt *prompt);

#endif
