/*
 * policy_summary.h - what `policy check` says of a set in a few lines: what it
 * is made of, and what came of checking it.
 */
#ifndef SUPERVISOR_POLICY_SUMMARY_H
#define SUPERVISOR_POLICY_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct policy;

struct policy_summary {
	const char *path;
	int errors, warnings;
	int expectations, tests, failed;
	int64_t points;
	bool undecided;
};

/* "team.policy: team layer on org.policy; 18 rules, 4 lists, 13 settings" */
void summary_write_head(FILE *out, const struct policy_summary *summary,
			const struct policy *policy);
void summary_write_end(FILE *out, const struct policy_summary *summary,
		       const struct policy *policy);

#endif
