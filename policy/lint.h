/*
 * lint.h - what a policy set can and can't do, decided by trying it out.
 *
 * The language has no arithmetic between facts and no loops, so each fact falls
 * into a few regions that all rules treat alike; one point of each is judged,
 * for one subject and one type of each kind that the patterns tell apart.
 * Finds rules that never match (W301) or never decide (W302), and assertions
 * that don't hold (E310), and says in words what else a reviewer should see.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct policy;

/* Above it an operation is "not decided", never "fine". */
#define LINT_POINTS_MAX 2000000

struct lint_result {
	int errors, warnings;
	int64_t points;
	bool undecided;
};

/* `today` in days since 1970-01-01. Diagnostics go to `out`. */
struct lint_result
policy_lint(struct policy *policy, int today, FILE *out, bool as_json);

#endif
