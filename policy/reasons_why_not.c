/* What would have to be otherwise for a milder verdict. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/match.h"
#include "policy/reasons.h"

/* What is asked, and what was found. */
struct search {
	struct arena *arena;
	const struct subject *subject;
	const struct facts *facts;
	const struct layer *layer;
	struct obstacles found;
};

/* --- Conditions ----------------------------------------------------------- */

static enum truth
truth_of(const struct search *search, const struct condition *condition)
{
	uint64_t used = 0, unknown = 0;

	return match_condition(condition, search->facts, &used, &unknown);
}

/* How many facts keep the condition from being surely what is wanted. */
static int
cost_of(const struct search *search, const struct condition *condition,
	bool wanted)
{
	bool takes_both = (condition->kind == CONDITION_AND) == wanted;
	int left, right;

	if (truth_of(search, condition) == (wanted ? TRUTH_TRUE : TRUTH_FALSE))
		return 0;
	if (condition->kind == CONDITION_NOT)
		return cost_of(search, condition->left, !wanted);
	if (condition->kind != CONDITION_AND && condition->kind != CONDITION_OR)
		return 1;
	left = cost_of(search, condition->left, wanted);
	right = cost_of(search, condition->right, wanted);
	if (takes_both)
		return left + right;
	return left < right ? left : right;
}

/* The atom as it would have to hold: table.rows < 5, not change.scan. */
static const char *
text_of_wish(struct arena *arena, const struct condition *atom, bool wanted)
{
	static const enum comparison opposites[COMPARISONS] = {
		[COMPARE_EQUAL] = COMPARE_UNEQUAL,
		[COMPARE_UNEQUAL] = COMPARE_EQUAL,
		[COMPARE_LESS] = COMPARE_AT_LEAST,
		[COMPARE_AT_LEAST] = COMPARE_LESS,
		[COMPARE_GREATER] = COMPARE_AT_MOST,
		[COMPARE_AT_MOST] = COMPARE_GREATER,
	};
	struct condition wish = *atom;
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (!wanted && atom->kind == CONDITION_COMPARE)
		wish.comparison = opposites[atom->comparison];
	else if (!wanted)
		fputs("not ", out);
	condition_write(out, &wish);
	fclose(out);
	return arena_copy(arena, text, size);
}

static void
add_obstacle(struct search *search, const struct rule *rule, const char *text,
	     int fact)
{
	struct obstacle obstacle = {
		.layer = search->layer->name, .text = text, .fact = fact};

	for (int i = 0; fact >= 0 && i < search->found.count; i++)
		if (same_text(search->found.of[i].text, text))
			return;
	if (rule != NULL) {
		obstacle.file = rule->file;
		obstacle.label = rule->label;
		obstacle.line = rule->line;
	}
	arena_append(search->arena, search->found.of, search->found.count,
		     obstacle);
}

/* Adds what cost_of() counted. */
static void
add_wishes(struct search *search, const struct rule *rule,
	   const struct condition *condition, bool wanted)
{
	bool takes_both = (condition->kind == CONDITION_AND) == wanted;
	const struct condition *left = condition->left;
	const struct condition *right = condition->right;

	if (cost_of(search, condition, wanted) == 0)
		return;
	if (condition->kind == CONDITION_NOT) {
		add_wishes(search, rule, left, !wanted);
	} else if (condition->kind != CONDITION_AND &&
		   condition->kind != CONDITION_OR) {
		add_obstacle(search, rule,
			     text_of_wish(search->arena, condition, wanted),
			     condition->kind == CONDITION_WINDOW
				     ? -1
				     : (int)condition->fact);
	} else if (takes_both) {
		add_wishes(search, rule, left, wanted);
		add_wishes(search, rule, right, wanted);
	} else {
		bool is_left = cost_of(search, left, wanted) <=
			       cost_of(search, right, wanted);

		add_wishes(search, rule, is_left ? left : right, wanted);
	}
}

/* --- Rules ---------------------------------------------------------------- */

/* A rule that must not match: its cheapest condition; without one only the
 * policy can leave the subject out. */
static void
add_block(struct search *search, const struct rule *rule)
{
	const struct condition *cheapest = NULL;
	int least = 0;

	for (int i = 0; i < rule->condition_count; i++) {
		int cost = cost_of(search, rule->conditions[i], false);

		if (cheapest == NULL || cost < least) {
			cheapest = rule->conditions[i];
			least = cost;
		}
	}
	if (cheapest != NULL)
		add_wishes(search, rule, cheapest, false);
	else
		add_obstacle(search, rule,
			     arena_print(search->arena,
					 "this rule would have to leave it "
					 "out ('except', or a narrower one)"),
			     -1);
}

static bool
is_in_the_way(const struct reason_clause *clause)
{
	return clause->kind != CLAUSE_WHEN &&
	       strcmp(clause->truth, "true") != 0;
}

static int
cost_of_grant(const struct search *search, const struct reason_rule *told)
{
	const struct rule *rule = told->rule;
	int cost = 0;

	for (int i = 0; i < told->clause_count; i++)
		cost += is_in_the_way(&told->clauses[i]);
	for (int i = 0; i < rule->condition_count; i++)
		cost += cost_of(search, rule->conditions[i], true);
	return cost;
}

static void
add_grant(struct search *search, const struct reason_rule *told)
{
	const struct rule *rule = told->rule;

	for (int i = 0; i < told->clause_count; i++)
		if (is_in_the_way(&told->clauses[i]))
			add_obstacle(search, rule, told->clauses[i].text,
				     told->clauses[i].kind == CLAUSE_FROM
					     ? (int)FACT_COLUMN_TYPE
					     : -1);
	for (int i = 0; i < rule->condition_count; i++)
		add_wishes(search, rule, rule->conditions[i], true);
}

/* --- Layers --------------------------------------------------------------- */

/* Someone has to allow it: the rule that is nearest to doing so. */
static void
search_grant(struct search *search, const struct reason_layer *told,
	     enum decision wanted)
{
	const struct reason_rule *cheapest = NULL;
	int least = 0;

	for (int i = 0; i < told->rule_count; i++) {
		int cost = cost_of_grant(search, &told->rules[i]);

		if (told->rules[i].decision > wanted)
			continue;
		if (cheapest == NULL || cost < least) {
			cheapest = &told->rules[i];
			least = cost;
		}
	}
	if (cheapest != NULL)
		add_grant(search, cheapest);
	else
		add_obstacle(search, NULL,
			     arena_print(search->arena,
					 "no rule of this layer would %s it",
					 decision_name(wanted)),
			     -1);
}

static void
search_layer(struct search *search, const struct reason_layer *told,
	     enum decision wanted)
{
	if (!told->has_opinion || told->verdict.decision <= wanted)
		return;
	for (int i = 0; i < told->rule_count; i++)
		if (told->rules[i].decision > wanted &&
		    strcmp(told->rules[i].truth, "false") != 0)
			add_block(search, told->rules[i].rule);
	if (!search->layer->inherits)
		search_grant(search, told, wanted);
}

struct obstacles
reasons_why_not(struct reasons *reasons, const struct policy *policy,
		const struct subject *subject, const struct facts *facts,
		enum decision wanted)
{
	struct search search = {
		.arena = reasons->arena, .subject = subject, .facts = facts};
	int told = 0;

	for (; policy != NULL; policy = policy->narrower)
		for (int i = 0; i < policy->layer_count; i++) {
			search.layer = &policy->layers[i];
			search_layer(&search, &reasons->layers[told++], wanted);
		}
	return search.found;
}
