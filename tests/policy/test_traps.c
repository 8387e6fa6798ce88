/*
 * Traps that the language fell into while it was drawn up: each looked right,
 * and random policies showed that it widened, skipped or misled.
 */
#include "tests/policy/policies.h"

#include "policy/judge.h"
#include "policy/trial.h"

static struct type text_type = {.schema = (char *)(uintptr_t) "pg_catalog",
				.name = (char *)(uintptr_t) "text"};

static const struct subject add_note = {.operation = OP_ADD_COLUMN,
					.schema = "app",
					.table = "orders",
					.column = "note"};

/* "escalate when A" with A unknown matched, and gave an escalation where both
 * A and not A give the default's denial or an escalation: unknown helped. */
static void
an_unknown_escalation_lifts_no_denial(void)
{
	static const char rules[] = "escalate add_column on app.* as e1 {\n"
				    "    when table.rows > 5\n}\n";
	struct facts facts = {.today = 0};
	struct verdict unknown = judge_text(rules, &add_note, NULL);
	struct verdict least, most;

	facts_set_number(&facts, FACT_TABLE_ROWS, 5);
	least = judge_text(rules, &add_note, &facts);
	facts_set_number(&facts, FACT_TABLE_ROWS, 6);
	most = judge_text(rules, &add_note, &facts);
	test("what isn't known is as strict as the strictest that it may be",
	     least.decision == DECISION_DENY &&
		     most.decision == DECISION_ESCALATE &&
		     unknown.decision == DECISION_DENY);
	test_text("and the default decides it", unknown.deciders[0].label,
		  "default");
}

/* Without its old type a change was one operation or the other, and the other's
 * denial was skipped. */
static void
an_unknown_old_type_skips_no_denial(void)
{
	static const char rules[] =
		"allow widen_type, alter_type on app.* as a1\n"
		"deny widen_type on app.* as d1 { from integer }\n";
	struct type integer = {.schema = (char *)(uintptr_t) "pg_catalog",
			       .name = (char *)(uintptr_t) "int4"};
	struct subject change = add_note;

	change.operation = OP_WIDEN_TYPE;
	change.type = &text_type;
	test("an old type that may be the denied one is denied",
	     judge_text(rules, &change, NULL).decision == DECISION_DENY);
	change.from = &integer;
	test("so is that one",
	     judge_text(rules, &change, NULL).decision == DECISION_DENY);
	change.from = &text_type;
	test("and another isn't",
	     judge_text(rules, &change, NULL).decision == DECISION_ALLOW);
}

/* An allowance takes a rule from every layer: `by` names one of those that
 * decided, not the one. */
static void
by_names_one_of_several_deciders(void)
{
	struct folder folder = folder_make();
	struct facts facts = {.today = 0};
	struct trial trial = {.decision = DECISION_ALLOW};
	struct policy *policy;
	struct verdict verdict;
	const char *code;

	folder_write(&folder, "org.policy",
		     "pgmend-policy 1\nlayer org\ndefault deny\n"
		     "allow add_column on *.* as wide\n");
	folder_write(&folder, "team.policy",
		     "pgmend-policy 1\nlayer team\nextends \"org.policy\"\n"
		     "default deny\nallow add_column on app.* as narrow\n");
	policy = folder_load(&folder, "team.policy", &code, NULL);
	verdict = judge(policy, &add_note, &facts);
	trial.by = "wide";
	test("the upper layer's rule decided", trial_holds(&trial, &verdict));
	trial.by = "narrow";
	test("and so did the lower one's", trial_holds(&trial, &verdict));
	trial.by = "default";
	test("nothing else did", !trial_holds(&trial, &verdict));
	policy_free(policy);
	folder_remove(&folder);
}

/* The number of errors that a file with these rules gives. */
static int
count_errors(const char *rules)
{
	struct folder folder = folder_make();
	auto_free char *text =
		xprintf("pgmend-policy 1\nlayer org\ndefault deny\n%s", rules);
	char *diagnostics = NULL;
	const char *code;
	int count = 0;

	folder_write(&folder, "org.policy", text);
	policy_free(folder_load(&folder, "org.policy", &code, &diagnostics));
	for (const char *at = diagnostics; (at = strstr(at, "error[")) != NULL;
	     at++)
		count++;
	free(diagnostics);
	folder_remove(&folder);
	return count;
}

/* The parser lost its place behind a typo, and complained of what followed. */
static void
one_mistake_is_one_diagnostic(void)
{
	static const char *const mistakes[] = {
		"allow add_colunm on app.* as a1 {\n    when table.rls\n}\n",
		"allow add_column on app.* as a1 {\n    wehn table.rls\n"
		"    type text\n}\nallow comment on app.* as a2\n",
		"allow add_column on app as a1 {\n    when table.rls\n}\n",
		"allow add_column on app.* as a1 {\n    when table.row < 5\n"
		"    reason \"x\"\n}\n",
		"limits {\n    lock_timout 3s\n    batch_rows 5\n}\n",
		"test \"t\" {\n    expekt deny \"x\"\n    given table.rls = "
		"no\n"
		"}\n",
	};

	for (size_t i = 0; i < array_size(mistakes); i++)
		test("a mistake is told once", count_errors(mistakes[i]) == 1);
}

int
main(void)
{
	an_unknown_escalation_lifts_no_denial();
	an_unknown_old_type_skips_no_denial();
	by_names_one_of_several_deciders();
	one_mistake_is_one_diagnostic();
	return test_end();
}
