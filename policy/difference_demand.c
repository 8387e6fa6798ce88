/* What a decision demands besides: limits, and whose approval. Two sets that
 * decide alike may still differ in it. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/difference_parts.h"
#include "policy/setting.h"

/* A demand that changed, and the operations for which it did. */
struct demand {
	const char *word, *change, *before, *after;
	bool widens;
	unsigned operations;
	int score; /* of the example: the fewer facts, the better */
	const char *example;
	const struct rule *decider; /* what says so in the new set, or NULL */
};

/* One set in a region: what is asked of it. */
struct question {
	const struct contrast *contrast;
	const struct region *region;
	const struct side *side;
	const struct policy *policy;
};

/* --- What is demanded ----------------------------------------------------- */

/* The rule behind a claim of the region where it is one of those that decide
 * in their layer; else NULL. */
static const struct rule *
deciding_rule(const struct question *question, int index)
{
	const struct region *region = question->region;
	const struct side *side = question->side;
	const struct claim *claim =
		&question->contrast->claims.of[region->claims[index]];

	if (claim->rule == NULL || claim->layer < side->range.first ||
	    claim->layer >= side->range.end ||
	    !outcome_is_by(&side->judgement.layers[claim->layer], claim->rule,
			   (enum truth)region->truths[index]))
		return NULL;
	return claim->rule;
}

/* `ret_rule` is the one that sets it; untouched where the settings do. */
static int64_t
limit_of(const struct question *question, enum limit limit,
	 const struct rule **ret_rule)
{
	int64_t least = policy_limit(question->policy, limit);

	for (int i = 0; i < question->region->count; i++) {
		const struct rule *rule = deciding_rule(question, i);

		if (rule != NULL && rule->limits[limit] != RULE_LIMIT_NONE &&
		    rule->limits[limit] < least) {
			least = rule->limits[limit];
			*ret_rule = rule;
		}
	}
	return least;
}

/* The same, where it says who approves: in a layer as strict as the whole. */
static const struct rule *
asking_rule(const struct question *question, int index)
{
	const struct judgement *judgement = &question->side->judgement;
	const struct rule *rule = deciding_rule(question, index);
	int claim = question->region->claims[index];
	int layer = question->contrast->claims.of[claim].layer;

	if (rule == NULL || rule->decision != DECISION_ESCALATE ||
	    outcome_strictness(&judgement->layers[layer]) !=
		    outcome_strictness(&judgement->total))
		return NULL;
	return rule;
}

/* The groups of all of them; one that names none lets anyone approve. */
static bool
may_approve(const struct question *question, const char *group)
{
	for (int i = 0; i < question->region->count; i++) {
		const struct rule *rule = asking_rule(question, i);

		if (rule == NULL)
			continue;
		if (rule->group_count == 0)
			return true;
		for (int j = 0; group != NULL && j < rule->group_count; j++)
			if (strcmp(rule->groups[j], group) == 0)
				return true;
	}
	return false;
}

/* Who may approve there and may not here, each with the sign in front. Returns
 * the first rule there that says so, or NULL. */
static const struct rule *
write_others(FILE *out, const struct question *there,
	     const struct question *here, char sign)
{
	struct texts others = {.arena = there->contrast->differences->arena};
	const struct rule *first = NULL;

	if (may_approve(here, NULL))
		return NULL;
	for (int i = 0; i < there->region->count; i++) {
		const struct rule *rule = asking_rule(there, i);

		if (rule == NULL)
			continue;
		if (rule->group_count == 0)
			texts_add(&others, "anyone");
		for (int j = 0; j < rule->group_count; j++)
			if (!may_approve(here, rule->groups[j]))
				texts_add(&others, rule->groups[j]);
		if (first == NULL && others.count > 0)
			first = rule;
	}
	for (int i = 0; i < others.count; i++)
		fprintf(out, "%s%c%s", ftell(out) == 0 ? "" : " ", sign,
			others.of[i]);
	return first;
}

/* --- What changed --------------------------------------------------------- */

