/* Rules that never matter, or matter less than they say. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/keys.h"
#include "policy/lint_parts.h"

/* --- Learning ------------------------------------------------------------- */

/* The strictest layer above that says something stricter; -1: none does. */
static int
overruling_layer(const struct judgement *judgement, struct layer_range range,
		 int layer)
{
	int strictest = outcome_strictness(&judgement->layers[layer]);
	int found = -1;

	for (int i = range.first; i < layer; i++) {
		int one = outcome_strictness(&judgement->layers[i]);

		if (one <= strictest)
			continue;
		strictest = one;
		found = i;
	}
	return found;
}

static void
note_instead(struct linter *linter, struct instead *instead,
	     const struct region *region, const struct judgement *judgement,
	     int layer)
{
	if (instead->is_known)
		return;
	instead->is_known = true;
	instead->layer = layer;
	instead->rule = region_decider(&linter->claims, region, layer,
				       &judgement->layers[layer]);
}

/* A layer above may narrow what it likes; but a rule that sets a limit for a
 * fact, of which another layer already has a stricter one, says something that
 * isn't so. */
static void
note_overruled(struct linter *linter, int number, const struct region *region,
	       const struct judgement *judgement, int above)
{
	const struct rule *rule = linter->claims.of[number].rule;
	struct fate *fate = &linter->fates[number];
	const struct rule *upper = region_decider(
		&linter->claims, region, above, &judgement->layers[above]);
	uint64_t asked = upper == NULL ? 0 : lint_axes(upper);

	if (rule->decision == DECISION_ALLOW && asked != 0 &&
	    (asked & ~lint_axes(rule)) == 0 && fate->overruled_by == NULL)
		fate->overruled_by = upper;
}

/* Where the rule makes a difference to its layer, unless another makes the same
 * one. */
static bool
rule_matters(const struct rule *rule, const struct outcome *outcome,
	     enum truth truth)
{
	if (rule->decision == DECISION_ALLOW)
		return truth == TRUTH_TRUE &&
		       outcome->decision != DECISION_DENY;
	return truth != TRUTH_FALSE && !outcome->by_default &&
	       outcome->decision == rule->decision;
}

static void
note_covering(struct linter *linter, struct fate *fate, enum truth truth)
{
	size_t bytes = linter->words * sizeof(uint64_t);
	const uint64_t *true_ones =
		truth == TRUTH_TRUE ? linter->surely : linter->perhaps;

	if (fate->covering == NULL) {
		fate->covering = arena_take(linter->policy->arena, bytes);
		memcpy(fate->covering, true_ones, bytes);
		return;
	}
	for (size_t i = 0; i < linter->words; i++)
		fate->covering[i] &= true_ones[i];
}

static void
learn_rule(struct linter *linter, int number, enum truth truth,
	   const struct region *region, const struct judgement *judgement)
{
	const struct claim *claim = &linter->claims.of[number];
	struct fate *fate = &linter->fates[number];
	const struct outcome *outcome = &judgement->layers[claim->layer];
	bool decides = outcome_is_by(outcome, claim->rule, truth);
	int above = overruling_layer(judgement, linter->range, claim->layer);

	if (truth == TRUTH_TRUE)
		fate->matched |= 1U << region->operation;
	fate->decides |= decides;
	if (rule_matters(claim->rule, outcome, truth))
		note_covering(linter, fate, truth);
	if (decides && above < 0) {
		fate->counts = true;
	} else if (decides) {
		note_instead(linter, &fate->above, region, judgement, above);
		note_overruled(linter, number, region, judgement, above);
	} else if (truth == TRUTH_TRUE) {
		note_instead(linter, &fate->beside, region, judgement,
			     claim->layer);
	}
}

void
lint_fate_learn(struct linter *linter, const struct region *region,
		const struct judgement *judgement)
{
	size_t bytes = linter->words * sizeof(uint64_t);

	memset(linter->surely, 0, bytes);
	memset(linter->perhaps, 0, bytes);
	for (int i = 0; i < region->count; i++) {
		if (region->truths[i] == TRUTH_TRUE)
			bits_set(linter->surely, region->claims[i]);
		if (region->truths[i] != TRUTH_FALSE)
			bits_set(linter->perhaps, region->claims[i]);
	}
	for (int i = 0; i < region->count; i++)
		if (region->truths[i] != TRUTH_FALSE &&
		    linter->claims.of[region->claims[i]].rule != NULL)
			learn_rule(linter, region->claims[i],
				   (enum truth)region->truths[i], region,
				   judgement);
}

/* --- Rules that another one makes superfluous ----------------------------- */

static bool
has_group(const struct rule *rule, const char *group)
{
	for (int i = 0; i < rule->group_count; i++)
		if (strcmp(rule->groups[i], group) == 0)
			return true;
	return false;
}

/* True when the other rule, where both match, asks for all that this one asks
 * for, and says all that it says. */
static bool
says_as_much(const struct rule *other, const struct rule *rule)
{
	if (other->decision != rule->decision ||
	    other->approvers < rule->approvers)
		return false;
	if (rule->reason != NULL && !same_text(other->reason, rule->reason))
		return false;
	for (int i = 0; i < LIMITS; i++)
		if (rule->limits[i] != RULE_LIMIT_NONE &&
		    other->limits[i] != rule->limits[i])
			return false;
	for (int i = 0; i < rule->group_count; i++)
		if (!has_group(other, rule->groups[i]))
			return false;
	return (rule->group_count == 0) == (other->group_count == 0);
}

