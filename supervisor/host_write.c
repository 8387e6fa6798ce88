/* What a host is sent, as fast as it reads. */
#include <limits.h>
#include <poll.h>

#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/host.h"

#define SEND_MS 30000 /* a host that doesn't read so long is gone */
#define STALL_MS 5000 /* in all while a call runs: it may hold locks */

/* Until something can be written. The end of its input, or a signal, may be all
 * that a host does any more: then the grace is the deadline. */
static int
wait_to_write(struct host *host, int64_t deadline, struct error *err)
{
	for (;;) {
		struct pollfd polled[] = {
			{host->out, POLLOUT, 0},
			{host->has_ended ? -1 : host->in, 0, 0},
			{host->signals, POLLIN, 0},
		};
		int64_t until = host->has_ended ? host->end_at : deadline;
		int64_t left = until - wire_now_ms();

		if (poll(polled, array_size(polled), left > 0 ? (int)left : 0) <
			    0 &&
		    errno != EINTR)
			return fail(err, "poll: %s", strerror(errno));
		if (polled[0].revents != 0)
			return 0;
		if (left <= 0)
			return fail(err, "the host doesn't read");
		if (polled[1].revents != 0)
			host_end(host, HOST_GRACE_MS);
		if (polled[2].revents != 0)
			host_end(host, 0);
	}
}

/* No more at once than a pipe that poll() calls writable takes. */
static int
write_all(struct host *host, const char *bytes, size_t size, struct error *err)
{
	int64_t start = wire_now_ms();
	int64_t deadline =
		start +
		(host->running == NULL ? SEND_MS : STALL_MS - host->stalled_ms);

	while (size > 0) {
		ssize_t written;

		if (wait_to_write(host, deadline, err) < 0)
			return -1;
		written = write(host->out, bytes,
				size > PIPE_BUF ? PIPE_BUF : size);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return fail(err, "write: %s", strerror(errno));
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
	host->stalled_ms += wire_now_ms() - start;
	return 0;
}

int
host_write(struct host *host, const char *text, struct error *err)
{
	if (write_all(host, text, strlen(text), err) < 0)
		return -1;
	return write_all(host, "\n", 1, err);
}
