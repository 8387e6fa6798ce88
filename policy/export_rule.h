/*
 * export_rule.h - the parts of a rule as a policy spells them. Private to
 * policy/export*.c.
 */
#ifndef POLICY_EXPORT_RULE_H
#define POLICY_EXPORT_RULE_H

#include <stdio.h>

#include "policy/rules.h"

/* add_column, comment - or any, where the language takes that word. */
void operations_write(FILE *out, unsigned operations, enum decision decision);
void patterns_write(FILE *out, const struct patterns *patterns);
void type_patterns_write(FILE *out, const struct type_patterns *types);
/* 2027-01-31 */
void date_write(FILE *out, int days);

/* The windows that a layer's conditions ask for, each once, by name. */
struct windows {
	const struct window **of;
	int count;
};

struct arena;
struct windows windows_of(struct arena *arena, const struct layer *layer);

/* A whole rule, its block included. */
void rule_write(FILE *out, const struct rule *rule);
void assertion_write(FILE *out, const struct assertion *assertion);
void policy_test_write(FILE *out, const struct policy_test *test);

#endif
