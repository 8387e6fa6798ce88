#include <limits.h>

#include "pgmend.h"
#include "sandbox/filter.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"
#include "supervisor/carrying.h"
#include "supervisor/courier.h"
#include "supervisor/endpoint.h"
#include "supervisor/worker.h"

#define COURIER "pgmend-courier"
#define START_MS 5000

struct courier {
	struct jail jail;
	struct filter filter;
	struct wire wire;
	struct relay relay;
	const char *ca_path; /* the endpoint's, which outlives us */
	long long requests;
};

int
courier_spawn(struct courier **ret_courier, struct error *err)
{
	auto_courier struct courier *courier = xcalloc(1, sizeof(*courier));
	auto_free char *path = NULL;
	struct jail_program program = {
		.name = COURIER,
		.filter = &courier->filter,
		.slots = POST_SLOTS,
	};

	courier->jail = (struct jail)NO_JAIL;
	if (worker_find(&path, COURIER, err) < 0 ||
	    filter_compile(&courier->filter, FILTER_COURIER, err) < 0)
		return -1;
	program.path = path;
	if (jail_spawn(&courier->jail, &program, err) < 0)
		return -1;
	wire_init(&courier->wire, courier->jail.from_worker,
		  courier->jail.to_worker);
	*ret_courier = take(courier);
	return 0;
}

int
courier_attest(struct courier *courier, unsigned required, int64_t deadline,
	       struct error *err)
{
	return jail_attest(&courier->jail, &courier->filter, required, deadline,
			   err);
}

void
courier_free(struct courier *courier)
{
	if (courier == NULL)
		return;
	jail_end(&courier->jail);
	filter_free(&courier->filter);
	wire_free(&courier->wire);
	relay_free(&courier->relay);
	free(courier);
}

void
courier_cleanup(struct courier **courier)
{
	courier_free(*courier);
}

const struct jail *
courier_jail(const struct courier *courier)
{
	return &courier->jail;
}

void
courier_answer_free(struct courier_answer *answer)
{
	free(answer->headers);
	*answer = (struct courier_answer){0};
}

/* --- The start frame ------------------------------------------------------ */

static void
write_text(FILE *stream, const char *name, const char *text)
{
	fprintf(stream, "\"%s\":", name);
	if (text == NULL)
		fputs("null", stream);
	else
		json_write_string(stream, text);
	fputc(',', stream);
}

/* All but the secret and what is behind it. */
static char *
write_start(const struct endpoint *endpoint)
{
	char *text;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputs("{\"pgmend_courier\":1,", stream);
	write_text(stream, "url", endpoint->url);
	write_text(stream, "auth", endpoint->auth);
	write_text(stream, "ca", endpoint->ca);
	write_text(stream, "proxy", endpoint->proxy);
	fputs("\"headers\":[", stream);
	for (char **header = endpoint->headers;
	     header != NULL && *header != NULL; header++) {
		fputs(header == endpoint->headers ? "" : ",", stream);
		json_write_string(stream, *header);
	}
	fputs("],\"secret\":\"", stream);
	fclose(stream);
	return text;
}

/* Where the quotes of a JSON string go; printable ASCII needs no other care,
 * and a key with a line break would add a header. */
static int
append_secret(char *text, size_t *used, const struct secret *key,
	      struct error *err)
{
	for (size_t i = 0; i < key->size; i++) {
		if (key->bytes[i] < ' ' || key->bytes[i] > '~')
			return fail_as(err, EXIT_USAGE, "bad_secret",
				       "the API key isn't printable ASCII");
		if (key->bytes[i] == '"' || key->bytes[i] == '\\')
			text[(*used)++] = '\\';
		text[(*used)++] = key->bytes[i];
	}
	return 0;
}

/* No stream and no growing buffer touch the secret: they would leave copies. */
static int
send_start(struct courier *courier, const struct endpoint *endpoint,
	   const struct secret *key, struct error *err)
{
	static const char rest[] = "\"}";
	auto_free char *head = write_start(endpoint);
	size_t used = strlen(head);
	size_t size = used + 2 * key->size + sizeof(rest);
	auto_free char *frame = xcalloc(1, size);
	int status;

	memcpy(frame, head, used);
	status = append_secret(frame, &used, key, err);
	memcpy(frame + used, rest, sizeof(rest));
	if (status == 0)
		status = wire_write(&courier->wire, wire_now_ms() + START_MS,
				    frame, used + sizeof(rest) - 1, err);
	explicit_bzero(frame, size);
	return status;
}

