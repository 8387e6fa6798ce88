/*
 * courier.h - the courier as the supervisor sees it: spawned, attested, handed
 * its endpoint and key once, then asked to carry one body at a time.
 */
#ifndef SUPERVISOR_COURIER_H
#define SUPERVISOR_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/jail.h"
#include "sandbox/post.h"
#include "supervisor/relay.h"

struct courier;
struct endpoint;
struct error;
struct secret;

/* Spawns pgmend-courier; it warms up and seals itself meanwhile. */
int courier_spawn(struct courier **ret_courier, struct error *err);
/* Blocks until READY, attests. EXIT_UNSAFE when it isn't proven. */
int courier_attest(struct courier *courier, unsigned required, int64_t deadline,
		   struct error *err);
/* Hands over endpoint and key, once; the key is printable ASCII and isn't kept,
 * the endpoint must outlive the courier. An empty secret sends no key. */
int courier_start(struct courier *courier, const struct endpoint *endpoint,
		  const struct secret *key, struct error *err);
void courier_free(struct courier *courier);
void courier_cleanup(struct courier **courier);
#define auto_courier __attribute__((cleanup(courier_cleanup)))

const struct jail *courier_jail(const struct courier *courier);

/* What came back, apart from the bytes. */
struct courier_answer {
	int status;	  /* HTTP, or 0 */
	char *headers;	  /* owned: a JSON object of those in post_headers */
	char failure[24]; /* "" or a word of post.h */
	int64_t bytes;	  /* of the body */
};

/* Is told each chunk as it comes, still base64 but known to be; -1 ends the
 * request, and the courier with it. */
typedef int
courier_chunk(void *context, const char *encoded, struct error *err);

/*
 * Carries one body, without LF. Fails only for what the courier did wrong
 * (EXIT_REFUSED: courier_violation, courier_died, courier_flooded, the codes of
 * wire.h) or the chunk function; an API that can't be reached is an answer with
 * a failure. Bounded by the deadline (wire_now_ms clock; a courier that has
 * said nothing COURIER_GRACE_MS later is ended) and POST_ANSWER_MAX. After a
 * failure the courier can only be freed.
 */
#define COURIER_GRACE_MS 2000

struct courier_request {
	const char *body; /* JSON text */
	size_t size;
	int64_t deadline;
	courier_chunk *chunk;
	void *context;
};

int courier_carry(struct courier_answer *ret_answer, struct courier *courier,
		  const struct courier_request *request, struct error *err);
void courier_answer_free(struct courier_answer *answer);

#endif
