/*
 * lint.h - what a policy set can and can't do, decided by trying out every
 * region of worlds that its rules can tell apart (region.h).
 *
 * Finds rules that never match (W301), never decide (W302), add nothing (W303)
 * or are partly overruled by a layer above (W306), and assertions that don't
 * hold, with a counter-example (E310). Says from the words alone what else a
 * reviewer should see. After an error no warning is given, as in loading.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/diagnostic_format.h"

struct policy;

/* Worlds tried for one operation; above it, it is "not decided" (W390), never
 * "fine". */
#define LINT_POINTS_MAX 5000000

struct lint_result {
	int errors, warnings;
	int64_t points; /* tried, over all operations */
	bool undecided; /* for one operation at least */
};

/* `today` in days since 1970-01-01. Diagnostics go to `out`. */
struct lint_result policy_lint(struct policy *policy, int today, FILE *out,
			       enum diagnostic_format format);

/* The tables of a database, and when they were read, for people. */
struct lint_table {
	const char *schema, *table;
};

struct lint_tables {
	const struct lint_table *of;
	int count;
	const char *read_at;
};

/* W305: patterns that match none of the tables. Returns the warnings. */
int policy_lint_tables(struct policy *policy, const struct lint_tables *tables,
		       FILE *out, enum diagnostic_format format);

#endif
