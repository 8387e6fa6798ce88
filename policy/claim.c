#include "pgmend.h"
#include "policy/arena.h"
#include "policy/claim.h"
#include "policy/region.h"

static void
add(struct claims *claims, struct claim claim)
{
	arena_append(claims->arena, claims->of, claims->count, claim);
}

static void
add_rule(struct claims *claims, const struct rule *rule, int layer)
{
	bool widens = rule->decision == DECISION_ALLOW;

	add(claims,
	    (struct claim){
		    .rule = rule,
		    .layer = layer,
		    .operations = rule->operations,
		    .subjects = &rule->subjects,
		    .excepts = &rule->excepts,
		    .polarity = widens ? POLARITY_NARROW : POLARITY_WIDE,
		    .types = rule->has_types ? &rule->types : NULL,
		    .froms = rule->has_froms ? &rule->froms : NULL,
		    .conditions = rule->conditions,
		    .condition_count = rule->condition_count,
		    .expires = rule->expires,
	    });
}

/* What must never be allowed is read widely. */
static void
add_assertion(struct claims *claims, const struct assertion *assertion,
	      int layer)
{
	add(claims, (struct claim){
			    .assertion = assertion,
			    .layer = layer,
			    .operations = assertion->operations,
			    .subjects = &assertion->subjects,
			    .polarity = POLARITY_WIDE,
			    .conditions = &assertion->condition,
			    .condition_count = assertion->condition != NULL,
		    });
}

static void
add_layer(struct claims *claims, const struct layer *layer)
{
	int number = claims->layer_count++;

	claims->layers[number] = layer;
	for (int i = 0; i < layer->rule_count; i++)
		add_rule(claims, &layer->rules[i], number);
	for (int i = 0; i < layer->assertion_count; i++)
		add_assertion(claims, &layer->assertions[i], number);
}

struct layer_range
claims_add_policy(struct claims *claims, const struct policy *policy)
{
	struct layer_range range = {.first = claims->layer_count};

	for (; policy != NULL; policy = policy->narrower)
		for (int i = 0; i < policy->layer_count; i++) {
			if (claims->layer_count == CLAIM_LAYERS_MAX)
				abort();
			add_layer(claims, &policy->layers[i]);
		}
	range.end = claims->layer_count;
	return range;
}

void
claims_add_patterns(struct claims *claims, const struct patterns *patterns,
		    enum polarity polarity)
{
	add(claims, (struct claim){.operations = (1U << OPERATIONS) - 1,
				   .layer = -1,
				   .subjects = patterns,
				   .polarity = polarity});
}

static char *
text_of_globs(const struct glob_set *globs, const char *usual)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs(usual, out);
	for (int i = 0; i < globs->count; i++)
		fprintf(out, "\n%d %d %s", globs->choices[i],
			(int)globs->of[i].reading, globs->of[i].text);
	fclose(out);
	return text;
}

struct glob_words
claims_walk(struct claims *claims, const struct glob_set *globs,
	    const char *usual)
{
	auto_free char *text = text_of_globs(globs, usual);
	struct walked walked;

	for (int i = 0; i < claims->walked_count; i++)
		if (strcmp(claims->walked[i].globs, text) == 0)
			return claims->walked[i].words;
	walked.globs = arena_print(claims->arena, "%s", text);
	walked.words = glob_walk(claims->arena, globs, usual);
	arena_append(claims->arena, claims->walked, claims->walked_count,
		     walked);
	return walked.words;
}

bool
claim_is_about(const struct claim *claim, enum operation operation)
{
	return (claim->operations & 1U << operation) != 0;
}

struct judgement
judge_region(const struct claims *claims, const struct region *region,
	     struct layer_range range)
{
	struct matches matches[CLAIM_LAYERS_MAX] = {[0] = {.approvers = 0}};
	struct judgement judgement = {.strictest = -1};

	for (int i = 0; i < region->count; i++) {
		const struct claim *claim = &claims->of[region->claims[i]];

		if (claim->rule != NULL)
			matches_add(&matches[claim->layer], claim->rule,
				    (enum truth)region->truths[i]);
	}
	judgement.total.decision = DECISION_DENY;
	for (int i = range.first; i < range.end; i++) {
		struct outcome *one = &judgement.layers[i];

		*one = layer_decide(claims->layers[i], &matches[i]);
		if (outcome_strictness(one) <=
		    outcome_strictness(&judgement.total))
			continue;
		judgement.total = *one;
		judgement.strictest = i;
	}
	return judgement;
}

const struct rule *
region_decider(const struct claims *claims, const struct region *region,
	       int layer, const struct outcome *outcome)
{
	const struct rule *perhaps = NULL;

	for (int i = 0; layer >= 0 && i < region->count; i++) {
		const struct claim *claim = &claims->of[region->claims[i]];
		enum truth truth = (enum truth)region->truths[i];

		if (claim->rule == NULL || claim->layer != layer ||
		    !outcome_is_by(outcome, claim->rule, truth))
			continue;
		if (truth == TRUTH_TRUE)
			return claim->rule;
		perhaps = perhaps == NULL ? claim->rule : perhaps;
	}
	return perhaps;
}
