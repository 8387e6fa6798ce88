/*
 * execute_trial.h - an allowed plan tried as a whole, before the planner is let
 * go: the change and the replay in a transaction that is rolled back. The
 * server names one drift at a time, and what lies behind the first shows only
 * here.
 */
#ifndef SUPERVISOR_EXECUTE_TRIAL_H
#define SUPERVISOR_EXECUTE_TRIAL_H

struct database;
struct document;
struct error;
struct grounds;
struct plan;
struct trial;

/*
 * `ret_trial` works unless the replay met a further drift under the plan. What
 * says nothing of the plan passes for working, and the change itself will
 * tell: a lock that isn't to be had at once, a server that refuses the change.
 * Not tried is what would rewrite or scan the table, adds a constraint, whose
 * answer would tell values, or adds a label to an enum, which can't be used in
 * the same transaction.
 */
int execute_try(struct trial *ret_trial, const struct plan *plan,
		const struct grounds *grounds, struct database *work,
		struct error *err);

/* What the planner is told then: the table as it is, and what the plan met. */
struct document *
execute_trial_brief(const struct grounds *grounds, const struct trial *trial);

#endif
