/* The judge: what restricts may be unsure, what grants may not. */
#include "tests/policy/policies.h"

#include "policy/judge.h"

static const struct subject add_column = {.operation = OP_ADD_COLUMN,
					  .schema = "app",
					  .table = "orders",
					  .column = "note"};

static bool
decides(const char *rules, const struct subject *subject,
	const struct facts *facts, enum decision decision)
{
	return judge_text(rules, subject, facts).decision == decision;
}

static struct subject
named(const char *schema, const char *table, const char *column)
{
	struct subject subject = add_column;

	subject.schema = schema;
	subject.table = table;
	subject.column = column;
	return subject;
}

static void
fails_closed_on_unknown_facts(void)
{
	struct facts facts = {.today = 0};

	test("what no rule allows is denied",
	     decides("", &add_column, NULL, DECISION_DENY));
	test("an allowance that may not hold is none",
	     decides("allow add_column on app.* { when table.rows < 5 }\n",
		     &add_column, NULL, DECISION_DENY));
	test("a denial that may hold denies",
	     decides("allow add_column on app.*\n"
		     "deny any on app.* { when table.rows > 5 }\n",
		     &add_column, NULL, DECISION_DENY));
	test("an escalation that may hold restricts an allowance",
	     decides("allow add_column on app.*\n"
		     "escalate any on app.* { when table.rows > 5 }\n",
		     &add_column, NULL, DECISION_ESCALATE));
	test("an escalation that may hold lifts no denial",
	     decides("escalate any on app.* { when table.rows > 5 }\n",
		     &add_column, NULL, DECISION_DENY));
	facts_set_number(&facts, FACT_TABLE_ROWS, 5);
	test("a known fact allows",
	     decides("allow add_column on app.* { when table.rows < 6 }\n",
		     &add_column, &facts, DECISION_ALLOW));
	test("the opposite of unknown is unknown",
	     decides("allow add_column on app.* { when not table.rls }\n",
		     &add_column, &facts, DECISION_DENY));
	test("one side of an `or` is enough",
	     decides("allow add_column on app.* {\n"
		     "    when table.rls or table.rows < 6\n}\n",
		     &add_column, &facts, DECISION_ALLOW));
}

static void
reads_patterns_asymmetrically(void)
{
	struct subject quoted = named("app", "T 1", "note");
	struct subject upper = named("app", "orders", "Old_PASSWORD");
	struct subject camel = named("app", "orders", "userName");
	struct subject spaced = named("app", "orders", "a b");
	struct subject schema = named("App", "orders", "note");

	test("an allowance doesn't cover names that need quotes",
	     decides("allow add_column on app.*\n", &quoted, NULL,
		     DECISION_DENY));
	test("a denial does", decides("allow add_column on app.\"T 1\"\n"
				      "deny any on app.*\n",
				      &quoted, NULL, DECISION_DENY));
	test("a denial doesn't mind the case",
	     decides("allow add_column on app.*\n"
		     "deny any on *.*.*password*\n",
		     &upper, NULL, DECISION_DENY));
	test("an allowance does", decides("allow add_column on app.*\n",
					  &schema, NULL, DECISION_DENY));
	test("a quoted part is exact",
	     decides("allow add_column on \"App\".*\n", &schema, NULL,
		     DECISION_ALLOW));
	test("an allowance covers camelCase columns",
	     decides("allow add_column on *.*.*\n", &camel, NULL,
		     DECISION_ALLOW));
	test("but not columns with spaces",
	     decides("allow add_column on *.*.*\n", &spaced, NULL,
		     DECISION_DENY));
	test("an exception of an allowance is read widely",
	     decides("allow add_column on *.*.* except *.*.*name*\n", &camel,
		     NULL, DECISION_DENY));
	test("an exception of a denial is read narrowly",
	     decides("allow add_column on app.\"T 1\"\n"
		     "deny any on *.* except app.*\n",
		     &quoted, NULL, DECISION_DENY));
}

