/*
 * What policies cost: judging one action, loading, and trying out all worlds.
 *
 * usage: policy FILE...
 *
 * Prints medians of processor time. The policy of 2,000 rules is made here: all
 * of them are about one operation, which is the worst case for the judge; each
 * names a table, a type and a fact.
 */
#include "tests/bench/clock.h"
#include "tests/policy/policies.h"

#include "policy/judge.h"
#include "policy/lint.h"

#define RULES 2000
#define ROUNDS 21
#define JUDGEMENTS 200 /* of each round */
#define TODAY 20778

static double
median(double *seconds, int count)
{
	qsort(seconds, (size_t)count, sizeof(*seconds), compare_seconds);
	return seconds[count / 2];
}

/* Every fifth rule restricts, every seventh has a wildcard in its schema. */
static char *
many_rules(void)
{
	static const char *const decisions[] = {"allow", "allow", "allow",
						"allow", "escalate"};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs("pgmend-policy 1\nlayer org\ndefault deny\n", out);
	for (int i = 0; i < RULES; i++)
		fprintf(out,
			"%s add_column on %ss%d.t%d_* as rule-%d {\n"
			"    type text, varchar(<=%d)\n"
			"    when table.rows < %d and not change.rewrite\n}\n",
			decisions[i % 5], i % 7 == 0 ? "*" : "", i % 50, i / 50,
			i, 10 + i % 4 * 10, 1000 * (1 + i % 3));
	fclose(out);
	return text;
}

static struct policy *
load(const char *path)
{
	struct policy *policy = NULL;
	struct error err = NO_ERROR;

	if (policy_load(&policy, path, stderr, false, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return policy;
}

static double
time_load(const char *path)
{
	double seconds[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_seconds();

		policy_free(load(path));
		seconds[i] = now_seconds() - start;
	}
	return median(seconds, ROUNDS);
}

static double
time_judge(const struct policy *policy)
{
	char schema[] = "pg_catalog", name[] = "text";
	struct type type = {.schema = schema, .name = name};
	struct subject subject = {.operation = OP_ADD_COLUMN,
				  .schema = "s17",
				  .table = "t17_orders",
				  .column = "note",
				  .type = &type};
	struct facts facts = {.today = TODAY};
	double seconds[ROUNDS];
	int denied = 0;

	facts_set_number(&facts, FACT_TABLE_ROWS, 500);
	facts_set_number(&facts, FACT_CHANGE_REWRITE, 0);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_seconds();

		for (int j = 0; j < JUDGEMENTS; j++)
			denied += judge(policy, &subject, &facts).decision ==
				  DECISION_DENY;
		seconds[i] = (now_seconds() - start) / JUDGEMENTS;
	}
	if (denied > 0)
		exit(1);
	return median(seconds, ROUNDS);
}

/* What is said of the policy isn't the point here. */
static double
time_analysis(const char *path, struct lint_result *ret_result)
{
	double seconds[ROUNDS / 3];
	auto_stream FILE *nowhere = fopen("/dev/null", "we");

	for (int i = 0; i < ROUNDS / 3; i++) {
		auto_policy struct policy *policy = load(path);
		double start = now_seconds();

		*ret_result =
			policy_lint(policy, TODAY, nowhere, DIAGNOSTIC_TEXT);
		seconds[i] = now_seconds() - start;
	}
	return median(seconds, ROUNDS / 3);
}

static void
show_analysis(const char *name, const char *path)
{
	struct lint_result result;
	double seconds = time_analysis(path, &result);

	printf("analysis of %-28s %9.1f ms  %lld points%s\n", name,
	       seconds * 1e3, (long long)result.points,
	       result.undecided ? ", not decided" : "");
}

int
main(int argc, char **argv)
{
	struct folder folder = folder_make();
	auto_free char *text = many_rules();
	auto_free char *path = folder_path(&folder, "many.policy");

	folder_write(&folder, "many.policy", text);
	{
		auto_policy struct policy *policy = load(path);

		printf("judging one action, %d rules     %9.1f us\n", RULES,
		       time_judge(policy) * 1e6);
	}
	printf("loading and checking %d rules    %9.1f ms\n", RULES,
	       time_load(path) * 1e3);
	show_analysis("2000 rules", path);
	for (int i = 1; i < argc; i++)
		show_analysis(argv[i], argv[i]);
	folder_remove(&folder);
	return 0;
}
