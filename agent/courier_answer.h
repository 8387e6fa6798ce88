/*
 * courier_answer.h - the head of an HTTP answer: its status, and those of its
 * headers that are passed on.
 */
#ifndef AGENT_COURIER_ANSWER_H
#define AGENT_COURIER_ANSWER_H

#include <stddef.h>

#define ANSWER_HEADERS_MAX 16

struct answer_header {
	char *name;  /* owned, in lower case, one of post_headers */
	char *value; /* owned, printable ASCII */
};

struct answer {
	int status;
	struct answer_header headers[ANSWER_HEADERS_MAX];
	int header_count;
};

/* Takes a line of the head, of any form and without a zero behind it. */
void answer_take(struct answer *answer, const char *line, size_t size);
void answer_reset(struct answer *answer);

#endif
