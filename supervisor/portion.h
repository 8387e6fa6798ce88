/*
 * portion.h - as many of the remaining records as one transaction takes, in
 * memory that doesn't grow with their number.
 */
#ifndef SUPERVISOR_PORTION_H
#define SUPERVISOR_PORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/record.h"
#include "supervisor/turn.h"

struct error;
struct grounds;
struct replay_form;
struct stream;

#define PORTION_BATCHES 20
#define PORTION_RECORDS_MAX (PORTION_BATCHES * AUDIT_CLAIMS_MAX)

/* One of the incident's own records, which the file may hold once more. */
struct own_record {
	const char *hash;
	bool is_met;
};

/* Where they come from: the incident's own, then the lines of the file. */
struct source {
	/* Set by the caller, and borrowed. */
	const struct grounds *grounds;
	const struct replay_form *form;
	struct turn_records keys;
	const struct record *own; /* the incident's */
	int own_count;
	int own_next;	       /* the first to take */
	struct stream *stream; /* or NULL */
	bool allows_dependent; /* what a session's settings decide is allowed */
	int most;	       /* records, up to PORTION_RECORDS_MAX */
	int64_t lines_left;    /* that policy allows: a file may still grow */

	struct own_record *mine; /* owned, sorted by hash */
};

/* `source` is zero but for what the caller sets. */
void source_prepare(struct source *source);
void source_release(struct source *source);

struct portion {
	char *bytes;	 /* owned: the lines, and behind each its values */
	size_t used;	 /* of them */
	size_t rejected; /* bytes that the rejections hold */
	struct record *records; /* owned */
	int count;
	struct rejections rejections; /* lines that are no records */
	int64_t repeated; /* lines that are the incident's own records */
};

void portion_prepare(struct portion *portion, const struct source *source);
void portion_release(struct portion *portion);
void portion_empty(struct portion *portion);
/* Nothing is in it, not even a rejection. */
bool portion_is_empty(const struct portion *portion);

/* Takes the next one, if it takes one: -1, or whether there may be more. */
int portion_step(bool *ret_more, struct portion *portion, struct source *source,
		 struct error *err);

#endif
