/* What is written is what was read: conditions, patterns and types. */
#include "tests/policy/policies.h"

#include "policy/condition_write.h"
#include "policy/rules.h"

/* The conditions of the first rule, as they are written. */
static char *
written(const struct policy *policy)
{
	const struct rule *rule = &policy->layers[0].rules[0];
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < rule->condition_count; i++) {
		fputs(i == 0 ? "" : " and ", out);
		condition_write(out, rule->conditions[i]);
	}
	fclose(out);
	return text;
}

static char *
write_again(const char *condition)
{
	auto_free char *rules =
		xprintf("window @work = mon-fri 09:00-17:00\n"
			"deny any on app.* {\n    when in @work or %s\n}\n",
			condition);
	auto_policy struct policy *policy = policy_of(rules);

	return policy == NULL ? xstrdup("doesn't parse") : written(policy);
}

static void
conditions_are_written_as_read(void)
{
	static const char *const conditions[] = {
		"table.rows < 1_000",
		"table.rows != 1_234_567",
		"table.size <= 5GB and table.size > 1_536kB",
		"table.age >= 36h or table.age < 90s",
		"model.confidence >= 95%",
		"not table.rls",
		"not (table.rls or table.published)",
		"not (table.rls and table.published)",
		"table.rls and (table.published or change.scan)",
		"table.rls and table.published or change.scan",
		"change.lock <= share and not change.scan",
		"default.volatility in (none, constant)",
		"incident.sqlstate like \"22*\"",
		"table.owner in (\"a\", \"b \\\"c\\\" \\\\\")",
		"table.publications has \"bill*\"",
		"incident.age = 0ms",
		"not in @work",
	};

	for (size_t i = 0; i < array_size(conditions); i++) {
		auto_free char *whole =
			xprintf("in @work or %s", conditions[i]);
		auto_free char *got = write_again(conditions[i]);

		test_text(conditions[i], got, whole);
	}
}

static void
conditions_are_written_in_one_way(void)
{
	static const struct {
		const char *read, *written;
	} rows[] = {
		{"table.rows < 1000", "table.rows < 1_000"},
		{"table.size < 2048MB", "table.size < 2GB"},
		{"incident.age < 120s", "incident.age < 2min"},
		{"((table.rls))", "table.rls"},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		auto_free char *whole =
			xprintf("in @work or %s", rows[i].written);
		auto_free char *got = write_again(rows[i].read);

		test_text(rows[i].read, got, whole);
	}
}

static char *
write_head(const char *subjects, const char *types)
{
	auto_free char *rules = xprintf(
		"deny add_column on %s {\n    type %s\n}\n", subjects, types);
	auto_policy struct policy *policy = policy_of(rules);
	const struct rule *rule;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (policy == NULL)
		return xstrdup("doesn't parse");
	rule = &policy->layers[0].rules[0];
	out = xmemstream(&text, &size);
	for (int i = 0; i < rule->subjects.count; i++) {
		pattern_write(out, &rule->subjects.of[i]);
		fputc(' ', out);
	}
	for (int i = 0; i < rule->types.count; i++) {
		type_pattern_write(out, &rule->types.of[i]);
		fputc(' ', out);
	}
	fclose(out);
	return text;
}

static void
patterns_and_types_are_written_as_read(void)
{
	auto_free char *plain = write_head("raw_*.*, app.orders.*_id",
					   "bigint, numeric(<=38,<=12)");
	auto_free char *quoted =
		write_head("\"A b\".\"c\\\"d\", *.*.\"x\"", "text[], *.*[]");
	auto_free char *spelt =
		write_head("a.b", "timestamptz(*), varchar(20), int4, char(1)");

	test_text("plain names", plain,
		  "raw_*.* app.orders.*_id bigint numeric(<=38,<=12) ");
	test_text("quoted names", quoted,
		  "\"A b\".\"c\\\"d\" *.*.\"x\" text[] *.*[] ");
	test_text("types by the one word that a policy reads", spelt,
		  "a.b timestamptz(*) varchar(20) integer bpchar(1) ");
}

int
main(void)
{
	conditions_are_written_as_read();
	conditions_are_written_in_one_way();
	patterns_and_types_are_written_as_read();
	return test_end();
}
