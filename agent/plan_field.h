/*
 * plan_field.h - one column of the failed statement: what the table says of
 * it, what the records hold for it, and what the trial met there.
 */
#ifndef AGENT_PLAN_FIELD_H
#define AGENT_PLAN_FIELD_H

#include <stdbool.h>

#include "agent/plan_type.h"

struct json;

/* What the brief has in place of a name that may be personal data. */
#define NAME_WITHHELD "[withheld]"

/* Formats of values, as bits. */
enum seen_format {
	SEEN_BOOLEAN = 1 << 0,
	SEEN_INTEGER = 1 << 1,
	SEEN_DECIMAL = 1 << 2,
	SEEN_FLOAT = 1 << 3,
	SEEN_DATE = 1 << 4,
	SEEN_TIMESTAMP = 1 << 5,
	SEEN_TIMESTAMPTZ = 1 << 6,
	SEEN_UUID = 1 << 7,
	SEEN_TEXT = 1 << 8,
	SEEN_OBJECT = 1 << 9,
	SEEN_ARRAY = 1 << 10,
	SEEN_OTHER = 1 << 11,
};
#define SEEN_NUMBER (SEEN_INTEGER | SEEN_DECIMAL | SEEN_FLOAT)
#define SEEN_DOCUMENT (SEEN_OBJECT | SEEN_ARRAY)

/* All values of a field taken together. */
struct seen {
	unsigned formats;
	bool has_null; /* in some record: null, or not there */
	bool has_string;
	bool is_beyond_int8;
	int length;	     /* the most characters of a text */
	int whole, fraction; /* the most digits before and after the point */
	int whole_least;     /* of integers; 0 when there was none */
};

struct field {
	int node;	/* in the brief: an item of "wanted" */
	int shapes;	/* in the brief */
	char *column;	/* owned, as all texts */
	char *name;	/* the payload's key; NULL for a constant */
	char *sqlstate; /* what the trial met at it, or NULL */
	bool is_asked;	/* the trial asked the columns one by one */
	bool is_cast;	/* by the statement, into something else */
	int known;	/* in the brief: the table's column; JSON_NONE */
	struct column_type type;
	bool is_nullable, has_default, is_identity, is_generated, is_key;
	long long views;
	struct seen seen;
	bool is_mended; /* by what is planned */
};

struct seen seen_of(const struct json *json, int shapes);

/* From an item of "wanted"; released by field_release(). */
struct field field_read(const struct json *json, int node);
/* From a column of the table, which the statement needn't have. */
void field_read_column(struct field *field, const struct json *json, int node);
void field_release(struct field *field);

/* The member of an object as text, or NULL; the caller frees it. */
char *member_text(const struct json *json, int object, const char *name);
/* The item of a list whose member `key` is that text, or JSON_NONE. */
int
find_item(const struct json *json, int list, const char *key, const char *text);

/* True when the values alone tell whether the column takes them: nobody asked
 * the server, and the statement leaves them as they are. */
bool field_is_untried(const struct field *field);

/* True for digits that are sent as texts under the name of what is no number:
 * its column is text, whatever its values so far would fit. */
bool field_is_code(const struct field *field);

/*
 * True when the type surely takes every value that was seen, and gives it back
 * as it was.
 */
bool field_fits(const struct column_type *type, const struct seen *seen);

#endif
