/*
 * posting.h - a courier, its endpoint, and what came of a request, for tests
 * against the server of tls.h.
 */
#ifndef TESTS_SUPERVISOR_POSTING_H
#define TESTS_SUPERVISOR_POSTING_H

#include "tests/identity.h"
#include "tests/supervisor/tls.h"
#include "sandbox/wire.h"
#include "supervisor/courier.h"

#define DEADLINE_MS 10000
#define COURIER "tests/supervisor/pgmend-courier"

/* Stands in for the folder of the system. */
static bool is_certificate_hidden;
static int questions;

char *
endpoint_certificates(const char *folder, const char *hash)
{
	auto_free char *name = xprintf("hashed/%s.0", hash);

	questions++;
	return is_certificate_hidden ? xstrdup("") : tls_read(name);
}

/* A courier with its endpoint, and what came of the last request. */
struct post {
	struct courier *courier;
	struct endpoint endpoint;
	struct courier_answer answer;
	char *body;
	int chunks;
	int64_t started_us, first_us;
	struct error err;
};

static int
collect(void *context, const char *encoded, struct error *err)
{
	struct post *post = context;
	size_t size, used = strlen(post->body);
	auto_free char *bytes = post_decode(encoded, &size);

	if (post->chunks++ == 0)
		post->first_us = jail_now_us() - post->started_us;
	post->body = xreallocarray(post->body, used + size + 1, 1);
	memcpy(post->body + used, bytes, size + 1);
	return 0;
}

static struct secret
secret_of(const char *text)
{
	struct secret secret = {
		.bytes = secret_buffer(),
		.size = strlen(text),
	};

	memcpy(secret.bytes, text, secret.size);
	return secret;
}

static bool
start_with(struct post *post, struct endpoint endpoint,
	   const struct secret *key)
{
	*post = (struct post){.endpoint = endpoint, .err = NO_ERROR};
	return courier_spawn(&post->courier, &post->err) == 0 &&
	       courier_attest(post->courier, JAIL_REQUIRED_DEFAULT,
			      wire_now_ms() + DEADLINE_MS, &post->err) == 0 &&
	       courier_start(post->courier, &post->endpoint, key, &post->err) ==
		       0;
}

static bool
start_at(struct post *post, struct endpoint endpoint, const char *key)
{
	auto_secret struct secret secret = secret_of(key);

	return start_with(post, endpoint, &secret);
}

static inline bool
start(struct post *post, const char *server, const char *path)
{
	return start_at(post, tls_endpoint(server, path), "a key");
}

static bool
ask_within(struct post *post, const char *body, int64_t milliseconds)
{
	struct courier_request request = {
		.body = body,
		.size = strlen(body),
		.deadline = wire_now_ms() + milliseconds,
		.chunk = collect,
		.context = post,
	};

	courier_answer_free(&post->answer);
	free(post->body);
	post->body = xstrdup("");
	post->chunks = 0;
	post->started_us = jail_now_us();
	return courier_carry(&post->answer, post->courier, &request,
			     &post->err) == 0;
}

static inline bool
ask(struct post *post)
{
	return ask_within(post, "{\"a\":[1,2]}", DEADLINE_MS);
}

static void
finish(struct post *post)
{
	if (post->err.text[0] != '\0')
		printf("# %s: %s\n", post->err.code, post->err.text);
	courier_free(post->courier);
	courier_answer_free(&post->answer);
	tls_release(&post->endpoint);
	free(post->body);
}

/* The answer's status and body, "failure STATUS WORD", or the error's code. */
static const char *
outcome(struct post *post, bool is_asked)
{
	static char text[512];

	if (!is_asked)
		snprintf(text, sizeof(text), "error %s", post->err.code);
	else if (post->answer.failure[0] != '\0')
		snprintf(text, sizeof(text), "failure %d %s",
			 post->answer.status, post->answer.failure);
	else
		snprintf(text, sizeof(text), "%d %.400s", post->answer.status,
			 post->body);
	return text;
}

/* The suite as root and as an ordinary user. Beside these programs a link leads
 * to the courier; it stays, for another test may be running. */
static int
posting_main(char **argv, void (*suite)(void))
{
	const char *link = identity_built(COURIER);

	signal(SIGPIPE, SIG_IGN);
	if (symlink("../../pgmend-courier", link) < 0 && errno != EEXIST)
		printf("# %s: %s\n", link, strerror(errno));
	return identity_run(argv, suite);
}

#endif
