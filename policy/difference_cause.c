/* Which rule made a difference. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/difference_parts.h"

bool
claim_is_new(const struct contrast *contrast, int claim)
{
	return contrast->claims.of[claim].layer >= contrast->new.first;
}

/* The same layer of the other set. */
static bool
are_opposite(const struct contrast *contrast, int left, int right)
{
	const struct claims *claims = &contrast->claims;

	return claims->of[left].rule != NULL &&
	       claims->of[right].rule != NULL &&
	       claim_is_new(contrast, left) != claim_is_new(contrast, right) &&
	       same_text(claims->layers[claims->of[left].layer]->name,
			 claims->layers[claims->of[right].layer]->name);
}

static void
find_counterpart(struct contrast *contrast, int claim)
{
	const struct claims *claims = &contrast->claims;
	const char *label = claims->of[claim].rule->label;

	contrast->is_changed[claim] = true;
	for (int i = 0; i < claims->count; i++) {
		if (!are_opposite(contrast, claim, i))
			continue;
		if (strcmp(contrast->texts[claim], contrast->texts[i]) == 0)
			contrast->is_changed[claim] = false;
		if (label != NULL &&
		    same_text(label, claims->of[i].rule->label))
			contrast->counterparts[claim] = claims->of[i].rule;
	}
}

void
find_counterparts(struct contrast *contrast)
{
	struct arena *arena = contrast->differences->arena;
	size_t count = (size_t)contrast->claims.count + 1;

	contrast->texts = arena_take(arena, count * sizeof(char *));
	contrast->counterparts = arena_take(arena, count * sizeof(void *));
	contrast->is_changed = arena_take(arena, count * sizeof(bool));
	for (int i = 0; i < contrast->claims.count; i++)
		if (contrast->claims.of[i].rule != NULL)
			contrast->texts[i] =
				rule_text(arena, contrast->claims.of[i].rule);
	for (int i = 0; i < contrast->claims.count; i++)
		if (contrast->claims.of[i].rule != NULL)
			find_counterpart(contrast, i);
}

/* --- What made the difference --------------------------------------------- */

/* What the layer of the same name says in the other set; NULL: there is none.
 */
static const struct outcome *
opposite_outcome(const struct contrast *contrast, int layer,
		 const struct judgement *other, struct layer_range range)
{
	const struct claims *claims = &contrast->claims;

	for (int i = range.first; i < range.end; i++)
		if (same_text(claims->layers[i]->name,
			      claims->layers[layer]->name))
			return &other->layers[i];
	return NULL;
}

/* True for a changed rule of this side in whose layer the other set decides
 * otherwise. */
static bool
could_differ(const struct contrast *contrast, const struct side *side,
	     const struct side *other, int number)
{
	const struct claim *claim = &contrast->claims.of[number];
	const struct outcome *there;

	if (claim->rule == NULL || claim->layer < side->range.first ||
	    claim->layer >= side->range.end || !contrast->is_changed[number])
		return false;
	there = opposite_outcome(contrast, claim->layer, &other->judgement,
				 other->range);
	return there == NULL ||
	       outcome_strictness(&side->judgement.layers[claim->layer]) !=
		       outcome_strictness(there);
}

int
changed_decider(const struct contrast *contrast, const struct region *region,
		const struct side *side, const struct side *other)
{
	for (int i = 0; i < region->count; i++) {
		int number = region->claims[i];
		const struct claim *claim = &contrast->claims.of[number];

		if (could_differ(contrast, side, other, number) &&
		    outcome_is_by(&side->judgement.layers[claim->layer],
				  claim->rule, (enum truth)region->truths[i]))
			return number;
	}
	return -1;
}

int
changed_grant(const struct contrast *contrast, const struct region *region,
	      const struct side *milder, const struct side *stricter)
{
	for (int i = 0; i < region->count; i++) {
		int number = region->claims[i];

		if (could_differ(contrast, milder, stricter, number) &&
		    contrast->claims.of[number].rule->decision !=
			    DECISION_DENY &&
		    region->truths[i] == TRUTH_TRUE)
			return number;
	}
	return -1;
}