static struct demand *
demand_of(struct contrast *contrast, const struct demand *one)
{
	for (int i = 0; i < contrast->demand_count; i++) {
		struct demand *known = &contrast->demands[i];

		if (strcmp(known->word, one->word) == 0 &&
		    strcmp(known->change, one->change) == 0 &&
		    strcmp(known->before, one->before) == 0 &&
		    strcmp(known->after, one->after) == 0)
			return known;
	}
	arena_append(contrast->differences->arena, contrast->demands,
		     contrast->demand_count, *one);
	return &contrast->demands[contrast->demand_count - 1];
}

static void
note(struct contrast *contrast, const struct region *region,
     const struct judgement *judgement, struct demand one)
{
	struct demand *demand;
	struct facts facts;

	one.score = INT32_MAX;
	demand = demand_of(contrast, &one);
	demand->operations |= 1U << region->operation;
	region_facts(region, &facts);
	if (facts_known(&facts) >= demand->score)
		return;
	demand->score = facts_known(&facts);
	demand->example = difference_example(contrast, region, &facts);
	if (one.decider == NULL)
		one.decider =
			region_decider(&contrast->claims, region,
				       judgement->strictest, &judgement->total);
	demand->decider = one.decider;
}

struct amount {
	enum fact_type type;
	int64_t value;
};

static void
write_amount(FILE *out, const void *what)
{
	const struct amount *amount = what;

	quantity_write(out, amount->type, amount->value);
}

/* A limit that is the whole set's is compared with the settings. */
static void
compare_limit(struct contrast *contrast, const struct question *old,
	      const struct question *new, enum limit limit)
{
	struct arena *arena = contrast->differences->arena;
	const struct limit_word *word = limit_word(limit);
	const struct rule *rule = NULL;
	struct amount was = {word->type, limit_of(old, limit, &rule)};
	struct amount is = {word->type, 0};

	rule = NULL;
	is.value = limit_of(new, limit, &rule);

	if (was.value == is.value ||
	    (was.value == policy_limit(contrast->before, limit) &&
	     is.value == policy_limit(contrast->after, limit)))
		return;
	note(contrast, new->region, &new->side->judgement,
	     (struct demand){.word = word->name,
			     .change = "",
			     .before = text_in(arena, write_amount, &was),
			     .after = text_in(arena, write_amount, &is),
			     .widens = is.value > was.value,
			     .decider = rule});
}

/* "+shop -dba": who is new comes first. */
static void
compare_groups(struct contrast *contrast, const struct question *old,
	       const struct question *new)
{
	const char *decision = decision_name(DECISION_ESCALATE);
	const struct rule *rule;
	auto_free char *change = NULL;
	size_t size;
	FILE *out = xmemstream(&change, &size);

	rule = write_others(out, new, old, '+');
	write_others(out, old, new, '-');
	fclose(out);
	if (size == 0)
		return;
	note(contrast, new->region, &new->side->judgement,
	     (struct demand){.word = "approvers",
			     .change = arena_copy(contrast->differences->arena,
						  change, size),
			     .before = decision,
			     .after = decision,
			     .widens = *change == '+',
			     .decider = rule});
}

void
compare_demands(struct contrast *contrast, const struct region *region,
		const struct side *before, const struct side *after)
{
	enum decision was = before->judgement.total.decision;
	enum decision is = after->judgement.total.decision;
	struct question old = {contrast, region, before, contrast->before};
	struct question new = {contrast, region, after, contrast->after};

	/* What is denied demands nothing. */
	if (was == DECISION_DENY || is == DECISION_DENY)
		return;
	for (int i = 0; i < LIMITS; i++)
		compare_limit(contrast, &old, &new, (enum limit)i);
	if (was == DECISION_ESCALATE && is == DECISION_ESCALATE)
		compare_groups(contrast, &old, &new);
}

void
add_demands(struct contrast *contrast)
{
	struct arena *arena = contrast->differences->arena;

	for (int i = 0; i < contrast->demand_count; i++) {
		const struct demand *demand = &contrast->demands[i];
		const struct rule *decider = demand->decider;
		struct difference one = {
			.widens = demand->widens,
			.what = arena_print(
				arena, "%s of %s", demand->word,
				operations_text(arena, demand->operations)),
			.change = demand->change,
			.before = demand->before,
			.after = demand->after,
			.example = demand->example};

		if (decider != NULL) {
			one.file = decider->file;
			one.line = decider->line;
			one.label = decider->label;
		}
		differences_add(contrast->differences, one);
	}
}
