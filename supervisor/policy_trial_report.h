/*
 * policy_trial_report.h - what `policy test` prints about the sets that it ran.
 *
 * A file can be part of several sets, as the layer above of each: what it
 * expects is counted once, and its rules are reached when any set reaches them.
 */
#ifndef SUPERVISOR_POLICY_TRIAL_REPORT_H
#define SUPERVISOR_POLICY_TRIAL_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct policy;
struct trial_run;

struct trial_set {
	const char *path;
	struct policy *policy;
	struct trial_run *run;
};

struct trial_sets {
	struct trial_set *of;
	int count;
};

struct trial_demand {
	bool as_json;
	bool coverage;
	int min_coverage; /* percent of the rules */
};

/* False when an expectation failed, a set has no test or no rule, or fewer
 * rules are reached than demanded. */
bool trial_report_write(FILE *out, const struct trial_sets *sets,
			const struct trial_demand *demand);

#endif