static void
knows_types(void)
{
	struct type varchar = {.schema = (char *)(uintptr_t) "pg_catalog",
			       .name = (char *)(uintptr_t) "varchar",
			       .modifiers = {40},
			       .modifier_count = 1};
	struct subject subject = add_column;
	struct subject widening = add_column;

	subject.type = &varchar;
	widening.operation = OP_WIDEN_TYPE;
	widening.type = &varchar;
	test("a limit on modifiers is kept",
	     decides("allow add_column on app.* { type varchar(<=40) }\n",
		     &subject, NULL, DECISION_ALLOW) &&
		     decides("allow add_column on app.* { type varchar(<=39) "
			     "}\n",
			     &subject, NULL, DECISION_DENY));
	test("a type without modifiers is another one",
	     decides("allow add_column on app.* { type varchar }\n", &subject,
		     NULL, DECISION_DENY));
	test("an array is another one",
	     decides("allow add_column on app.* { type varchar(*)[] }\n",
		     &subject, NULL, DECISION_DENY));
	test("a pattern that denies text misses no length",
	     decides("allow add_column on app.*\n"
		     "deny add_column on app.* { type *char* }\n",
		     &subject, NULL, DECISION_DENY));
	test("an old type that isn't known allows nothing",
	     decides("allow widen_type on app.* { from integer }\n", &widening,
		     NULL, DECISION_DENY));
	test("and denies what it may be",
	     decides("allow widen_type on app.*\n"
		     "deny widen_type on app.* { from integer }\n",
		     &widening, NULL, DECISION_DENY));
}

static void
counts_time(void)
{
	static const char window[] = "window @work = mon-fri 09:00-17:00\n"
				     "allow add_column on app.* { when in "
				     "@work }\n";
	static const char expiring[] = "allow add_column on app.* { expires "
				       "2026-11-22 }\n";
	struct facts facts = {.clock_known = true,
			      .clock_minutes = (4 * 24 + 16) * 60 + 59,
			      .today = 20778}; /* 2026-11-21 */

	test("a window holds up to its end",
	     decides(window, &add_column, &facts, DECISION_ALLOW));
	facts.clock_minutes++;
	test("and not at its end",
	     decides(window, &add_column, &facts, DECISION_DENY));
	test("an allowance holds up to the day before it expires",
	     decides(expiring, &add_column, &facts, DECISION_ALLOW));
	facts.today++;
	test("and not on that day",
	     decides(expiring, &add_column, &facts, DECISION_DENY));
	facts.today = 0;
	test("nor on an unknown one",
	     decides(expiring, &add_column, &facts, DECISION_DENY));
}

static void
unites_what_decided(void)
{
	auto_policy struct policy *policy = policy_of(
		"allow add_column on app.* as a1\n"
		"escalate add_column on app.* as e1 { with lock_timeout 2s }\n"
		"escalate add_column on *.orders as e2 {\n"
		"    approvers 2 from dba\n"
		"    with lock_timeout 1s, batch_rows 10\n"
		"    reason \"orders are billed\"\n}\n");
	struct facts facts = {.today = 0};
	struct verdict verdict = judge(policy, &add_column, &facts);

	test("the largest number of approvers counts", verdict.approvers == 2);
	test("every rule of the decision is named",
	     verdict.decider_count == 2 &&
		     same_text(verdict.deciders[0].label, "e1") &&
		     same_text(verdict.deciders[1].label, "e2") &&
		     verdict.deciders[1].line == 6);
	test("the tightest limits of their `with` count",
	     verdict.limits[LIMIT_LOCK_TIMEOUT] == 1000 &&
		     verdict.limits[LIMIT_BATCH_ROWS] == 10 &&
		     verdict.limits[LIMIT_MAX_ATTEMPTS] == -1);
}

static void
a_further_set_only_narrows(void)
{
	auto_policy struct policy *policy =
		policy_of("allow add_column on app.* as wide\n"
			  "limits {\n    lock_timeout 2s\n}\n");
	struct facts facts = {.today = 0};
	struct subject other = named("hr", "orders", "note");

	policy_narrow(policy, policy_of("allow add_column on hr.* as other\n"
					"limits {\n    lock_timeout 5s\n}\n"));
	test("what one of two sets denies is denied",
	     judge(policy, &add_column, &facts).decision == DECISION_DENY &&
		     judge(policy, &other, &facts).decision == DECISION_DENY);
	test("the tightest setting of both counts",
	     policy_settings(policy)->lock_timeout_ms == 2000);
}

int
main(void)
{
	fails_closed_on_unknown_facts();
	reads_patterns_asymmetrically();
	knows_types();
	counts_time();
	unites_what_decided();
	a_further_set_only_narrows();
	return test_end();
}
