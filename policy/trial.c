#include "pgmend.h"
#include "policy/rules.h"
#include "policy/trial.h"

/* --- Finding an expectation ----------------------------------------------- */

/* An expectation, the test that it stands in, and that one's layer. */
struct spot {
	int layer;
	const struct policy_test *test;
	const struct expectation *expectation;
};

static bool
find(const struct policy *policy, int index, struct spot *ret_spot)
{
	for (int l = 0; l < policy->layer_count; l++) {
		const struct layer *layer = &policy->layers[l];

		for (int t = 0; t < layer->test_count; t++) {
			const struct policy_test *test = &layer->tests[t];

			if (index < test->expectation_count) {
				*ret_spot = (struct spot){
					l, test, &test->expectations[index]};
				return true;
			}
			index -= test->expectation_count;
		}
	}
	return false;
}

bool
trial_at(const struct policy *policy, int index, struct trial *ret_trial)
{
	const struct expectation *expectation;
	struct spot spot;

	if (!find(policy, index, &spot))
		return false;
	expectation = spot.expectation;
	*ret_trial = (struct trial){
		.test = spot.test->name,
		.place = expectation->place,
		.kind = expectation->replay    ? TRIAL_REPLAY
			: expectation->mapping ? TRIAL_MAPPING
					       : TRIAL_STATEMENT,
		.text = expectation->sql,
		.decision = expectation->decision,
		.approvers = expectation->approvers,
		.by = expectation->by,
	};
	return true;
}

struct policy *
trial_policy(const struct policy *policy, int index)
{
	struct policy *upper = xcalloc(1, sizeof(*upper));
	struct spot spot;

	*upper = *policy;
	upper->narrower = NULL;
	if (find(policy, index, &spot))
		upper->layer_count = spot.layer + 1;
	return upper;
}

int
trial_tests(const struct policy *policy)
{
	int count = 0;

	for (int i = 0; i < policy->layer_count; i++)
		count += policy->layers[i].test_count;
	return count;
}

/* --- Its facts ------------------------------------------------------------ */

/* A set that is given several times has several names. */
static void
add_name(struct fact_value *set, const char *name)
{
	const char *before = set->known ? set->text : "";
	char *names =
		xprintf("%s%s%s", before, *before == '\0' ? "" : "\n", name);

	if (set->known)
		free((char *)(uintptr_t)set->text);
	*set = (struct fact_value){.known = true, .text = names};
}

static void
give(struct facts *facts, const struct given *given)
{
	enum fact_type type = fact_word(given->fact)->type;

	if (type == TYPE_SET)
		add_name(&facts->of[given->fact], given->value.text);
	else if (type == TYPE_NAME)
		facts_set_text(facts, given->fact, given->value.text);
	else
		facts_set_number(facts, given->fact, given->value.number);
}

void
trial_facts(const struct policy *policy, int index, struct facts *ret_facts)
{
	const struct policy_test *test;
	struct facts facts = {.today = 0};
	struct spot spot;

	*ret_facts = facts;
	if (!find(policy, index, &spot))
		return;
	test = spot.test;
	for (int i = 0; i < test->given_count; i++)
		give(&facts, &test->givens[i]);
	facts.clock_known = test->clock_known;
	facts.clock_minutes = test->clock_minutes;
	facts.today = test->today;
	if (facts.of[FACT_CHANGE_REWRITE].number != 0 &&
	    !facts.of[FACT_CHANGE_SCAN].known)
		facts_set_number(&facts, FACT_CHANGE_SCAN, true);
	*ret_facts = facts;
}

void
trial_facts_release(struct facts *facts)
{
	for (int i = 0; i < FACTS; i++)
		if (fact_word((enum fact)i)->type == TYPE_SET)
			free((char *)(uintptr_t)facts->of[i].text);
	*facts = (struct facts){.today = 0};
}

/* --- Its outcome ---------------------------------------------------------- */

static bool
is_decided_by(const struct verdict *verdict, const char *by)
{
	if (strncmp(by, "floor ", 6) == 0)
		return same_text(verdict->floor, by + 6);
	for (int i = 0; i < verdict->decider_count; i++)
		if (same_text(verdict->deciders[i].label, by))
			return true;
	return false;
}

bool
trial_holds(const struct trial *trial, const struct verdict *verdict)
{
	return verdict->decision == trial->decision &&
	       (trial->approvers == 0 ||
		trial->approvers == verdict->approvers) &&
	       (trial->by == NULL || is_decided_by(verdict, trial->by));
}

/* --- Rules ---------------------------------------------------------------- */

bool
trial_rule_at(const struct policy *policy, int index,
	      struct trial_rule *ret_rule)
{
	for (int i = 0; i < policy->layer_count; i++) {
		const struct layer *layer = &policy->layers[i];
		const struct rule *rule;

		if (index >= layer->rule_count) {
			index -= layer->rule_count;
			continue;
		}
		rule = &layer->rules[index];
		*ret_rule = (struct trial_rule){
			.label = rule->label,
			.place = rule->place,
			.has_effect = !layer->inherits ||
				      rule->decision != DECISION_ALLOW,
		};
		return true;
	}
	return false;
}

bool
trial_reaches(const struct trial_rule *rule, const struct verdict *verdict)
{
	for (int i = 0; i < verdict->decider_count; i++)
		if (verdict->deciders[i].line == rule->place.line &&
		    same_text(verdict->deciders[i].file,
			      rule->place.source->name))
			return true;
	return false;
}
