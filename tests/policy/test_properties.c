/*
 * What must hold for every policy, tried on policies by chance: each property
 * in at least 10,000 cases, from fixed seeds.
 */
#include "tests/policy/random_set.h"

#include "policy/arena.h"
#include "policy/decide.h"
#include "policy/rules.h"

#define POLICIES 800
#define WORLDS 20 /* tried on each of them */

static int
severity(const struct verdict *verdict)
{
	return verdict->decision == DECISION_DENY    ? 3
	       : verdict->decision == DECISION_ALLOW ? 0
						     : verdict->approvers;
}

/* --- Order ---------------------------------------------------------------- */

/* The same set with the rules of every layer in another order. */
static struct policy
shuffled(const struct policy *policy, unsigned *seed, struct layer *layers)
{
	struct policy other = *policy;

	other.layers = layers;
	for (int i = 0; i < policy->layer_count; i++) {
		struct layer *layer = &layers[i];
		size_t size = (size_t)policy->layers[i].rule_count *
			      sizeof(struct rule);

		*layer = policy->layers[i];
		layer->rules = arena_take(policy->arena, size);
		memcpy(layer->rules, policy->layers[i].rules, size);
		for (int j = layer->rule_count - 1; j > 0; j--) {
			int k = (int)random_below(seed, (unsigned)j + 1);
			struct rule rule = layer->rules[j];

			layer->rules[j] = layer->rules[k];
			layer->rules[k] = rule;
		}
		layer_index(layer, policy->arena);
	}
	return other;
}

static bool
has_decider(const struct verdict *verdict, const struct decider *decider)
{
	for (int i = 0; i < verdict->decider_count; i++)
		if (verdict->deciders[i].line == decider->line &&
		    same_text(verdict->deciders[i].file, decider->file))
			return true;
	return false;
}

static bool
same_verdict(const struct verdict *left, const struct verdict *right)
{
	for (int i = 0; i < left->decider_count; i++)
		if (!has_decider(right, &left->deciders[i]))
			return false;
	return severity(left) == severity(right) &&
	       left->decider_count == right->decider_count &&
	       left->used == right->used && left->unknown == right->unknown &&
	       memcmp(left->limits, right->limits, sizeof(left->limits)) == 0;
}

/* --- The three properties of a verdict ------------------------------------ */

static bool
forgetting_helps(const struct policy *policy, const struct world *world,
		 const struct verdict *known, unsigned *seed)
{
	struct world less = *world;
	struct verdict verdict;

	for (int i = 0; i < FACTS; i++)
		if (random_below(seed, 3) == 0)
			less.facts.of[i].known = false;
	if (random_below(seed, 4) == 0)
		less.subject.from = NULL;
	if (random_below(seed, 4) == 0)
		less.facts.clock_known = false;
	if (random_below(seed, 4) == 0)
		less.facts.today = 0;
	verdict = judge(policy, &less.subject, &less.facts);
	return severity(&verdict) < severity(known);
}

static bool
lowest_layer_widens(const struct policy *policy, const struct world *world,
		    const struct verdict *whole)
{
	struct policy upper = *policy;
	struct verdict verdict;

	upper.layer_count--;
	verdict = judge(&upper, &world->subject, &world->facts);
	return severity(whole) < severity(&verdict);
}

static void
verdicts_keep_their_promises(void)
{
	unsigned seed = 2026;
	int cases = 0, reordered = 0, forgotten = 0, widened = 0, stacked = 0;

	for (int i = 0; i < POLICIES; i++) {
		auto_policy struct policy *policy =
			random_set(&seed, 1 + i % 3);
		struct layer layers[3];
		struct policy other = shuffled(policy, &seed, layers);

		for (int j = 0; j < WORLDS; j++, cases++) {
			struct world world = random_world(&seed);
			struct verdict verdict =
				judge(policy, &world.subject, &world.facts);
			struct verdict again =
				judge(&other, &world.subject, &world.facts);

			reordered += !same_verdict(&verdict, &again);
			forgotten += forgetting_helps(policy, &world, &verdict,
						      &seed);
			if (policy->layer_count == 1)
				continue;
			stacked++;
			widened +=
				lowest_layer_widens(policy, &world, &verdict);
		}
	}
	printf("# %d cases, %d with several layers\n", cases, stacked);
	test("10,000 cases are tried", stacked >= 10000);
	test("the order of rules means nothing", reordered == 0);
	test("forgetting facts never helps", forgotten == 0);
	test("a lower layer never widens", widened == 0);
}

int
main(void)
{
	verdicts_keep_their_promises();
	return test_end();
}
