/*
 * carrying.h - one request under way: what the courier says about it, checked.
 *
 * It may ask for certificates; then say a status, any number of chunks, and
 * the end. Anything else, and anything out of this order, is a violation. What
 * passes is still only its word.
 */
#ifndef SUPERVISOR_CARRYING_H
#define SUPERVISOR_CARRYING_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/courier.h"

struct error;

struct carrying {
	const struct courier_request *request; /* borrowed, as the next */
	const char *ca_path;		       /* the hashed folder */
	long long number;		       /* of the request */
	int64_t deadline;		       /* for the courier's own word */
	struct courier_answer answer;
	char *reply; /* owned: between a handler and its caller */
	int questions;
	bool is_over;
};

/* Takes one frame. `ret_reply` is what to send back, or NULL; the caller frees.
 * EXIT_REFUSED, courier_violation, or what the chunk function says. */
int carrying_take(struct carrying *carrying, const char *frame, size_t size,
		  char **ret_reply, struct error *err);

#endif
