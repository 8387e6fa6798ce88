#include <poll.h>

#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/database_watch.h"

#define TICK_MS 250

/* As poll() takes it; a watch is looked at every tick. */
static int
time_left(const struct watch *watch, int64_t deadline)
{
	int64_t left =
		deadline == INT64_MAX ? INT64_MAX : deadline - wire_now_ms();

	if (watch != NULL && left > TICK_MS)
		return TICK_MS;
	if (left > INT32_MAX)
		return -1;
	return left < 0 ? 0 : (int)left;
}

bool
watch_wait(const struct watch *watch, int socket, int64_t deadline,
	   bool is_final)
{
	struct pollfd polled[1 + WATCHED_MAX] = {{socket, POLLIN, 0}};

	for (int i = 0; i < WATCHED_MAX; i++)
		polled[1 + i] = (struct pollfd){
			watch == NULL ? -1 : watch->fds[i], POLLIN, 0};
	poll(polled, array_size(polled), time_left(watch, deadline));
	if (polled[0].revents != 0)
		return true;
	if (watch != NULL)
		watch->look(watch->context, is_final);
	return false;
}
