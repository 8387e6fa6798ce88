/*
 * convert_draft.h - an incident while a converter fills it in.
 *
 * A converter is mostly a table of which member of its source becomes which
 * text here. What the source doesn't give stays away. Whatever was filled in,
 * nothing is printed that the incident's own reader wouldn't take.
 */
#ifndef SUPERVISOR_CONVERT_DRAFT_H
#define SUPERVISOR_CONVERT_DRAFT_H

#include <stddef.h>
#include <stdio.h>

#include "sandbox/json.h"

struct document;
struct error;

enum draft_text {
	DRAFT_ID,
	DRAFT_KIND,
	DRAFT_NAME,
	DRAFT_RUN,
	DRAFT_TASK,
	DRAFT_URL,
	DRAFT_OCCURRED_AT,
	DRAFT_ROWS,
	DRAFT_SQLSTATE,
	DRAFT_MESSAGE,
	DRAFT_DETAIL,
	DRAFT_HINT,
	DRAFT_CONTEXT,
	DRAFT_SCHEMA,
	DRAFT_TABLE,
	DRAFT_COLUMN,
	DRAFT_DATATYPE,
	DRAFT_CONSTRAINT,
	DRAFT_CLASS,
	DRAFT_STACKTRACE,
	DRAFT_SQL,
	DRAFT_TEXTS
};

/* Owns everything. */
struct draft {
	char *texts[DRAFT_TEXTS];
	char *params;  /* JSON: an array of payload keys */
	char *payload; /* JSON: an object, its numbers as they came */
	struct document *extra;
};

void draft_release(struct draft *draft);
#define auto_draft __attribute__((cleanup(draft_release)))

/* Copies; NULL and "" say nothing and change nothing. */
void draft_set(struct draft *draft, enum draft_text name, const char *text);
/* The same, of bytes that are not terminated. */
void draft_set_bytes(struct draft *draft, enum draft_text name,
		     const char *bytes, size_t size);
/* A member of `x`; a long one is cut. */
void draft_note(struct draft *draft, const char *name, const char *text);

/* A member of an object, and the text that it becomes; numbers are taken as
 * they are written, null and "" as if they weren't there. */
struct draft_member {
	const char *name;
	enum draft_text text;
};

/* Reads those of a table, which ends with a row without a name. */
int draft_read(struct draft *draft, const struct draft_member *members,
	       const struct json *json, int object, struct error *err);

/*
 * Writes one line. Messages and traces beyond their limits are cut on a
 * character's end; anything else that the incident's reader doesn't take is
 * EXIT_BAD_INCIDENT with its words, and nothing is written.
 */
int draft_write(FILE *out, const struct draft *draft, struct error *err);

/* --- What every converter says -------------------------------------------- */

/* EXIT_BAD_INCIDENT, code bad_input. Returns -1. */
__attribute__((format(printf, 2, 3))) int
convert_refuse(struct error *err, const char *format, ...);

/* One JSON object, strictly; the text must outlive it. */
int convert_scan(struct json **ret_json, const char *text, size_t size,
		 struct error *err);

/* The type that is wanted, or the error, which quotes what is there. */
int convert_want(const struct json *json, int node, enum json_type type,
		 const char *path, struct error *err);

/* A member that is a text, copied; NULL when it is no text or not there. The
 * caller frees. */
char *convert_text(const struct json *json, int object, const char *name);

/* "sha256:" and the hash of the bytes: the id of what has no name. The caller
 * frees. */
char *convert_hash(const char *bytes, size_t size);

/* Milliseconds since 1970 as RFC 3339 in UTC, or NULL when that is no moment
 * between then and the year 9999. The caller frees. */
char *convert_moment(long long milliseconds);

#endif
