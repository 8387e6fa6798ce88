/* Reasons say what the judge saw, and what would have to be otherwise. */
#include "tests/policy/policies.h"

#include "policy/match.h"
#include "policy/reasons.h"

static const struct subject add_note = {.operation = OP_ADD_COLUMN,
					.schema = "app",
					.table = "orders",
					.column = "note"};

static const char *const truths[] = {"false", "unknown", "true"};

static struct obstacles
obstacles_of(struct reasons **ret_reasons, const struct policy *policy,
	     const struct facts *facts, enum decision wanted)
{
	*ret_reasons = reasons_of(policy, &add_note, facts);
	return reasons_why_not(*ret_reasons, policy, &add_note, facts, wanted);
}

/* "fact text" of every obstacle, one a line. */
static char *
why_not(const char *rules, const struct facts *facts, enum decision wanted)
{
	auto_policy struct policy *policy = policy_of(rules);
	auto_reasons struct reasons *reasons = NULL;
	struct obstacles found = {.count = 0};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (policy != NULL)
		found = obstacles_of(&reasons, policy, facts, wanted);
	for (int i = 0; i < found.count; i++)
		fprintf(out, "%s: %s\n",
			found.of[i].label == NULL ? "-" : found.of[i].label,
			found.of[i].text);
	fclose(out);
	return text;
}

static void
clauses_are_told_one_by_one(void)
{
	auto_policy struct policy *policy = policy_of(
		"allow add_column on app.*, hr.* except app.*.id as a1 {\n"
		"    when table.rows < 5 and not table.rls\n"
		"    when (table.published or\n"
		"          change.scan)\n"
		"}\n");
	auto_reasons struct reasons *reasons = NULL;
	struct facts facts = {.today = 0};
	const struct reason_rule *rule;

	facts_set_number(&facts, FACT_TABLE_ROWS, 3);
	facts_set_number(&facts, FACT_TABLE_RLS, true);
	reasons = reasons_of(policy, &add_note, &facts);
	rule = &reasons->layers[0].rules[0];
	test("each side of an `and` is a clause",
	     rule->clause_count == 4 && rule->failing == 2);
	test_text("the pattern that covers is named", rule->clauses[0].text,
		  "app.* covers app.orders.note");
	test_text("a clause reads as it was written", rule->clauses[2].text,
		  "not table.rls");
	test("it has its truth and its line",
	     same_text(rule->clauses[1].truth, "true") &&
		     same_text(rule->clauses[2].truth, "false") &&
		     same_text(rule->clauses[3].truth, "unknown") &&
		     rule->clauses[1].line == 5 && rule->clauses[3].line == 6);
	test("and the facts that it asks for",
	     rule->clauses[3].facts == (UINT64_C(1) << FACT_TABLE_PUBLISHED |
					UINT64_C(1) << FACT_CHANGE_SCAN));
	test("the rule that came nearest is found",
	     reasons_nearest(&reasons->layers[0], DECISION_ALLOW) == rule &&
		     reasons_nearest(&reasons->layers[0], DECISION_DENY) ==
			     NULL);
}

static void
names_the_fewest_obstacles(void)
{
	static const char choice[] =
		"allow add_column on app.* as far {\n"
		"    when table.rls and table.published and table.rows > 9\n}\n"
		"allow add_column on app.* as near {\n"
		"    when table.rows < 5 or table.rls and table.published\n}\n";
	static const char blocked[] =
		"allow add_column on app.* as a1\n"
		"escalate add_column on app.* as e1 {\n"
		"    when table.rows > 5 or table.rls\n}\n"
		"deny add_column on *.*.no* as d1\n";
	struct facts facts = {.today = 0};

	facts_set_number(&facts, FACT_TABLE_ROWS, 7);
	auto_free char *cheapest = why_not(choice, &facts, DECISION_ALLOW);
	auto_free char *allow = why_not(blocked, &facts, DECISION_ALLOW);
	auto_free char *escalate = why_not(blocked, &facts, DECISION_ESCALATE);
	auto_free char *nobody =
		why_not("deny any on hr.* as d1\n", &facts, DECISION_ALLOW);
	auto_free char *nothing = why_not("allow add_column on app.* as a1\n",
					  &facts, DECISION_ALLOW);

	test_text("of the rules that would allow, the nearest", cheapest,
		  "near: table.rows < 5\n");
	test_text("of what restricts, each rule's cheapest clause", allow,
		  "e1: table.rows <= 5\n"
		  "e1: not table.rls\n"
		  "d1: this rule would have to leave it out ('except', or a "
		  "narrower one)\n");
	test_text("an escalation is in nobody's way to escalate", escalate,
		  "d1: this rule would have to leave it out ('except', or a "
		  "narrower one)\n");
	test_text("where no rule would, that is said", nobody,
		  "-: no rule of this layer would allow it\n");
	test_text("where nothing is in the way, nothing is named", nothing, "");
}

