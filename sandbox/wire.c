#include <limits.h>
#include <poll.h>
#include <time.h>

#include "pgmend.h"
#include "sandbox/utf8.h"
#include "sandbox/wire.h"

#define BUFFER_FIRST 4096
/* A frame that is full, and its LF. */
#define BUFFER_MAX ((size_t)WIRE_FRAME_MAX + 1)

int64_t
wire_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
wire_is_text(const char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = utf8_decode(bytes + at, size - at, NULL);

		if (length == 0 || bytes[at] == '\0')
			return false;
		at += length;
	}
	return true;
}

void
wire_init(struct wire *wire, int in, int out)
{
	*wire = (struct wire){.in = in, .out = out};
}

void
wire_free(struct wire *wire)
{
	free(wire->buffer);
	*wire = (struct wire){.in = -1, .out = -1};
}

/* Waits until the descriptor is ready. Without a deadline there is nothing to
 * watch but the peer, so the read or write itself may block. */
static int
wait_until(int fd, short events, int64_t deadline, struct error *err)
{
	while (deadline != WIRE_NO_DEADLINE) {
		struct pollfd descriptor = {.fd = fd, .events = events};
		int64_t left = deadline - wire_now_ms();
		int ready;

		if (left <= 0)
			return fail_as(err, EXIT_REFUSED, "worker_silent",
				       "the worker did not %s before its "
				       "deadline",
				       events == POLLIN ? "answer" : "listen");
		ready = poll(&descriptor, 1,
			     (int)(left < INT_MAX ? left : INT_MAX));
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return fail(err, "poll: %s", strerror(errno));
	}
	return 0;
}

/* Makes room behind what has been received, up to one full frame. */
static void
reserve(struct wire *wire)
{
	size_t wanted = wire->allocated * 2;

	if (wire->used < wire->allocated)
		return;
	if (wanted < BUFFER_FIRST)
		wanted = BUFFER_FIRST;
	if (wanted > BUFFER_MAX)
		wanted = BUFFER_MAX;
	wire->buffer = xreallocarray(wire->buffer, wanted, 1);
	wire->allocated = wanted;
}

/* Receives something; ret_size is 0 at the end of file. */
static int
receive(struct wire *wire, int64_t deadline, size_t *ret_size,
	struct error *err)
{
	ssize_t size = -1;

	reserve(wire);
	while (size < 0) {
		if (wait_until(wire->in, POLLIN, deadline, err) < 0)
			return -1;
		size = read(wire->in, wire->buffer + wire->used,
			    wire->allocated - wire->used);
		if (size < 0 && errno != EINTR && errno != EAGAIN)
			return fail(err, "read a frame: %s", strerror(errno));
	}
	wire->used += (size_t)size;
	wire->received += (size_t)size;
	if (wire->received > WIRE_TOTAL_MAX)
		return fail_as(err, EXIT_REFUSED, "wire_flooded",
			       "more than %d bytes in one run", WIRE_TOTAL_MAX);
	*ret_size = (size_t)size;
	return 0;
}

/* Lets go of the frame that the last call handed out. */
static void
drop_consumed(struct wire *wire)
{
	if (wire->consumed == 0)
		return;
	wire->used -= wire->consumed;
	memmove(wire->buffer, wire->buffer + wire->consumed, wire->used);
	wire->consumed = 0;
}

static int
hand_out(struct wire *wire, size_t size, const char **ret_frame,
	 size_t *ret_size, struct error *err)
{
	if (!wire_is_text(wire->buffer, size))
		return fail_as(err, EXIT_REFUSED, "frame_encoding",
			       "a frame that is no UTF-8 text");
	wire->buffer[size] = '\0';
	wire->consumed = size + 1;
	*ret_frame = wire->buffer;
	*ret_size = size;
	return 0;
}

int
wire_read(struct wire *wire, int64_t deadline, const char **ret_frame,
	  size_t *ret_size, struct error *err)
{
	size_t searched = 0;
	size_t size = 1;

	drop_consumed(wire);
	for (;;) {
		size_t fresh = wire->used - searched;
		char *end = fresh == 0 ? NULL
				       : memchr(wire->buffer + searched, '\n',
						fresh);

		if (end != NULL)
			return hand_out(wire, (size_t)(end - wire->buffer),
					ret_frame, ret_size, err);
		if (wire->used == BUFFER_MAX)
			return fail_as(err, EXIT_REFUSED, "frame_too_long",
				       "a frame of more than %d bytes",
				       WIRE_FRAME_MAX);
		searched = wire->used;
		if (size == 0)
			break;
		if (receive(wire, deadline, &size, err) < 0)
			return -1;
	}
	if (wire->used > 0)
		return fail_as(err, EXIT_REFUSED, "frame_torn",
			       "end of file after %zu bytes of a frame",
			       wire->used);
	*ret_frame = NULL;
	*ret_size = 0;
	return 0;
}

bool
wire_has_frame(const struct wire *wire)
{
	size_t left = wire->used - wire->consumed;

	return left > 0 &&
	       memchr(wire->buffer + wire->consumed, '\n', left) != NULL;
}

/* With a deadline no more is written at once than a pipe that poll() calls
 * writable takes without blocking. */
static int
write_all(struct wire *wire, int64_t deadline, const char *bytes, size_t size,
	  struct error *err)
{
	while (size > 0) {
		bool is_bounded = deadline != WIRE_NO_DEADLINE;
		size_t chunk = is_bounded && size > PIPE_BUF ? PIPE_BUF : size;
		ssize_t written;

		if (wait_until(wire->out, POLLOUT, deadline, err) < 0)
			return -1;
		written = write(wire->out, bytes, chunk);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return fail_as(err, EXIT_REFUSED, "worker_gone",
				       "write a frame: %s", strerror(errno));
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

int
wire_write(struct wire *wire, int64_t deadline, const char *frame, size_t size,
	   struct error *err)
{
	if (size > WIRE_FRAME_MAX)
		return fail_as(err, EXIT_INTERNAL, "frame_too_long",
			       "a frame of more than %d bytes", WIRE_FRAME_MAX);
	if (!wire_is_text(frame, size) || memchr(frame, '\n', size) != NULL)
		return fail_as(err, EXIT_INTERNAL, "frame_encoding",
			       "a frame that is no line of UTF-8 text");
	if (write_all(wire, deadline, frame, size, err) < 0)
		return -1;
	return write_all(wire, deadline, "\n", 1, err);
}
