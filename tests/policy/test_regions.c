/*
 * Regions of random policies: together they hold every world, and each is
 * decided as the judge decides a world in it. From fixed seeds.
 */
#include "tests/policy/random_set.h"

#include "policy/claim.h"
#include "policy/keys.h"
#include "policy/region.h"
#include "policy/rules.h"

#define POLICIES 300
#define WORLDS 80   /* tried on each operation of each of them */
#define TODAY 20778 /* the first day of random_facts() */

/* --- Regions -------------------------------------------------------------- */

/* What was found out about one set and one operation. */
struct findings {
	const struct policy *policy;
	const struct claims *claims;
	struct layer_range range;
	struct keys truths; /* of all claims, of each region */
	int regions, wrong_truths, wrong_decisions;
};

static enum truth
truth_of(const struct claim *claim, const struct world *world)
{
	uint64_t used = 0, unknown = 0;
	bool covered;

	if (claim->rule != NULL)
		return rule_truth(claim->rule, &world->subject, &world->facts);
	covered = claim_is_about(claim, world->subject.operation) &&
		  match_subject(claim->subjects, &world->subject,
				claim->polarity);
	if (!covered)
		return TRUTH_FALSE;
	return claim->assertion == NULL || claim->assertion->condition == NULL
		       ? TRUTH_TRUE
		       : match_condition(claim->assertion->condition,
					 &world->facts, &used, &unknown);
}

static void
truths_of(const struct claims *claims, const struct world *world, uint8_t *ret)
{
	for (int i = 0; i < claims->count; i++)
		ret[i] = (uint8_t)truth_of(&claims->of[i], world);
}

/* The world that stands for a region must be in it. */
static void
check_region(const struct region *region, void *context)
{
	struct findings *findings = context;
	size_t count = (size_t)findings->claims->count;
	auto_free uint8_t *claimed = xcalloc(count, 1);
	auto_free uint8_t *found = xcalloc(count, 1);
	struct judgement judgement =
		judge_region(findings->claims, region, findings->range);
	struct world world = {.subject = *region->subject};
	struct verdict verdict;

	region_facts(region, &world.facts);
	for (int i = 0; i < region->count; i++)
		claimed[region->claims[i]] = region->truths[i];
	truths_of(findings->claims, &world, found);
	verdict = judge(findings->policy, &world.subject, &world.facts);
	findings->regions++;
	findings->wrong_truths += memcmp(claimed, found, count) != 0;
	findings->wrong_decisions +=
		verdict.decision != judgement.total.decision ||
		(verdict.decision == DECISION_ESCALATE &&
		 verdict.approvers != judgement.total.approvers);
	keys_add(&findings->truths, claimed, count);
}

/* Any other world must be in one of the regions. */
static int
count_strangers(struct findings *findings, enum operation operation,
		unsigned *seed, int *cases)
{
	size_t count = (size_t)findings->claims->count;
	auto_free uint8_t *found = xcalloc(count, 1);
	int strangers = 0;

	for (int i = 0; i < WORLDS; i++) {
		struct world world = random_world(seed);
		int known = findings->truths.count;

		if (world.subject.operation != operation)
			continue;
		truths_of(findings->claims, &world, found);
		++*cases;
		strangers += keys_add(&findings->truths, found, count) == known;
	}
	return strangers;
}

static void
regions_hold_all_worlds(void)
{
	unsigned seed = 7;
	int cases = 0, strangers = 0, undecided = 0;
	int regions = 0, wrong_truths = 0, wrong_decisions = 0;

	for (int i = 0; i < POLICIES; i++) {
		auto_policy struct policy *policy =
			random_set(&seed, 1 + i % 3);
		struct claims claims = {.arena = policy->arena};
		struct layer_range range = claims_add_policy(&claims, policy);

		for (int j = 0; j < OPERATIONS; j++) {
			struct findings findings = {.policy = policy,
						    .claims = &claims,
						    .range = range};

			if (regions_visit(&claims, (enum operation)j, TODAY,
					  check_region, &findings) < 0)
				undecided++;
			else
				strangers += count_strangers(&findings,
							     (enum operation)j,
							     &seed, &cases);
			regions += findings.regions;
			wrong_truths += findings.wrong_truths;
			wrong_decisions += findings.wrong_decisions;
			keys_release(&findings.truths);
		}
	}
	printf("# %d regions, %d random worlds, %d operations undecided\n",
	       regions, cases, undecided);
	test("10,000 random worlds are tried", cases >= 10000);
	test("every operation is decided", undecided == 0);
	test("the world that stands for a region is in it", wrong_truths == 0);
	test("a region is decided as the judge decides its world",
	     wrong_decisions == 0);
	test("every random world is in a region", strangers == 0);
}

/* --- Leaving out what is unknown ------------------------------------------ */

/* What a region comes to: what each layer says, by which rules, and which
 * assertions are about it. */
static void
note_outcomes(const struct region *region, void *context)
{
	struct findings *findings = context;
	const struct claims *claims = findings->claims;
	struct judgement judgement =
		judge_region(claims, region, findings->range);
	size_t size = (size_t)claims->count + 2 * CLAIM_LAYERS_MAX;
	auto_free uint8_t *signature = xcalloc(size, 1);
	uint8_t *layers = signature + claims->count;

	for (int i = 0; i < region->count; i++) {
		const struct claim *claim = &claims->of[region->claims[i]];
		enum truth truth = (enum truth)region->truths[i];

		signature[region->claims[i]] =
			claim->rule == NULL
				? truth == TRUTH_TRUE
				: outcome_is_by(&judgement.layers[claim->layer],
						claim->rule, truth);
	}
	for (int i = 0; i < claims->layer_count; i++) {
		layers[2 * i] =
			(uint8_t)(1 + outcome_strictness(&judgement.layers[i]));
		layers[2 * i + 1] = judgement.layers[i].by_default;
	}
	findings->regions++;
	keys_add(&findings->truths, signature, size);
}

/* How many outcomes one has that the other hasn't. */
static int
count_missing(const struct findings *from, struct findings *in)
{
	int missing = 0;

	for (int i = 0; i < from->truths.count; i++) {
		int known = in->truths.count;

		missing += keys_add(&in->truths, keys_bytes(&from->truths, i),
				    keys_size(&from->truths, i)) == known;
	}
	return missing;
}

static void
sparing_the_unknown_changes_nothing(void)
{
	unsigned seed = 99;
	int all = 0, spared = 0, missing = 0;

	for (int i = 0; i < POLICIES; i++) {
		auto_policy struct policy *policy =
			random_set(&seed, 1 + i % 3);
		struct claims claims = {.arena = policy->arena};
		struct layer_range range = claims_add_policy(&claims, policy);

		for (int j = 0; j < OPERATIONS; j++) {
			struct findings whole = {.claims = &claims,
						 .range = range};
			struct findings less = whole;

			claims.spares_unknown = false;
			regions_visit(&claims, (enum operation)j, TODAY,
				      note_outcomes, &whole);
			claims.spares_unknown = true;
			regions_visit(&claims, (enum operation)j, TODAY,
				      note_outcomes, &less);
			missing += count_missing(&whole, &less) +
				   count_missing(&less, &whole);
			all += whole.regions;
			spared += whole.regions - less.regions;
			keys_release(&whole.truths);
			keys_release(&less.truths);
		}
	}
	printf("# %d of %d regions spared\n", spared, all);
	test("worlds are spared", spared > all / 10);
	test("and with them no outcome", missing == 0);
}

int
main(void)
{
	regions_hold_all_worlds();
	sparing_the_unknown_changes_nothing();
	return test_end();
}
