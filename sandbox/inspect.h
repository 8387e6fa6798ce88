/*
 * inspect.h - the attestation list: what is looked at from outside, in /proc
 * and through the pidfd, and what must be seen there.
 */
#ifndef SANDBOX_INSPECT_H
#define SANDBOX_INSPECT_H

#include <stddef.h>

#include "sandbox/jail.h"

struct error;
struct filter;

/* The worker under inspection; its two long files are read once. */
struct inspection {
	const struct jail *jail;
	const struct filter *filter;
	char status[8192];
	char limits[4096];
};

/*
 * One item. `inspect` compares what it sees with what it expects, which the
 * item's `subject` and `expected` may parametrise; its error says both.
 */
struct inspection_item {
	const char *code; /* "attestation_..." */
	enum jail_layer layer;
	int (*inspect)(const struct inspection *inspection,
		       const struct inspection_item *item, struct error *err);
	const char *subject;
	const char *expected;
};

extern const struct inspection_item inspection_items[];
extern const size_t inspection_count;

int inspection_begin(struct inspection *ret_inspection, const struct jail *jail,
		     const struct filter *filter, struct error *err);

#endif
