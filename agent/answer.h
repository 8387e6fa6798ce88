/*
 * answer.h - a frame from the server, scanned: the answer to a request of ours,
 * or a notification on the way to it.
 */
#ifndef AGENT_ANSWER_H
#define AGENT_ANSWER_H

#include <stdbool.h>

struct error;
struct json;
struct wire;

struct answer {
	char *text; /* owned, and borrowed by the document */
	struct json *json;
	int result; /* node, once checked */
};

void answer_cleanup(struct answer *answer);
#define auto_answer __attribute__((cleanup(answer_cleanup)))

/* Waits for the next frame, in place of the last one. At the end of file it
 * fails, and ret_is_closed is set. */
int answer_receive(struct answer *answer, struct wire *wire,
		   bool *ret_is_closed, struct error *err);

/* The name of a notification, NULL when it is none; the caller frees it. */
char *answer_notification(const struct answer *answer);

/* The code of the error when the server answered with one of its own. */
#define ANSWER_IS_ERROR "answer_is_error"

/* The result must answer the request with this id, and be all of it. */
int answer_check(struct answer *answer, int id, struct error *err);

/* Text of a member of the node; NULL when there is none. The caller frees. */
char *answer_text(const struct answer *answer, int object, const char *name);

#endif
