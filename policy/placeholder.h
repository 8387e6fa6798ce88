/*
 * placeholder.h - $n, %(name)s and :name in the text of a failed INSERT.
 *
 * Found with the parser's own scanner, so never inside a string, a quoted name
 * or a comment. Named ones are numbered in order of appearance, the same name
 * the same number; the text comes back with $n throughout.
 */
#ifndef POLICY_PLACEHOLDER_H
#define POLICY_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct refusal;

struct placeholders {
	char *sql;    /* with $n only */
	char **names; /* of named placeholders; NULL when they are $n */
	int count;    /* the highest n */
};

/* Refused: %s and mixtures of forms, more than `max` of them, and text whose
 * nesting could outgrow the parser's stack. The caller releases. */
bool placeholders_number(struct placeholders *ret_placeholders, const char *sql,
			 size_t size, int max, struct refusal *refusal);
void placeholders_release(struct placeholders *placeholders);

#endif
