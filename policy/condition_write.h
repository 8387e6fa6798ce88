/*
 * condition_write.h - conditions, patterns and types as a policy spells them:
 * one canonical text for each, which parses to the same again. Lists are
 * written out; a window goes by its name, and its spans stand in its
 * definition.
 */
#ifndef POLICY_CONDITION_WRITE_H
#define POLICY_CONDITION_WRITE_H

#include <stdio.h>

#include "policy/vocabulary.h"

struct condition;
struct pattern;
struct type_pattern;
struct value;
struct window;

/* table.size <= 5GB and not (change.scan or change.rewrite) */
void condition_write(FILE *out, const struct condition *condition);
/* raw_*.orders, "T 1".* */
void pattern_write(FILE *out, const struct pattern *pattern);
/* numeric(<=38,<=12)[] */
void type_pattern_write(FILE *out, const struct type_pattern *type);
/* mon-fri 09:00-17:00, sat 09:00-12:00 */
void window_write(FILE *out, const struct window *window);

/* A value of a fact of this kind: 5GB, 1_000, yes, access_exclusive, "dba". */
void value_write(FILE *out, enum fact fact, const struct value *value);
/* In the largest unit that divides it; counts in groups of three digits. */
void quantity_write(FILE *out, enum fact_type type, int64_t number);
/* In quotes, with its own quotes and backslashes escaped. */
void string_write(FILE *out, const char *text);

#endif
