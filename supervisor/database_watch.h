/*
 * database_watch.h - what else is looked at while a statement is waited for,
 * so that one process without threads can serve a host and wait for a lock.
 */
#ifndef SUPERVISOR_DATABASE_WATCH_H
#define SUPERVISOR_DATABASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define WATCHED_MAX 2

struct watch {
	int fds[WATCHED_MAX]; /* to be read from; -1: not this one */
	/* Called when one of them can be read, and several times a second. It
	 * must not use the connection that waits. `is_final`: the statement's
	 * outcome must be known, and it is not to be given up. */
	void (*look)(void *context, bool is_final);
	void *context;
};

/* One turn of waiting until the deadline (on the clock of wire_now_ms(); 0: of
 * only looking): true when the socket can be read. `watch` may be NULL. */
bool watch_wait(const struct watch *watch, int socket, int64_t deadline,
		bool is_final);

#endif
