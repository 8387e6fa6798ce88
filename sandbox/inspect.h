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

struct inspection_item;

/* Compares what is seen with what is expected, which the item's `subject` and
 * `expected` may parametrise; its error says both. */
typedef int inspect_item(const struct inspection *worker,
			 const struct inspection_item *item, struct error *err);

struct inspection_item {
	const char *code; /* "attestation_..." */
	enum jail_layer layer;
	inspect_item *inspect;
	const char *subject;
	const char *expected;
};

extern const struct inspection_item inspection_items[];
extern const size_t inspection_count;

/* inspect_status.c: the two long files, line by line */
inspect_item inspect_status, inspect_filters, inspect_ids, inspect_groups,
	inspect_number, inspect_limits;
/* inspect_descriptors.c: what it holds open, and whether it is ours */
inspect_item inspect_descriptors;
/* inspect_report.c: what it alone can see, by its word */
inspect_item inspect_keyring, inspect_nesting;

/* The number after "name=" in the report, or -1. */
long inspection_reported(const struct jail *jail, const char *name);

int inspection_begin(struct inspection *ret_inspection, const struct jail *jail,
		     const struct filter *filter, struct error *err);

#endif