int
courier_start(struct courier *courier, const struct endpoint *endpoint,
	      const struct secret *key, struct error *err)
{
	relay_init(&courier->relay, courier->jail.slots, &endpoint->target);
	courier->ca_path = endpoint->ca_path;
	if (send_start(courier, endpoint, key, err) < 0)
		return fail_in(err, "start the courier");
	return 0;
}

/* --- A request ------------------------------------------------------------ */

static int
send_request(struct courier *courier, struct carrying *carrying,
	     struct error *err)
{
	const struct courier_request *request = carrying->request;
	int64_t left = request->deadline - wire_now_ms();
	auto_free char *frame = NULL;

	if (left < 1)
		left = 1;
	if (left > INT_MAX)
		left = INT_MAX;
	frame = xprintf("{\"request\":%lld,\"timeout_ms\":%lld,\"body\":%.*s}",
			carrying->number, (long long)left, (int)request->size,
			request->body);
	return wire_write(&courier->wire, carrying->deadline, frame,
			  strlen(frame), err);
}

/* Waits for the courier, and relays for it meanwhile. */
static int
wait_for_frame(struct courier *courier, int64_t deadline, struct error *err)
{
	struct pollfd polls[1 + RELAY_POLLS_MAX] = {
		{.fd = courier->wire.in, .events = POLLIN},
	};

	while (!wire_has_frame(&courier->wire) && polls[0].revents == 0) {
		int count = relay_prepare(&courier->relay, polls + 1);
		int64_t left = deadline - wire_now_ms();

		if (left <= 0)
			return fail_as(err, EXIT_REFUSED, "worker_silent",
				       "the courier did not answer before its "
				       "deadline");
		if (left > INT_MAX)
			left = INT_MAX;
		if (poll(polls, (nfds_t)count + 1, (int)left) < 0 &&
		    errno != EINTR)
			return fail(err, "poll: %s", strerror(errno));
		if (relay_step(&courier->relay, polls + 1, count, err) < 0)
			return -1;
	}
	return 0;
}

static int
converse(struct courier *courier, struct carrying *carrying, struct error *err)
{
	auto_free char *reply = NULL;
	const char *frame;
	size_t size;

	if (send_request(courier, carrying, err) < 0)
		return -1;
	while (!carrying->is_over) {
		if (wait_for_frame(courier, carrying->deadline, err) < 0 ||
		    wire_read(&courier->wire, carrying->deadline, &frame, &size,
			      err) < 0)
			return -1;
		if (frame == NULL)
			return fail_as(err, EXIT_REFUSED, "courier_died",
				       "the courier ended during a request");
		free(take(reply));
		if (carrying_take(carrying, frame, size, &reply, err) < 0)
			return -1;
		if (reply != NULL &&
		    wire_write(&courier->wire, carrying->deadline, reply,
			       strlen(reply), err) < 0)
			return -1;
	}
	return 0;
}

/* To the courier a peer that never was looks like one that hung up. */
static void
name_silence(const struct courier *courier, struct courier_answer *answer)
{
	if (answer->failure[0] != '\0' && !courier->relay.has_heard)
		snprintf(answer->failure, sizeof(answer->failure),
			 "unreachable");
}

int
courier_carry(struct courier_answer *ret_answer, struct courier *courier,
	      const struct courier_request *request, struct error *err)
{
	struct carrying carrying = {
		.request = request,
		.ca_path = courier->ca_path,
		.number = ++courier->requests,
		.deadline = request->deadline > INT64_MAX - COURIER_GRACE_MS
				    ? INT64_MAX
				    : request->deadline + COURIER_GRACE_MS,
	};

	if (converse(courier, &carrying, err) < 0) {
		courier_answer_free(&carrying.answer);
		return fail_in(err, "ask the API");
	}
	name_silence(courier, &carrying.answer);
	*ret_answer = carrying.answer;
	return 0;
}
