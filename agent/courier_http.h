/*
 * courier_http.h - HTTP over TLS with what the courier has: four sockets that
 * are connected already, and memory; the only user of libcurl.
 *
 * One endpoint, one connection at a time, kept open between requests. Nothing
 * is redirected, resolved, cached or read from a file.
 */
#ifndef AGENT_COURIER_HTTP_H
#define AGENT_COURIER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/courier_answer.h"
#include "agent/courier_trust.h"
#include "sandbox/post.h"

struct error;
struct http;

/* Who hears of it all: of the head once, before the first byte. False ends the
 * request. */
struct http_listener {
	bool (*begin)(void *context, const struct answer *answer);
	bool (*bytes)(void *context, const void *bytes, size_t size);
	trust_ask *certificates;
	void *context;
};

/* Before the seal; the listener must outlive it. */
int http_open(struct http **ret_http, const struct http_listener *listener,
	      struct error *err);

/* Where to, as the frame of post.h has it; copied. */
struct http_endpoint {
	const char *url;
	const char *auth;
	char *secret;	      /* is wiped */
	const char *ca;	      /* NULL: authorities are asked for */
	const char *proxy;    /* NULL: none */
	char *const *headers; /* NULL-terminated */
};

int
http_aim(struct http *http, struct http_endpoint *endpoint, struct error *err);

/* Posts the body and waits. Returns NULL, or a word of post_failures. */
const char *
http_post(struct http *http, const char *body, size_t size, long timeout_ms);

#endif
