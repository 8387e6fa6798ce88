/*
 * judge.h - decides whether one action is allowed by a policy set.
 *
 * Pure: same input, same verdict; no I/O, no allocation, cannot fail.
 * Order-free: floor > deny > escalate 2 > escalate 1 > allow > default.
 * Unknown facts fail closed. The strictest layer wins, then the strictest
 * action.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/statement.h"
#include "policy/vocabulary.h"

#define VERDICT_DECIDERS_MAX 16

/* Execution limits that a rule's `with` clause may tighten. */
enum limit {
	LIMIT_LOCK_TIMEOUT, /* milliseconds, as all of them but the rows */
	LIMIT_STATEMENT_TIMEOUT,
	LIMIT_IDLE_IN_TRANSACTION_TIMEOUT,
	LIMIT_REPLAY_ROWS,
	LIMIT_BATCH_ROWS,
	LIMIT_MAX_ATTEMPTS,
	LIMITS
};

enum decision { DECISION_ALLOW, DECISION_ESCALATE, DECISION_DENY, DECISIONS };

struct policy; /* policy.h */

struct decider {
	const char *file; /* as the policy set names it; NULL for the default */
	int line;
	const char *label;  /* "default" when no rule matched */
	const char *layer;  /* org, team or local */
	const char *reason; /* the rule's own, or NULL */
};

struct verdict {
	enum decision decision;
	int approvers;	   /* of an escalation: 1 or 2 */
	const char *floor; /* F01... when the floor refused; else NULL */
	struct decider deciders[VERDICT_DECIDERS_MAX];
	int decider_count;
	uint64_t unknown;	/* bit per enum fact: asked for, but unknown */
	uint64_t used;		/* bit per enum fact: known, and asked for */
	int64_t limits[LIMITS]; /* the tightest of the deciding rules' `with`
				 * clauses; -1 where none is given */
	char reason[256];	/* one sentence */
};

const char *decision_name(enum decision decision);

/* What is judged: an operation on a subject. */
struct subject {
	enum operation operation;
	const char *schema, *table;
	const char *column;	 /* NULL for operations on a table */
	const struct type *type; /* new type, or NULL */
	const struct type *from; /* old type, or NULL when unknown */
};

struct subject subject_of_action(const struct action *action);

struct verdict judge(const struct policy *policy, const struct subject *subject,
		     const struct facts *facts);

/*
 * Judges one action; in judge_action.c, and not pure of allocation. A type
 * change is widen_type or alter_type by the old type, column.type; where that
 * isn't known, or can't be read, it is judged as both and the stricter holds.
 * `ret_operation` is what it was judged as, of two the one that decided.
 */
struct verdict
judge_action(enum operation *ret_operation, const struct policy *policy,
	     const struct action *action, const struct facts *facts);

/* The verdict of a floor hit. */
struct verdict verdict_of_refusal(const struct refusal *refusal);

/* Makes `total` the strictest of the two, uniting what decided it. */
void verdict_combine(struct verdict *total, const struct verdict *one);

/* Makes it wait for a person at least, whatever policy says (F19, rights):
 * `label` is a static
 * word; without a sentence nothing happens. */
void verdict_escalate(struct verdict *total, const char *label,
		      const char *sentence);

/* The neutral start of a combination: allow, by nothing. */
struct verdict verdict_start(void);

#endif
