/*
 * trial.h - the `test` blocks of a policy set, one expectation at a time, and
 * the rules that they should reach. Who asks the questions is the caller's
 * business.
 */
#ifndef POLICY_TRIAL_H
#define POLICY_TRIAL_H

#include <stdbool.h>

#include "policy/diagnostic.h"
#include "policy/judge.h"

struct policy;

enum trial_kind { TRIAL_STATEMENT, TRIAL_REPLAY, TRIAL_MAPPING };

/* One expectation. Texts are borrowed from the set. */
struct trial {
	const char *test;   /* its name */
	struct place place; /* of the expectation */
	enum trial_kind kind;
	const char *text; /* statement, schema.table, or the mapping */
	enum decision decision;
	int approvers;	/* 0: any number */
	const char *by; /* label, "default", "floor F01"; NULL: anything */
};

/* The index-th expectation of all layers, org first; false after the last. */
bool trial_at(const struct policy *policy, int index, struct trial *ret_trial);

/*
 * The set up to the layer that the test stands in: a layer below may narrow
 * what a test of the one above expects. Borrows from the set; the caller frees
 * it with free().
 */
struct policy *trial_policy(const struct policy *policy, int index);

/* The facts that its test gives, all others unknown; a rewrite implies a scan.
 * The caller frees the texts of sets by trial_facts_release(). */
void
trial_facts(const struct policy *policy, int index, struct facts *ret_facts);
void trial_facts_release(struct facts *facts);

/* True when the verdict is what was expected, by what was expected. */
bool trial_holds(const struct trial *trial, const struct verdict *verdict);

/* The number of tests of all layers. */
int trial_tests(const struct policy *policy);

/* A rule that tests should reach. */
struct trial_rule {
	const char *label; /* or NULL */
	struct place place;
	bool has_effect; /* an allowance in a layer that inherits has none */
};

/* The index-th rule of all layers, org first; false after the last. */
bool trial_rule_at(const struct policy *policy, int index,
		   struct trial_rule *ret_rule);
/* True when the rule is in the decisive set. */
bool
trial_reaches(const struct trial_rule *rule, const struct verdict *verdict);

#endif
