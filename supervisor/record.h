/*
 * record.h - failed records on their way into the table, and what became of
 * those that didn't get there.
 */
#ifndef SUPERVISOR_RECORD_H
#define SUPERVISOR_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct record {
	const char *text; /* borrowed: one JSON object as it came; NULL for a
			   * statement of constants */
	size_t size;
	const char *values; /* borrowed: of replay_write_values(); NULL: they
			     * are still to be read from the text */
	int64_t ordinal; /* of the incident's payloads, then of the file's lines
			  */
	char hash[65];	 /* what makes it be written once (turn.h) */
};

struct record_list {
	const struct record *of; /* borrowed */
	int count;
};

/* A record that the server didn't take, alone and by its own fault. */
struct rejection {
	int64_t ordinal;
	char sqlstate[6]; /* "" when it wasn't the server's word */
	const char *code; /* static */
	char *reason;	  /* owned, as the next; may quote the record */
	char *text;	  /* the record; NULL for a statement of constants */
};

/* They grow one by one; rejections_free() frees all. */
struct rejections {
	struct rejection *of;
	int count;
};

/* Copies record and reason. */
void rejections_add(struct rejections *rejections, const struct record *record,
		    const char *sqlstate, const char *code, const char *reason);
void rejections_free(struct rejections *rejections);

#endif
