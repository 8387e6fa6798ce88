#include "pgmend.h"
#include "policy/arena.h"
#include "policy/decide.h"

void
layer_index(struct layer *layer, struct arena *arena)
{
	for (int i = 0; i < OPERATIONS; i++) {
		uint16_t *rules = NULL;
		int count = 0;

		for (int j = 0; j < layer->rule_count; j++)
			if ((layer->rules[j].operations & 1U << i) != 0)
				arena_append(arena, rules, count, (uint16_t)j);
		layer->about[i] =
			(struct rule_index){.of = rules, .count = count};
	}
}

void
matches_add(struct matches *matches, const struct rule *rule, enum truth truth)
{
	enum decision decision = rule->decision;

	if (truth == TRUTH_FALSE)
		return;
	matches->perhaps[decision] = true;
	if (truth == TRUTH_TRUE)
		matches->surely[decision] = true;
	if (decision == DECISION_ESCALATE &&
	    rule->approvers > matches->approvers)
		matches->approvers = rule->approvers;
}

/* What a layer says that only narrows: an allowance has no effect in it. */
static struct outcome
narrow(const struct matches *matches)
{
	struct outcome outcome = {.decision = DECISION_ALLOW};

	if (!matches->perhaps[DECISION_ESCALATE])
		return outcome;
	outcome.has_opinion = true;
	outcome.decision = DECISION_ESCALATE;
	outcome.approvers = matches->approvers;
	return outcome;
}

struct outcome
layer_decide(const struct layer *layer, const struct matches *matches)
{
	struct outcome outcome = {.has_opinion = true,
				  .decision = DECISION_DENY};

	if (matches->perhaps[DECISION_DENY])
		return outcome;
	if (layer->inherits)
		return narrow(matches);
	/* A rule that may escalate restricts; it never grants. */
	if (!matches->surely[DECISION_ALLOW] &&
	    !matches->surely[DECISION_ESCALATE]) {
		outcome.by_default = true;
		return outcome;
	}
	outcome.decision = DECISION_ALLOW;
	if (matches->perhaps[DECISION_ESCALATE]) {
		outcome.decision = DECISION_ESCALATE;
		outcome.approvers = matches->approvers;
	}
	return outcome;
}

bool
outcome_is_by(const struct outcome *outcome, const struct rule *rule,
	      enum truth truth)
{
	enum truth enough =
		rule->decision == DECISION_ALLOW ? TRUTH_TRUE : TRUTH_UNKNOWN;

	return outcome->has_opinion && !outcome->by_default &&
	       rule->decision == outcome->decision && truth >= enough;
}

int
outcome_strictness(const struct outcome *outcome)
{
	if (!outcome->has_opinion)
		return -1;
	if (outcome->decision == DECISION_DENY)
		return 3;
	return outcome->approvers;
}
