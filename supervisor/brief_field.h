/*
 * brief_field.h - a field of the records, and how much of its values may be
 * told.
 *
 * A column of a statement with several rows of VALUES gets a value in each of
 * them, and what it gets is all of these.
 */
#ifndef SUPERVISOR_BRIEF_FIELD_H
#define SUPERVISOR_BRIEF_FIELD_H

#include <stdbool.h>

#include "policy/policy_disclosure.h"

struct document;
struct grounds;

struct field {
	const struct grounds *grounds;
	const char *key; /* of the first row; NULL: a constant */
	int column;	 /* of the statement; -1: it doesn't take the field */
	enum disclosure level;
};

/* Fields go by their own names and by their column's: the strictest decides. */
struct field field_of_column(const struct grounds *grounds, int column);
struct field field_of_key(const struct grounds *grounds, const char *key);

/* How many values there are in all records. */
int field_count(const struct field *field);
/* One of them: a node, or JSON_NONE. False where the statement has a constant.
 * `ret_level` is what may be told of it. */
bool field_value(int *ret_node, enum disclosure *ret_level,
		 const struct field *field, int index);

/* "field", "disclosure", "shapes" and "values". */
void field_add(struct document *document, const struct field *field);

#endif
