/*
 * pgmend-courier: knows the API key and one endpoint, and has no network. It
 * seals itself, is handed both, and then carries one body at a time; what it
 * sends and receives goes as ciphertext through its slots.
 *
 * It speaks the frames of post.h and interprets no body in either direction.
 * Sealed, it has no standard error to speak of, so a failure is its exit
 * status.
 */
#include <limits.h>

#include "agent/courier_http.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

struct courier {
	struct wire wire;
	struct http *http;
	struct http_listener listener;
};

/* Writes what the stream has collected as one frame. Closes and frees both. */
static bool
say(struct courier *courier, FILE *stream, char **text)
{
	struct error err = NO_ERROR;
	int status;

	fclose(stream);
	status = wire_write(&courier->wire, WIRE_NO_DEADLINE, *text,
			    strlen(*text), &err);
	free(*text);
	return status == 0;
}

static bool
begin(void *context, const struct answer *answer)
{
	char *text;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fprintf(stream, "{\"status\":%d,\"headers\":{", answer->status);
	for (int i = 0; i < answer->header_count; i++) {
		fputs(i == 0 ? "" : ",", stream);
		json_write_string(stream, answer->headers[i].name);
		fputc(':', stream);
		json_write_string(stream, answer->headers[i].value);
	}
	fputs("}}", stream);
	return say(context, stream, &text);
}

static bool
pass_bytes(void *context, const void *bytes, size_t count)
{
	auto_free char *encoded = post_encode(bytes, count);
	char *text;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fprintf(stream, "{\"bytes\":\"%s\"}", encoded);
	return say(context, stream, &text);
}

static char *
ask_certificates(void *context, const char *hash)
{
	struct courier *courier = context;
	struct error err = NO_ERROR;
	auto_json struct json *json = NULL;
	const char *frame;
	char *text;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fprintf(stream, "{\"certificate\":\"%s\"}", hash);
	if (!say(courier, stream, &text) ||
	    wire_read(&courier->wire, WIRE_NO_DEADLINE, &frame, &size, &err) <
		    0 ||
	    frame == NULL || json_scan(&json, frame, size, &err) < 0)
		return NULL;
	return json_string(json, json_member(json, 0, "certificates"));
}

static bool
end(struct courier *courier, long long request, const char *failure)
{
	char *text;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fprintf(stream, "{\"end\":%lld,\"failure\":", request);
	if (failure == NULL)
		fputs("null}", stream);
	else
		fprintf(stream, "\"%s\"}", failure);
	return say(courier, stream, &text);
}

/* --- The start frame ------------------------------------------------------ */

static char **
read_headers(const struct json *json)
{
	int list = json_member(json, 0, "headers");
	char **headers =
		xcalloc((size_t)json_count(json, list) + 1, sizeof(*headers));
	size_t count = 0;

	for (int node = json_first(json, list); node != JSON_NONE;
	     node = json_next(json, node)) {
		headers[count] = json_string(json, node);
		count += headers[count] != NULL;
	}
	return headers;
}

static void
free_headers(char **headers)
{
	for (char **header = headers; *header != NULL; header++)
		free(*header);
	free(headers);
}

static int
aim(struct courier *courier, const struct json *json, struct error *err)
{
	auto_free char *url = json_string(json, json_member(json, 0, "url"));
	auto_free char *auth = json_string(json, json_member(json, 0, "auth"));
	auto_free char *secret =
		json_string(json, json_member(json, 0, "secret"));
	auto_free char *ca = json_string(json, json_member(json, 0, "ca"));
	auto_free char *proxy =
		json_string(json, json_member(json, 0, "proxy"));
	struct http_endpoint endpoint = {
		.url = url,
		.auth = auth,
		.secret = secret,
		.ca = ca,
		.proxy = proxy,
	};
	long long version = 0;
	int status;

	json_integer(json, json_member(json, 0, "pgmend_courier"), &version);
	if (version != 1 || url == NULL || auth == NULL || secret == NULL)
		return fail(err, "an unknown start");
	endpoint.headers = read_headers(json);
	status = http_aim(courier->http, &endpoint, err);
	free_headers((char **)endpoint.headers);
	return status;
}

/* The frame holds the key: it is wiped where it lies. */
static int
start(struct courier *courier, const char *frame, size_t size,
      struct error *err)
{
	auto_json struct json *json = NULL;
	int status = json_scan(&json, frame, size, err);

	if (status == 0)
		status = aim(courier, json, err);
	explicit_bzero((char *)frame, size);
	return status;
}

/* --- Requests ------------------------------------------------------------- */

/* The body is copied out of the frame: a question for certificates takes the
 * frame's place. */
static int
carry(struct courier *courier, const char *frame, size_t size,
      struct error *err)
{
	struct json *json = NULL;
	auto_free char *body = NULL;
	long long request = 0, timeout_ms = 0;
	bool is_known;
	int node;

	if (json_scan(&json, frame, size, err) < 0)
		return -1;
	node = json_member(json, 0, "body");
	is_known =
		json_integer(json, json_member(json, 0, "request"), &request) &&
		json_integer(json, json_member(json, 0, "timeout_ms"),
			     &timeout_ms) &&
		timeout_ms > 0 && timeout_ms <= INT_MAX && node != JSON_NONE;
	if (is_known)
		body = json_raw_copy(json, node);
	json_free(json);
	if (!is_known)
		return fail(err, "an unknown request");
	if (!end(courier, request,
		 http_post(courier->http, body, strlen(body),
			   (long)timeout_ms)))
		return fail(err, "nobody listens");
	return 0;
}

/* The end of file is a good end wherever it comes between two frames. */
static int
work(struct courier *courier, struct error *err)
{
	int (*handle)(struct courier *, const char *, size_t, struct error *) =
		start;
	const char *frame;
	size_t size;

	for (;;) {
		if (wire_read(&courier->wire, WIRE_NO_DEADLINE, &frame, &size,
			      err) < 0)
			return -1;
		if (frame == NULL)
			return 0;
		if (handle(courier, frame, size, err) < 0)
			return -1;
		handle = carry;
	}
}

static int
warm_up(void *context, struct error *err)
{
	struct courier *courier = context;

	return http_open(&courier->http, &courier->listener, err);
}

/* No clean-up at the end: curl would close what may not be closed. */
int
main(void)
{
	struct courier courier = {
		.listener = {.begin = begin,
			     .bytes = pass_bytes,
			     .certificates = ask_certificates,
			     .context = &courier},
	};
	struct error err = NO_ERROR;

	if (seal_courier(warm_up, &courier, &err) < 0) {
		fprintf(stderr, "pgmend-courier: %s\n", err.text);
		_exit(1);
	}
	wire_init(&courier.wire, WIRE_IN, WIRE_OUT);
	_exit(work(&courier, &err) < 0 ? 1 : 0);
}
