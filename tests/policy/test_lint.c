/* The linter, where the cases of diagnostics.txt don't reach. */
#include "tests/policy/policies.h"
#include "tests/policy/random_policy.h"

#include "policy/lint.h"

#define TODAY 20778

/* --- Against a database's tables ------------------------------------------ */

static const struct lint_table tables[] = {
	{"app", "orders"},
	{"app", "Old Orders"},
	{"raw_shop", "events"},
	{"raw_shop", "visits"},
};

/* What is said of the rules, without the lines that show them. */
static char *
said_of(const char *rules, const struct lint_table *of, int count)
{
	auto_policy struct policy *policy = policy_of(rules);
	struct lint_tables all = {
		.of = of, .count = count, .read_at = "2026-11-22 09:00"};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (policy != NULL)
		policy_lint_tables(policy, &all, out, DIAGNOSTIC_TEXT);
	fclose(out);
	return text;
}

static bool
says(const char *rules, const char *wanted)
{
	auto_free char *text = said_of(rules, tables, array_size(tables));
	bool found =
		*wanted == '\0' ? *text == '\0' : strstr(text, wanted) != NULL;

	if (!found)
		printf("# %s\n", text);
	return found;
}

static void
finds_patterns_without_tables(void)
{
	test("a slip in a schema is found, and mended",
	     says("allow comment on app.orders, raw_shp.* as a1\n",
		  ":4:30: warning[W305]: 'raw_shp.*' matches no table in the "
		  "catalogue snapshot of 2026-11-22 09:00\n"
		  "    4 | allow comment on app.orders, raw_shp.* as a1\n"
		  "      |                              ^~~~~~~~~\n"
		  "      = hint: did you mean 'raw_shop.*'?\n"));
	test("a slip in a table as well",
	     says("deny comment on app.ordrs as d1\n",
		  "= hint: did you mean 'app.orders'?\n"));
	test("an exception is read, too",
	     says("deny comment on *.* except app.visits as d1\n",
		  "'app.visits' matches no table"));
	test("a pattern of a list is shown where it stands, once",
	     says("tables @t = app.*, hr.*\n"
		  "allow comment on @t\nallow replay on @t\n",
		  ":4:20: warning[W305]: 'hr.*'"));
	test("what matches some table is fine",
	     says("allow comment on *.*, app.o*, \"app\".\"Old Orders\"\n",
		  ""));
	test("columns don't matter",
	     says("deny comment on app.*.no_such_column\n", ""));
	test("capital letters don't either, where a rule may mean them",
	     says("deny comment on app.old*\n", ""));
	test("a table that is yet to be made needn't be there",
	     says("allow create_table, create_partition on stage.*\n", ""));
}

static void
counts_them_once(void)
{
	auto_free char *text = said_of("tables @t = hr.*\nallow comment on @t\n"
				       "deny replay on @t\n",
				       tables, array_size(tables));
	auto_free char *none = said_of("allow comment on app.*\n", tables, 0);
	const char *first = strstr(text, "W305");

	test("a pattern of a list is named once",
	     first != NULL && strstr(first + 1, "W305") == NULL);
	test("in an empty database no pattern matches",
	     strstr(none, "'app.*' matches no table") != NULL);
}

/* --- What it promises about any policy ------------------------------------ */

/* A line of JSON tells the rule's line and the code. */
static bool
has_finding(const char *text, const char *code, int line)
{
	auto_free char *where = xprintf("\"line\":%d,", line);
	auto_free char *what = xprintf("\"code\":\"%s\"", code);

	while (*text != '\0') {
		size_t size = strcspn(text, "\n");
		auto_free char *one = xstrndup(text, size);

		if (strstr(one, where) != NULL && strstr(one, what) != NULL)
			return true;
		text += size + 1;
	}
	return false;
}

/* The rule of that line is in none of the decisive sets of these worlds. */
static bool
ever_decides(const struct policy *policy, int line, unsigned *seed)
{
	for (int i = 0; i < 200; i++) {
		struct subject subject = random_subject(seed);
		struct facts facts = random_facts(seed);
		struct verdict verdict;

		subject.operation = OP_COMMENT;
		verdict = judge(policy, &subject, &facts);
		for (int j = 0; j < verdict.decider_count; j++)
			if (verdict.deciders[j].line == line &&
			    verdict.decider_count < VERDICT_DECIDERS_MAX)
				return true;
	}
	return false;
}

static char *
lint_json(struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	policy_lint(policy, TODAY, out, DIAGNOSTIC_JSON);
	fclose(out);
	return text;
}

static void
never_calls_a_deciding_rule_dead(void)
{
	unsigned seed = 5;
	int findings = 0, wrong = 0;

	for (int round = 0; round < 400; round++) {
		auto_free char *rules = NULL, *said = NULL;
		auto_policy struct policy *policy = NULL;
		size_t size;
		FILE *out = xmemstream(&rules, &size);

		for (int i = 0; i < 8; i++)
			fprintf(out, "%s comment on %s.%s\n",
				random_below(&seed, 2) == 0 ? "allow" : "deny",
				random_of(&seed, random_patterns[0]),
				random_of(&seed, random_patterns[1]));
		fclose(out);
		policy = policy_of(rules);
		said = lint_json(policy);
		for (int line = 4; line < 12; line++) {
			if (!has_finding(said, "W301", line) &&
			    !has_finding(said, "W302", line))
				continue;
			findings++;
			wrong += ever_decides(policy, line, &seed);
		}
	}
	printf("# %d rules called dead\n", findings);
	test("rules are called dead at times", findings > 100);
	test("and none of them ever decides", wrong == 0);
}

int
main(void)
{
	finds_patterns_without_tables();
	counts_them_once();
	never_calls_a_deciding_rule_dead();
	return test_end();
}
