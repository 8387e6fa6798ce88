/*
 * policy_trial.h - runs the tests of a policy set, through the one evaluator
 * that `heal` and `explain` use.
 */
#ifndef SUPERVISOR_POLICY_TRIAL_H
#define SUPERVISOR_POLICY_TRIAL_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/trial.h"

/* What one expectation came to. Texts that are pointers to char are owned. */
struct trial_result {
	struct trial trial;
	bool holds;
	char *expected; /* "escalate 2 by pci-add" */
	char *got;	/* "deny by default" */
	char *nearest; /* which rule, and what kept it from deciding; or NULL */
};

struct trial_reach {
	struct trial_rule rule;
	bool is_reached;
};

struct trial_run {
	struct trial_result *results;
	int count, failed;
	int tests;
	struct trial_reach *rules;
	int rule_count, reached;
};

/* Borrows from the policy. */
struct trial_run *policy_trial(const struct policy *policy);
void policy_trial_free(struct trial_run *run);
void policy_trial_cleanup(struct trial_run **run);
#define auto_trial __attribute__((cleanup(policy_trial_cleanup)))

/*
 * For `check`: an error for each expectation that fails (E195), a warning for
 * each rule that no test reaches (W240) and for a set without tests (W241).
 */
struct trial_counts {
	int errors, warnings;
};

struct trial_counts
policy_trial_diagnose(const struct trial_run *run, FILE *out,
		      enum diagnostic_format format);

#endif
