#include <poll.h>

#include "pgmend.h"
#include "supervisor/database_watch.h"

#define TICK_MS 250

bool
watch_wait(const struct watch *watch, int socket, bool waits, bool is_final)
{
	struct pollfd polled[1 + WATCHED_MAX] = {{socket, POLLIN, 0}};

	for (int i = 0; i < WATCHED_MAX; i++)
		polled[1 + i] = (struct pollfd){
			watch == NULL ? -1 : watch->fds[i], POLLIN, 0};
	poll(polled, array_size(polled), waits ? TICK_MS : 0);
	if (polled[0].revents != 0)
		return true;
	if (watch != NULL)
		watch->look(watch->context, is_final);
	return false;
}