/* --- Properties over random policies -------------------------------------- */

static unsigned
draw(unsigned *state, unsigned below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % below;
}

static char *
random_rules(unsigned *state)
{
	static const char *const decisions[] = {"allow", "allow", "escalate",
						"deny"};
	static const char *const subjects[] = {
		"app.*", "*.*", "*.*.no*", "hr.*", "*.* except app.*",
	};
	static const char *const conditions[] = {
		"table.rows > 5",
		"table.rows <= 5 and not table.rls",
		"not (table.rls or table.published)",
		"table.rls or table.published and table.rows < 3",
		"change.scan",
	};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < 5; i++) {
		fprintf(out, "%s add_column on %s",
			decisions[draw(state, array_size(decisions))],
			subjects[draw(state, array_size(subjects))]);
		if (draw(state, 3) != 0)
			fprintf(out, " { when %s }",
				conditions[draw(state,
						array_size(conditions))]);
		fputc('\n', out);
	}
	fclose(out);
	return text;
}

static struct facts
random_facts(unsigned *state)
{
	static const enum fact flags[] = {FACT_TABLE_RLS, FACT_TABLE_PUBLISHED,
					  FACT_CHANGE_SCAN};
	struct facts facts = {.today = 0};

	if (draw(state, 3) != 0)
		facts_set_number(&facts, FACT_TABLE_ROWS, draw(state, 9));
	for (size_t i = 0; i < array_size(flags); i++)
		if (draw(state, 3) != 0)
			facts_set_number(&facts, flags[i], draw(state, 2));
	return facts;
}

static int
truth_of(const char *name)
{
	for (int t = TRUTH_FALSE; t < TRUTH_TRUE; t++)
		if (same_text(name, truths[t]))
			return t;
	return TRUTH_TRUE;
}

static bool
clauses_agree(const struct reasons *reasons, const struct facts *facts)
{
	const struct reason_layer *layer = &reasons->layers[0];

	for (int i = 0; i < layer->rule_count; i++) {
		const struct reason_rule *rule = &layer->rules[i];
		int least = TRUTH_TRUE;

		for (int c = 0; c < rule->clause_count; c++) {
			int truth = truth_of(rule->clauses[c].truth);

			least = truth < least ? truth : least;
		}
		if (truth_of(rule->truth) != least ||
		    (int)rule_truth(rule->rule, &add_note, facts) != least)
			return false;
	}
	return true;
}

/* Nothing is in the way exactly where the verdict is what was wanted. */
static bool
obstacles_agree(struct reasons *reasons, const struct policy *policy,
		const struct facts *facts, const struct verdict *verdict)
{
	for (int wanted = 0; wanted < DECISION_DENY; wanted++) {
		struct obstacles found =
			reasons_why_not(reasons, policy, &add_note, facts,
					(enum decision)wanted);

		if ((found.count == 0) != ((int)verdict->decision <= wanted))
			return false;
	}
	return true;
}

static void
holds_for_random_policies(void)
{
	unsigned state = 11;
	int clauses = 0, verdicts = 0, obstacles = 0;

	for (int round = 0; round < 400; round++) {
		auto_free char *rules = random_rules(&state);
		auto_policy struct policy *policy = policy_of(rules);
		struct facts facts = random_facts(&state);
		struct verdict verdict = judge(policy, &add_note, &facts);
		auto_reasons struct reasons *reasons =
			reasons_of(policy, &add_note, &facts);

		clauses += !clauses_agree(reasons, &facts);
		verdicts +=
			reasons->layers[0].verdict.decision != verdict.decision;
		obstacles +=
			!obstacles_agree(reasons, policy, &facts, &verdict);
	}
	test("a rule is as true as its least true clause", clauses == 0);
	test("a layer alone is judged as in its set", verdicts == 0);
	test("something is in the way exactly where the verdict is stricter",
	     obstacles == 0);
}

int
main(void)
{
	clauses_are_told_one_by_one();
	names_the_fewest_obstacles();
	holds_for_random_policies();
	return test_end();
}
