#include "pgmend.h"

#include <poll.h>

#include "sandbox/wire.h"
#include "supervisor/host.h"
#include "supervisor/run.h"

void
host_open(struct host *host, struct session *session, struct run *run)
{
	host->run = run;
	host->session = session;
	session->host = host;
	session->state = SESSION_PLANNING;
	lines_init(&host->lines, host->in);
	for (int i = 0; i < HOST_CONNECTIONS; i++) {
		host->watched[i] =
			(struct watched){host, (enum host_connection)i};
		host->watches[i] = (struct watch){
			.fds = {host->in, host->signals},
			.look = host_look,
			.context = &host->watched[i],
		};
	}
}

void
host_close(struct host *host)
{
	for (int i = 0; i < host->line_count; i++) {
		free(host->line[i].frame);
		free(host->line[i].id);
	}
	lines_free(&host->lines);
	free(host->decided);
}

bool
host_is_busy(const struct host *host)
{
	return host != NULL && host->running != NULL;
}

/* --- The end -------------------------------------------------------------- */

void
host_end(struct host *host, int64_t grace_ms)
{
	if (host->has_ended && host->end_at <= wire_now_ms() + grace_ms)
		return;
	host->has_ended = true;
	host->end_at = wire_now_ms() + grace_ms;
	for (int i = 0; i < HOST_CONNECTIONS; i++) {
		host->watches[i].fds[0] = -1;
		if (grace_ms == 0)
			host->watches[i].fds[1] = -1;
	}
}

bool
host_is_over(const struct host *host)
{
	return host->has_ended && wire_now_ms() >= host->end_at;
}

/* --- What comes in -------------------------------------------------------- */

static bool
can_read(int fd)
{
	struct pollfd polled = {fd, POLLIN, 0};

	return fd >= 0 && poll(&polled, 1, 0) > 0;
}

static void
take_line(struct host *host, const char *line, size_t size)
{
	auto_free char *copy = xstrndup(line, size);
	struct error err = NO_ERROR;

	/* A blank line is nobody's message. */
	if (strspn(copy, " \t\r") == size)
		return;
	if (session_take(host->session, copy, size, &err) < 0)
		host_end(host, 0);
}

static void
refuse_line(struct host *host)
{
	struct error err = NO_ERROR;

	if (session_refuse(host->session, NULL, RPC_INVALID,
			   "a line of more than 1 MiB", &err) < 0)
		host_end(host, 0);
}

/* Everything that is here as a whole line; of them, what needs the database
 * stays in line while a call runs. */
static void
take_lines(struct host *host)
{
	const char *line;
	size_t size;

	while (!host_is_over(host)) {
		switch (lines_next(&host->lines, &line, &size)) {
		case LINE_NONE:
			return;
		case LINE_WHOLE:
			take_line(host, line, size);
			break;
		case LINE_TOO_LONG:
			refuse_line(host);
			break;
		}
	}
}

void
host_receive(struct host *host)
{
	struct error err = NO_ERROR;

	if (can_read(host->signals))
		host_end(host, 0);
	if (!host->lines.has_ended && can_read(host->lines.in) &&
	    lines_receive(&host->lines, &err) < 0)
		host_end(host, 0);
	take_lines(host);
	if (host->lines.has_ended)
		host_end(host, HOST_GRACE_MS);
}

/* --- Requests in line ----------------------------------------------------- */

static bool
is_used(const struct host *host, const char *id)
{
	for (int i = 0; i < host->line_count; i++)
		if (is_same_id(host->line[i].id, id))
			return true;
	return is_same_id(host->running, id);
}

int
host_keep(struct session *session, const struct request *request,
	  struct error *err)
{
	struct host *host = session->host;
	size_t size = request->json->size;

	if (is_used(host, request->id))
		return session_refuse(session, request, RPC_INVALID,
				      "an id that is in use", err);
	if (host->line_count == HOST_LINE_MAX ||
	    host->line_bytes + size > HOST_LINE_BYTES)
		return session_refuse(session, request, RPC_INTERNAL,
				      "more requests than may wait", err);
	host->line[host->line_count++] = (struct waiting){
		.frame = xstrndup(request->json->text, size),
		.id = xstrdup(request->id),
		.size = size,
	};
	host->line_bytes += size;
	return 0;
}

static struct waiting
leave_line(struct host *host, int index)
{
	struct waiting waiting = host->line[index];

	host->line_count--;
	memmove(&host->line[index], &host->line[index + 1],
		(size_t)(host->line_count - index) * sizeof(host->line[0]));
	host->line_bytes -= waiting.size;
	return waiting;
}

static void
take_next(struct host *host)
{
	struct waiting next = leave_line(host, 0);
	auto_free char *frame = next.frame;
	struct error err = NO_ERROR;

	free(next.id);
	if (session_take(host->session, frame, next.size, &err) < 0)
		host_end(host, 0);
}

/* An id that nobody waits for is ignored; so is one that was answered. */
int
answer_cancelled(struct session *session, const struct request *request,
		 struct error *err)
{
	struct host *host = session->host;
	int node = json_member(request->json, request->params, "requestId");
	auto_free char *id =
		node == JSON_NONE ? NULL : json_raw_copy(request->json, node);

	if (id == NULL)
		return 0;
	if (is_same_id(host->running, id))
		host->run->is_cancelled = true;
	for (int i = host->line_count - 1; i >= 0; i--)
		if (is_same_id(host->line[i].id, id)) {
			struct waiting waiting = leave_line(host, i);

			free(waiting.frame);
			free(waiting.id);
		}
	return 0;
}

int
host_serve(struct host *host, struct error *err)
{
	while (!host_is_over(host)) {
		struct pollfd polled[] = {{host->lines.in, POLLIN, 0},
					  {host->signals, POLLIN, 0}};

		if (host->line_count > 0) {
			take_next(host);
			continue;
		}
		if (host->lines.has_ended)
			break;
		if (poll(polled, array_size(polled), -1) < 0 && errno != EINTR)
			return fail(err, "poll: %s", strerror(errno));
		host_receive(host);
	}
	return 0;
}
