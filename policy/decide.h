/*
 * decide.h - from which of a layer's rules match to what the layer says. One
 * answer for the judge and for the linter. Private to policy/.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/match.h"

struct arena;

/* Fills the layer's index, once all its rules are there. */
void layer_index(struct layer *layer, struct arena *arena);

/* Which rules match, by decision: surely, or at all. */
struct matches {
	bool surely[DECISIONS];
	bool perhaps[DECISIONS];
	int approvers; /* the most that a rule asks for which may escalate */
};

void
matches_add(struct matches *matches, const struct rule *rule, enum truth truth);

struct outcome {
	bool has_opinion; /* only a layer that inherits may have none */
	bool by_default;
	enum decision decision;
	int approvers; /* of an escalation, else 0 */
};

struct outcome
layer_decide(const struct layer *layer, const struct matches *matches);

/* True for a rule among those that brought the outcome about: what restricts
 * counts when it may match, an allowance only when it does. */
bool outcome_is_by(const struct outcome *outcome, const struct rule *rule,
		   enum truth truth);

/* Orders outcomes: allow < escalate 1 < escalate 2 < deny; no opinion is the
 * least. */
int outcome_strictness(const struct outcome *outcome);

#endif
