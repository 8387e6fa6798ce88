/*
 * plan_type.h - a column's type as the brief writes it, taken apart.
 */
#ifndef AGENT_PLAN_TYPE_H
#define AGENT_PLAN_TYPE_H

#include <stdbool.h>

#define COLUMN_TYPE_MAX 128

struct column_type {
	char name[COLUMN_TYPE_MAX]; /* "character varying"; "" when it is too
				     * long to be of interest */
	int modifiers[2];
	int modifier_count;
	bool is_array;
};

/* From "numeric(6,2)" or "timestamp(3) without time zone[]". */
struct column_type column_type_of(const char *text);

bool column_type_is(const struct column_type *type, const char *name);

#endif
