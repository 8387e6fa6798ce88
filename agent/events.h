/*
 * events.h - server-sent events: bytes in, events out.
 *
 * Bytes may be split anywhere, also between the CR and the LF of one line end
 * and inside a character. Comments and fields other than "event" and "data" are
 * skipped. What the end of the stream cuts off is no event: an event is whole
 * once its empty line has come.
 */
#ifndef AGENT_EVENTS_H
#define AGENT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/buffer.h"

struct error;

/* Of a line, and of an event's data: a turn of ours is far smaller. */
#define EVENTS_SIZE_MAX (256 * 1024)
/* A longer name is nobody's; it is cut, and so stays unknown. */
#define EVENTS_NAME_MAX 63

struct event {
	const char *name; /* "" when it has none */
	const char *data; /* lines joined by LF; any bytes, terminated */
	size_t size;
};

/* Takes one event, borrowed; -1 ends the reading. */
typedef int
event_taker(void *context, const struct event *event, struct error *err);

/* Zero but for the first two. */
struct events {
	event_taker *taker;
	void *context;

	struct buffer line, data;
	char name[EVENTS_NAME_MAX + 1];
	bool is_started, is_after_cr, has_data;
};

/* -1 when the taker said so, or a limit was passed: then nothing more may be
 * fed. */
int events_feed(struct events *events, const char *bytes, size_t size,
		struct error *err);
void events_free(struct events *events);

#endif
