/*
 * reasons.h - why an action was decided as it was: each layer's own verdict,
 * its rules about the operation, and the truth of each of their clauses; and
 * what would have to be otherwise.
 *
 * It asks the judge and the same match functions as the judge: a rule is as
 * true as the least true of its clauses.
 */
#ifndef POLICY_REASONS_H
#define POLICY_REASONS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/judge.h"

struct arena;
struct policy;
struct rule;

/* What a clause is about. */
enum clause_kind {
	CLAUSE_SUBJECT,
	CLAUSE_EXCEPT, /* only where it takes the subject out */
	CLAUSE_TYPE,
	CLAUSE_FROM,
	CLAUSE_EXPIRES,
	CLAUSE_WHEN /* each side of an `and` is one of its own */
};

struct reason_clause {
	enum clause_kind kind;
	const char *text;  /* as a policy spells it */
	const char *truth; /* true, false or unknown */
	int line;	   /* 0 when it isn't known */
	uint64_t facts;	   /* bit per enum fact that it asks for */
};

struct reason_rule {
	const char *file, *label, *reason; /* label, reason: or NULL */
	int line;
	enum decision decision;
	const char *truth;
	bool decides; /* within its layer */
	struct reason_clause *clauses;
	int clause_count;
	int failing;		 /* clauses that aren't true */
	const struct rule *rule; /* what is told; policy/ alone reads it */
};

struct reason_layer {
	const char *name, *file;
	bool has_opinion; /* a layer that inherits may have none */
	struct verdict verdict;
	struct reason_rule *rules; /* that are about the operation */
	int rule_count;
};

struct reasons {
	struct arena *arena; /* what follows lives in it */
	struct reason_layer *layers;
	int layer_count;
};

/* Borrows from the policy, the subject and the facts. */
struct reasons *
reasons_of(const struct policy *policy, const struct subject *subject,
	   const struct facts *facts);
void reasons_free(struct reasons *reasons);
void reasons_cleanup(struct reasons **reasons);
#define auto_reasons __attribute__((cleanup(reasons_cleanup)))

/* The layer's rule that came nearest to matching without doing so, of the
 * decision or (DECISIONS) of any; NULL when there is none. */
const struct reason_rule *
reasons_nearest(const struct reason_layer *layer, enum decision decision);

/* One thing in the way of a milder verdict. */
struct obstacle {
	const char *layer, *file, *label; /* of the rule; file NULL: none */
	int line;
	const char *text; /* what would have to hold, or what to change */
	int fact; /* enum fact; -1: the policy or the clock is in the way */
};

struct obstacles {
	struct obstacle *of;
	int count;
};

/*
 * The fewest facts or lines in the way of `wanted` (or milder): where a rule
 * must not match, its cheapest clause; where one must, the nearest rule's. None
 * when the verdict is no stricter. Lives in the reasons' arena.
 */
struct obstacles
reasons_why_not(struct reasons *reasons, const struct policy *policy,
		const struct subject *subject, const struct facts *facts,
		enum decision wanted);

#endif
