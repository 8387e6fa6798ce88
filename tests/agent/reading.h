/*
 * reading.h - a turn as it is read from the bytes of an answer.
 */
#ifndef TESTS_AGENT_READING_H
#define TESTS_AGENT_READING_H

#include "agent/events.h"
#include "agent/turn.h"
#include "tests/test.h"

/* A turn, and what was wrong with it. */
struct reading {
	struct turn *turn;
	struct error err;
	bool failed;
};

static inline int
reading_take(void *context, const struct event *event, struct error *err)
{
	return turn_take(context, event, err);
}

static inline struct reading
reading_of(const char *bytes, size_t size)
{
	struct reading reading = {.turn = turn_new(), .err = NO_ERROR};
	struct events events = {.taker = reading_take, .context = reading.turn};

	reading.failed = events_feed(&events, bytes, size, &reading.err) < 0;
	events_free(&events);
	return reading;
}

static inline bool
reading_is_whole(const struct reading *reading)
{
	return !reading->failed && turn_is_complete(reading->turn);
}

#endif
