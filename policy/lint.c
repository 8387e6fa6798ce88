#include "pgmend.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/lint_parts.h"

_Static_assert(LINT_POINTS_MAX == REGION_POINTS_MAX, "one limit");

const char *
lint_label(struct linter *linter, const struct rule *rule)
{
	struct arena *arena = linter->policy->arena;

	return rule->label != NULL
		       ? arena_print(arena, "'%s'", rule->label)
		       : arena_print(arena, "on line %d", rule->line);
}

const char *
lint_where(struct linter *linter, const struct rule *rule, const char *file)
{
	struct arena *arena = linter->policy->arena;

	return same_text(rule->file, file)
		       ? arena_print(arena, "line %d", rule->line)
		       : arena_print(arena, "%s:%d", rule->file, rule->line);
}

uint64_t
lint_axes(const struct rule *rule)
{
	uint64_t axes = 0;

	for (int i = 0; i < rule->condition_count; i++)
		axes |= condition_axes(rule->conditions[i]);
	return axes;
}

bool
rule_has_run_out(const struct linter *linter, const struct rule *rule)
{
	return rule->expires != 0 && rule->expires <= linter->today;
}

/* --- Trying it out -------------------------------------------------------- */

static void
learn(const struct region *region, void *context)
{
	struct linter *linter = context;
	struct judgement judgement =
		judge_region(&linter->claims, region, linter->range);

	lint_fate_learn(linter, region, &judgement);
	lint_assertions_learn(linter, region, &judgement);
	lint_model_learn(linter, region, &judgement);
}

/* The rule that asks for the most facts: the one to make simpler. */
static const struct rule *
heaviest(const struct linter *linter, enum operation operation)
{
	const struct rule *found = NULL;
	int most = -1;

	for (int i = 0; i < linter->claims.count; i++) {
		const struct claim *claim = &linter->claims.of[i];
		int facts;

		if (claim->rule == NULL || !claim_is_about(claim, operation))
			continue;
		facts = __builtin_popcountll(lint_axes(claim->rule));
		if (facts <= most)
			continue;
		most = facts;
		found = claim->rule;
	}
	return found;
}

/* Whoever wrote an assertion takes its silence for a proof. */
static void
disown_assertions(struct linter *linter, enum operation operation)
{
	for (int i = 0; i < linter->claims.count; i++) {
		const struct claim *claim = &linter->claims.of[i];

		if (claim->assertion == NULL ||
		    !claim_is_about(claim, operation) ||
		    linter->fates[i].is_broken)
			continue;
		diagnose(&linter->diagnostics, "W390", claim->assertion->place,
			 "not decided: whether this holds for %s",
			 operation_name(operation));
		linter->given_up++;
	}
}

static void
give_up(struct linter *linter, enum operation operation)
{
	const struct rule *rule = heaviest(linter, operation);
	int facts = rule == NULL ? 0 : __builtin_popcountll(lint_axes(rule));

	linter->result.undecided = true;
	for (int i = 0; i < linter->claims.count; i++)
		if (claim_is_about(&linter->claims.of[i], operation))
			linter->fates[i].is_tried = false;
	disown_assertions(linter, operation);
	if (rule == NULL)
		return;
	diagnose(&linter->diagnostics, "W390", rule->place,
		 "not decided: %s has too many worlds to try them all",
		 operation_name(operation));
	linter->given_up++;
	diagnose_hint(&linter->diagnostics,
		      "rule %s asks for the most facts: %d",
		      lint_label(linter, rule), facts);
}

static void
try_operation(struct linter *linter, enum operation operation)
{
	int64_t points = regions_visit(&linter->claims, operation,
				       linter->today, learn, linter);

	if (points < 0)
		give_up(linter, operation);
	else
		linter->result.points += points;
}

/* --- The whole ------------------------------------------------------------ */

static void
check_there_are_rules(struct linter *linter)
{
	const struct policy *policy = linter->policy;
	struct place start = {.source = policy->source, .line = 1, .column = 1};

	for (int i = 0; i < policy->layer_count; i++)
		if (policy->layers[i].rule_count > 0)
			return;
	diagnose(&linter->diagnostics, "E009", start,
		 "a policy without rules denies everything");
	diagnose_hint(&linter->diagnostics,
		      "add an 'allow' or an 'escalate' rule");
}

static void
prepare(struct linter *linter)
{
	struct arena *arena = linter->policy->arena;
	struct claims *claims = &linter->claims;

	linter->range = claims_add_policy(claims, linter->policy);
	linter->words = bits_words(claims->count);
	linter->fates = arena_take(arena, ((size_t)claims->count + 1) *
						  sizeof(*linter->fates));
	for (int i = 0; i < claims->count; i++)
		linter->fates[i].is_tried = true;
	linter->surely =
		arena_take(arena, (linter->words + 1) * sizeof(uint64_t));
	linter->perhaps =
		arena_take(arena, (linter->words + 1) * sizeof(uint64_t));
}

struct lint_result
policy_lint(struct policy *policy, int today, FILE *out,
	    enum diagnostic_format format)
{
	struct linter linter = {
		.policy = policy,
		.diagnostics = {.arena = policy->arena},
		.today = today,
		.claims = {.arena = policy->arena, .spares_unknown = true}};

	prepare(&linter);
	check_there_are_rules(&linter);
	for (int i = 0; i < OPERATIONS; i++)
		try_operation(&linter, (enum operation)i);
	lint_fates(&linter);
	lint_words(&linter);
	lint_model(&linter);
	lint_disclosure(&linter);
	diagnostics_drop_warnings(&linter.diagnostics);
	diagnostics_print(&linter.diagnostics, out, format);
	linter.result.errors = linter.diagnostics.errors;
	/* "Not decided" is its own exit status, and no mistake. */
	if (linter.diagnostics.errors == 0)
		linter.result.warnings =
			linter.diagnostics.warnings - linter.given_up;
	return linter.result;
}
