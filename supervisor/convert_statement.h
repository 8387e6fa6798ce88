/*
 * convert_statement.h - the failed INSERT and its record, from whatever form a
 * source has them in.
 *
 * An incident wants placeholders and a record with a key for each. Sources have
 * values by position, or no placeholders at all but constants. A value by
 * position is named after the column that it goes to; nothing is renamed,
 * converted or made up, and what isn't certain is left out.
 */
#ifndef SUPERVISOR_CONVERT_STATEMENT_H
#define SUPERVISOR_CONVERT_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/json.h"

struct draft;
struct error;

#define STATEMENT_VALUES_MAX 1600 /* as many as an INSERT has parameters */

/* JSON texts of $1, $2, ...; owned. */
struct values {
	char **texts;
	int count;
};

void values_release(struct values *values);
#define auto_values __attribute__((cleanup(values_release)))
/* Takes the text. */
void values_add(struct values *values, char *text);

/* A statement with $n and a value for each. */
void convert_statement_bind(struct draft *draft, const char *sql,
			    const struct values *values);

/*
 * A statement with %s, %(name)s, :name or $n, and what the driver was given:
 * the object's "params", an array of values or an object, and "payload", an
 * object; both may be null or missing. An array is the record itself.
 * EXIT_BAD_INCIDENT when the numbers of placeholders and values differ.
 */
int
convert_statement_read(struct draft *draft, const char *sql,
		       const struct json *json, int object, struct error *err);

/*
 * A statement as it was sent, with constants: each value that is nothing but a
 * constant, perhaps under casts, becomes a parameter, so that a planner can see
 * what goes to which column. Strings stay strings, and numbers keep their
 * digits. Where not every constant can be told apart with certainty the
 * statement stays as it is.
 */
void convert_statement_lift(struct draft *draft, const char *sql);

/* The length of the string of SQL that stands first, 0 when there is none or
 * it has no end; what it means, as a JSON text that the caller frees. Quotes
 * are doubled and backslashes are themselves. */
size_t convert_statement_string(const char *text, char **ret_value);

/* The lifting alone: false when it isn't certain, or there is nothing to lift.
 * The caller frees and releases. */
bool convert_statement_constants(char **ret_sql, struct values *ret_values,
				 const char *sql);

#endif
