/*
 * transform.h - what a mapping may do to a field on its way into a column: a
 * closed list, each a fixed SQL expression over pg_catalog's functions.
 *
 * An expression that isn't marked lossy gives exactly what the field said or
 * fails: a fraction of a second for an integer column, a nanosecond for a
 * timestamp, "tomorrow" for a time are errors, never rounded and never guessed.
 */
#ifndef POLICY_TRANSFORM_H
#define POLICY_TRANSFORM_H

#include <stdbool.h>
#include <stdio.h>

struct facts;

#define TRANSFORM_NONE "none" /* the word for a field mapped as it is */

struct transform {
	const char *name;
	bool is_lossy;
	bool is_omission; /* leaves the field out; has no expression */
	bool reads_json;  /* takes the field as json, else as text */
	bool reads_time;  /* a time without a zone means the session's */
};

/* NULL when there is none of that name. */
const struct transform *transform_find(const char *name);
/* By index, NULL after the last. */
const struct transform *transform_at(int index);

/* mapping.transform and mapping.lossy; NULL: the field goes as it is. */
void transform_facts(struct facts *facts, const struct transform *transform);

/* Can its result go into a column of this type? The type is schema.typname as
 * quote_ident() writes it: pg_catalog."timestamp". */
bool transform_accepts(const struct transform *transform, const char *type);

/* Writes the expression of `value`, which is SQL of type text (json where
 * reads_json says so), for a column of a type that it accepts. */
void transform_write(FILE *out, const struct transform *transform,
		     const char *value, const char *type);

#endif