static bool
makes_superfluous(const struct linter *linter, int other, int number)
{
	const struct claim *claims = linter->claims.of;
	const struct fate *fate = &linter->fates[number];

	return other != number && claims[other].rule != NULL &&
	       claims[other].layer == claims[number].layer &&
	       fate->covering != NULL && bits_test(fate->covering, other) &&
	       linter->fates[other].is_tried &&
	       says_as_much(claims[other].rule, claims[number].rule);
}

/* Of two that do the same, the later one is superfluous. */
static const struct rule *
superfluous_by(const struct linter *linter, int number)
{
	for (int i = 0; i < linter->claims.count; i++)
		if (makes_superfluous(linter, i, number) &&
		    (i < number || !makes_superfluous(linter, number, i)))
			return linter->claims.of[i].rule;
	return NULL;
}

/* --- Reporting ------------------------------------------------------------ */

static void
report_shadowed(struct linter *linter, const struct rule *rule,
		const struct instead *by)
{
	struct diagnostics *diagnostics = &linter->diagnostics;

	diagnose(diagnostics, "W302", rule->place,
		 "rule %s is shadowed: whenever it matches, a more "
		 "restrictive rule decides",
		 lint_label(linter, rule));
	if (by->rule == NULL)
		diagnose_hint(diagnostics, "decided by the default of %s",
			      linter->claims.layers[by->layer]->file);
	else if (by->rule->label != NULL)
		diagnose_hint(diagnostics, "decided by %s (%s)",
			      by->rule->label,
			      lint_where(linter, by->rule, rule->file));
	else
		diagnose_hint(diagnostics, "decided by the rule on %s",
			      lint_where(linter, by->rule, rule->file));
}

static void
report_superfluous(struct linter *linter, const struct rule *rule,
		   const struct rule *other)
{
	static const char *const words[DECISIONS] = {
		[DECISION_ALLOW] = "allows",
		[DECISION_ESCALATE] = "escalates",
		[DECISION_DENY] = "denies",
	};

	if (other->label == NULL)
		diagnose(&linter->diagnostics, "W303", rule->place,
			 "rule %s adds nothing: the rule on %s already %s all "
			 "of it",
			 lint_label(linter, rule),
			 lint_where(linter, other, rule->file),
			 words[rule->decision]);
	else
		diagnose(&linter->diagnostics, "W303", rule->place,
			 "rule %s adds nothing: '%s' (%s) already %s all of it",
			 lint_label(linter, rule), other->label,
			 lint_where(linter, other, rule->file),
			 words[rule->decision]);
}

static void
report_overruled(struct linter *linter, const struct rule *rule,
		 const struct rule *upper)
{
	auto_free char *conditions = NULL;
	size_t size;
	FILE *out = xmemstream(&conditions, &size);

	for (int i = 0; i < upper->condition_count; i++) {
		fputs(i == 0 ? "" : " and ", out);
		condition_write(out, upper->conditions[i]);
	}
	fclose(out);
	diagnose(&linter->diagnostics, "W306", rule->place,
		 "parts of rule %s are decided by %s:%d%s%s%s (%s)",
		 lint_label(linter, rule), upper->file, upper->line,
		 upper->label == NULL ? "" : " '",
		 upper->label == NULL ? "" : upper->label,
		 upper->label == NULL ? "" : "'", conditions);
}

/* The first operation that the rule names in vain; `any` names none. */
static const char *
unmatched_operation(const struct rule *rule, const struct fate *fate)
{
	if (rule->operations == (1U << OPERATIONS) - 1)
		return NULL;
	for (int i = 0; i < OPERATIONS; i++)
		if ((rule->operations & ~fate->matched & 1U << i) != 0)
			return operation_name((enum operation)i);
	return NULL;
}

static void
report(struct linter *linter, int number)
{
	const struct claim *claim = &linter->claims.of[number];
	const struct fate *fate = &linter->fates[number];
	const struct rule *rule = claim->rule;
	const struct rule *other = superfluous_by(linter, number);

	if (fate->matched == 0)
		diagnose(&linter->diagnostics, "W301", rule->place,
			 "rule %s can never match", lint_label(linter, rule));
	else if (!fate->counts)
		report_shadowed(linter, rule,
				fate->decides ? &fate->above : &fate->beside);
	else if (unmatched_operation(rule, fate) != NULL)
		diagnose(&linter->diagnostics, "W301", rule->place,
			 "rule %s can never match %s", lint_label(linter, rule),
			 unmatched_operation(rule, fate));
	else if (other != NULL)
		report_superfluous(linter, rule, other);
	else if (fate->overruled_by != NULL)
		report_overruled(linter, rule, fate->overruled_by);
}

/* An allowance that has run out, or that stands in a layer which only narrows,
 * has a warning of its own. */
void
lint_fates(struct linter *linter)
{
	for (int i = 0; i < linter->claims.count; i++) {
		const struct claim *claim = &linter->claims.of[i];
		bool is_idle = claim->rule != NULL &&
			       claim->rule->decision == DECISION_ALLOW &&
			       (linter->claims.layers[claim->layer]->inherits ||
				rule_has_run_out(linter, claim->rule));

		if (claim->rule != NULL && linter->fates[i].is_tried &&
		    !is_idle)
			report(linter, i);
	}
}
