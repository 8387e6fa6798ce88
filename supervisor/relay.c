#include <netinet/in.h>
#include <netinet/tcp.h>

#include "pgmend.h"
#include "supervisor/relay.h"

void
relay_init(struct relay *relay, int slots[POST_SLOTS],
	   const struct relay_target *target)
{
	*relay = (struct relay){.target = target};
	for (int i = 0; i < POST_SLOTS; i++) {
		relay->slots[i] = (struct relay_slot){
			.inside = take_fd(slots[i]),
			.outside = -1,
			.up = xcalloc(1, RELAY_BUFFER),
			.down = xcalloc(1, RELAY_BUFFER),
		};
		relay->slots[i].is_spent = relay->slots[i].inside < 0;
	}
}

/* For good. The courier reads the end of file. */
static void
spend(struct relay_slot *slot)
{
	close_descriptor(&slot->inside);
	close_descriptor(&slot->outside);
	slot->inside = slot->outside = -1;
	slot->is_spent = true;
}

void
relay_free(struct relay *relay)
{
	for (int i = 0; i < POST_SLOTS; i++) {
		struct relay_slot *slot = &relay->slots[i];

		if (slot->up == NULL)
			continue;
		spend(slot);
		free(slot->up);
		free(slot->down);
		slot->up = slot->down = NULL;
	}
}

static short
events_inside(const struct relay_slot *slot)
{
	bool has_room = !slot->is_closing && slot->up_used < RELAY_BUFFER;

	return (short)((has_room ? POLLIN : 0) |
		       (slot->down_used > 0 ? POLLOUT : 0));
}

static short
events_outside(const struct relay_slot *slot)
{
	bool has_room = !slot->is_connecting && slot->down_used < RELAY_BUFFER;
	bool has_work = slot->is_connecting || slot->up_used > 0;

	return (short)((has_room ? POLLIN : 0) | (has_work ? POLLOUT : 0));
}

/* Who is waited for in no way is left out: poll() would tell of his hanging up
 * again and again. */
static struct pollfd
wait_for(int fd, short events)
{
	return (struct pollfd){
		.fd = events == 0 ? -1 : fd,
		.events = events,
	};
}

int
relay_prepare(const struct relay *relay, struct pollfd *polls)
{
	int count = 0;

	for (int i = 0; i < POST_SLOTS; i++) {
		const struct relay_slot *slot = &relay->slots[i];

		if (slot->is_spent)
			continue;
		polls[count++] = wait_for(slot->inside, events_inside(slot));
		if (slot->outside >= 0)
			polls[count++] =
				wait_for(slot->outside, events_outside(slot));
	}
	return count;
}

/* What is still to be passed to the courier keeps the slot for that long. */
static void
lose_outside(struct relay_slot *slot)
{
	close_descriptor(&slot->outside);
	slot->outside = -1;
	slot->is_connecting = false;
	slot->is_closing = true;
	slot->up_used = 0;
}

static void
dial(struct relay *relay, struct relay_slot *slot)
{
	const struct relay_target *target = relay->target;
	int at_once = 1;

	relay->has_heard = false;
	slot->outside = socket(target->address.ss_family,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (slot->outside < 0) {
		lose_outside(slot);
		return;
	}
	setsockopt(slot->outside, IPPROTO_TCP, TCP_NODELAY, &at_once,
		   sizeof(at_once));
	if (connect(slot->outside, (const struct sockaddr *)&target->address,
		    target->size) == 0)
		return;
	if (errno == EINPROGRESS)
		slot->is_connecting = true;
	else
		lose_outside(slot);
}

static void
finish_dialling(struct relay_slot *slot)
{
	int reason = 0;
	socklen_t size = sizeof(reason);

	slot->is_connecting = false;
	if (getsockopt(slot->outside, SOL_SOCKET, SO_ERROR, &reason, &size) <
		    0 ||
	    reason != 0)
		lose_outside(slot);
}

static bool
is_later(ssize_t size)
{
	return size < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Fills the buffer; false when the other side is gone. */
static bool
receive(struct relay *relay, int fd, char *buffer, size_t *used)
{
	ssize_t size = recv(fd, buffer + *used, RELAY_BUFFER - *used, 0);

	if (size > 0) {
		*used += (size_t)size;
		relay->total += size;
	}
	return size > 0 || is_later(size);
}

/* Empties the buffer as far as the other side takes it; false when it is
 * gone. */
static bool
pass(int fd, char *buffer, size_t *used)
{
	ssize_t size = send(fd, buffer, *used, MSG_NOSIGNAL);

	if (size > 0) {
		*used -= (size_t)size;
		memmove(buffer, buffer + size, *used);
	}
	return size >= 0 || is_later(size);
}

static void
step_inside(struct relay *relay, struct relay_slot *slot, short found)
{
	bool is_there = true;

	if ((found & POLLOUT) && slot->down_used > 0)
		is_there = pass(slot->inside, slot->down, &slot->down_used);
	if (is_there && !slot->is_closing && (found & (POLLIN | POLLHUP)) &&
	    slot->up_used < RELAY_BUFFER)
		is_there =
			receive(relay, slot->inside, slot->up, &slot->up_used);
	if (!is_there || (found & (POLLERR | POLLNVAL)))
		spend(slot);
	else if (slot->up_used > 0 && slot->outside < 0 && !slot->is_closing)
		dial(relay, slot);
}

static void
step_outside(struct relay *relay, struct relay_slot *slot, short found)
{
	bool is_there = true;

	if (slot->is_connecting) {
		if (found != 0)
			finish_dialling(slot);
		return;
	}
	if ((found & POLLOUT) && slot->up_used > 0)
		is_there = pass(slot->outside, slot->up, &slot->up_used);
	/* What came before an error is read all the same. */
	if ((found & (POLLIN | POLLHUP | POLLERR)) &&
	    slot->down_used < RELAY_BUFFER)
		is_there = receive(relay, slot->outside, slot->down,
				   &slot->down_used);
	relay->has_heard |= slot->down_used > 0;
	if (!is_there || (found & POLLNVAL))
		lose_outside(slot);
}

/* What poll() found on this descriptor. */
static short
found_on(const struct pollfd *polls, int count, int fd)
{
	for (int i = 0; fd >= 0 && i < count; i++)
		if (polls[i].fd == fd)
			return polls[i].revents;
	return 0;
}

int
relay_step(struct relay *relay, const struct pollfd *polls, int count,
	   struct error *err)
{
	for (int i = 0; i < POST_SLOTS; i++) {
		struct relay_slot *slot = &relay->slots[i];

		if (slot->is_spent)
			continue;
		if (slot->outside >= 0)
			step_outside(relay, slot,
				     found_on(polls, count, slot->outside));
		step_inside(relay, slot, found_on(polls, count, slot->inside));
		if (slot->is_closing && slot->down_used == 0)
			spend(slot);
	}
	if (relay->total > RELAY_TOTAL_MAX)
		return fail_as(err, EXIT_REFUSED, "courier_flooded",
			       "more than %d bytes through the relay",
			       RELAY_TOTAL_MAX);
	return 0;
}
