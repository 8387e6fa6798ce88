/* W220: what a model says about itself may restrict, but shouldn't be all that
 * an allowance hangs on. */
#include "pgmend.h"
#include "policy/lint_parts.h"

static bool
is_claimed(enum fact fact)
{
	return fact_word(fact)->source == 'M';
}

/* True for a rule that asks for nothing but what the model claims. */
static bool
asks_only_the_model(const struct rule *rule)
{
	uint64_t axes = lint_axes(rule);

	for (int i = 0; i < AXES; i++)
		if ((axes & UINT64_C(1) << i) != 0 &&
		    (i >= FACTS || !is_claimed((enum fact)i)))
			return false;
	return axes != 0;
}

/* Rules of the decision that may hold where these names and types meet. */
static int
count_rivals(const struct linter *linter, const struct region *region,
	     enum decision decision)
{
	int count = 0;

	for (int i = 0; i < region->count; i++) {
		const struct rule *rule =
			linter->claims.of[region->claims[i]].rule;

		count += rule != NULL && rule->decision == decision;
	}
	return count;
}

static bool
allows_something(const struct linter *linter, const struct region *region)
{
	for (int i = 0; i < region->count; i++) {
		const struct rule *rule =
			linter->claims.of[region->claims[i]].rule;

		if (rule != NULL && rule->decision == DECISION_ALLOW &&
		    region->truths[i] == TRUTH_TRUE)
			return true;
	}
	return false;
}

/* An escalation, or an allowance, that is the only one of its kind here, and
 * without which the model's word would change nothing. */
void
lint_model_learn(struct linter *linter, const struct region *region,
		 const struct judgement *judgement)
{
	for (int i = 0; i < region->count; i++) {
		int number = region->claims[i];
		const struct rule *rule = linter->claims.of[number].rule;

		if (rule == NULL || region->truths[i] != TRUTH_TRUE ||
		    rule->decision == DECISION_DENY ||
		    rule->decision != judgement->total.decision ||
		    linter->fates[number].is_alone ||
		    !asks_only_the_model(rule))
			continue;
		linter->fates[number].is_alone =
			count_rivals(linter, region, rule->decision) == 1 &&
			allows_something(linter, region);
	}
}

/* The first atom: it is where the reader should look. */
static const struct condition *
first_atom(const struct condition *condition)
{
	while (condition->left != NULL)
		condition = condition->left;
	return condition;
}

void
lint_model(struct linter *linter)
{
	for (int i = 0; i < linter->claims.count; i++) {
		const struct rule *rule = linter->claims.of[i].rule;
		const struct condition *atom;
		struct place place;

		if (rule == NULL || !linter->fates[i].is_alone)
			continue;
		atom = first_atom(rule->conditions[0]);
		place = atom->place;
		place.width = (int)strlen(fact_word(atom->fact)->name);
		diagnose(&linter->diagnostics, "W220", place,
			 "only '%s' separates allow from %s here; the model "
			 "reports it about itself",
			 fact_word(atom->fact)->name,
			 rule->decision == DECISION_ALLOW ? "deny"
							  : "escalate");
	}
}
