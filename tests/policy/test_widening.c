/* Old and new types: read from the catalogue's text, compared, and what a type
 * change is judged as. */
#include "tests/policy/policies.h"

#include "policy/judge.h"
#include "policy/statement.h"
#include "policy/type.h"
#include "policy/widening.h"

/* --- Reading a type ------------------------------------------------------- */

/* As format_type() writes it, and as it is rendered; NULL: not one type. */
static const struct {
	const char *text, *sql;
} texts[] = {
	{"integer", "integer"},
	{"character varying(20)", "character varying(20)"},
	{"character varying", "character varying"},
	{"varchar(20)", "character varying(20)"},
	{"character(3)", "pg_catalog.bpchar(3)"},
	{"numeric(10,2)", "numeric(10, 2)"},
	{"timestamp(3) without time zone", "timestamp(3) without time zone"},
	{"timestamp with time zone", "timestamp with time zone"},
	{"double precision", "double precision"},
	{"bit varying(8)", "bit varying(8)"},
	{"integer[]", "integer[]"},
	{"character varying(10)[]", "character varying(10)[]"},
	{"app.mood", "app.mood"},
	{"\"My App\".\"Mood; x\"[]", "\"My App\".\"Mood; x\"[]"},
	{"interval year to month", "interval year to month"},
	{"interval day to second(3)[]", "interval day to second(3)[]"},
	{"interval month to year", NULL},
	{"\"char\"", "\"char\""},
	{"char", "pg_catalog.bpchar(1)"},
	{"mood", NULL},
	{"regclass", NULL},
	{"", NULL},
	{"integer) , (SELECT 1", NULL},
	{"integer), CAST(NULL AS text", NULL},
	{"integer) FROM (SELECT 1) AS t(x", NULL},
	{"integer) AS x, CAST(NULL AS integer", NULL},
	{"integer); DROP TABLE app.t; SELECT (1", NULL},
	{"integer)::text = (NULL", NULL},
	{"integer) UNION SELECT CAST(NULL AS text", NULL},
	{"integer) LIMIT (1", NULL},
	{"integer) --", NULL},
	{"integer) /*", NULL},
	{"SETOF integer", NULL},
};

static void
reads_a_type_and_nothing_else(void)
{
	for (size_t i = 0; i < array_size(texts); i++) {
		struct type type = {.schema = NULL};
		bool is_read = type_read(&type, texts[i].text);
		auto_free char *sql = is_read ? type_sql(&type) : NULL;
		auto_free char *name = xprintf("reads '%s'", texts[i].text);

		test_text(name, sql, texts[i].sql);
		type_release(&type);
	}
}

/* --- Comparing ------------------------------------------------------------ */

static const struct {
	const char *from, *to;
	bool holds, rewrites;
} pairs[] = {
	{"smallint", "integer", true, true},
	{"smallint", "bigint", true, true},
	{"integer", "bigint", true, true},
	{"bigint", "integer", false, true},
	{"integer", "numeric", true, true},
	{"integer", "numeric(12,2)", false, true},
	{"numeric", "integer", false, true},
	{"integer", "text", false, true},
	{"integer", "real", false, true},
	{"real", "double precision", true, true},
	{"double precision", "real", false, true},
	{"varchar(20)", "varchar(40)", true, false},
	{"varchar(20)", "varchar(20)", true, false},
	{"varchar(20)", "varchar(19)", false, true},
	{"varchar(20)", "varchar", true, false},
	{"varchar", "varchar(40)", false, true},
	{"varchar(20)", "text", true, false},
	{"text", "varchar", true, false},
	{"text", "varchar(40)", false, true},
	{"text", "text", false, false},
	{"char(3)", "char(4)", false, true},
	{"char(3)", "text", false, true},
	{"varchar(20)", "char(40)", false, true},
	{"numeric(10,2)", "numeric(12,2)", true, false},
	{"numeric(10,2)", "numeric(12,3)", false, true},
	{"numeric(10,2)", "numeric(12)", false, true},
	{"numeric(10)", "numeric(12,0)", true, false},
	{"numeric(10,2)", "numeric", true, false},
	{"numeric", "numeric(12,2)", false, true},
	{"numeric", "numeric", true, false},
	{"bit varying(4)", "bit varying(8)", true, false},
	{"bit varying(4)", "bit varying", true, false},
	{"bit varying", "bit varying(8)", false, true},
	{"bit(4)", "bit(8)", false, true},
	{"timestamp(3)", "timestamp", true, false},
	{"timestamp(3)", "timestamp(6)", true, false},
	{"timestamp", "timestamp(6)", true, false},
	{"timestamp", "timestamp(3)", false, true},
	{"timestamptz(3)", "timestamptz(4)", true, false},
	{"time(3)", "time", true, false},
	{"timetz(3)", "timetz", true, false},
	{"interval(3)", "interval(6)", true, false},
	{"interval(6)", "interval(3)", false, true},
	{"interval year to month", "interval", true, false},
	{"interval minute", "interval(3)", false, true},
	{"\"char\"", "text", false, true},
	{"timestamp", "timestamptz", false, false},
	{"timestamptz", "timestamp(6)", false, false},
	{"timestamp", "timestamptz(3)", false, true},
	{"timestamp", "date", false, true},
	{"date", "timestamp", false, true},
	{"cidr", "inet", true, false},
	{"inet", "cidr", false, true},
	{"integer", "oid", false, false},
	{"oid", "integer", false, false},
	{"oid", "bigint", false, true},
	{"xml", "text", false, false},
	{"text", "xml", false, true},
	{"json", "jsonb", false, true},
	{"jsonb", "jsonb", false, false},
	{"varchar(10)[]", "varchar(20)[]", false, true},
	{"varchar(10)[]", "text[]", false, true},
	{"integer[]", "bigint[]", false, true},
	{"integer", "integer[]", false, true},
	{"integer[]", "integer[]", false, false},
	{"app.mood", "text", false, true},
	{"app.mood", "app.mood", false, false},
	{"app.int4", "bigint", false, true},
	{"app.timestamp", "timestamptz", false, true},
};

static void
knows_which_types_widen(void)
{
	int wrong = 0;

	for (size_t i = 0; i < array_size(pairs); i++) {
		struct type from = {.schema = NULL}, to = {.schema = NULL};

		if (!type_read(&from, pairs[i].from) ||
		    !type_read(&to, pairs[i].to) ||
		    widening_holds(&from, &to) != pairs[i].holds ||
		    widening_rewrites(&from, &to) != pairs[i].rewrites) {
			printf("# %s to %s\n", pairs[i].from, pairs[i].to);
			wrong++;
		}
		type_release(&from);
		type_release(&to);
	}
	test("knows which pairs widen, and which rewrite", wrong == 0);
}

/* --- Judging -------------------------------------------------------------- */

static const char rules[] = "allow widen_type on app.* {\n"
			    "    from integer, varchar(*)\n"
			    "}\n"
			    "allow alter_type on app.*\n"
			    "deny alter_type on app.widening\n"
			    "escalate widen_type on app.altering\n"
			    "escalate alter_type on app.altering {\n"
			    "    approvers 2\n"
			    "}\n";

/* "decision as operation" of a change to bigint or another type. */
static char *
judged(const char *table, const char *change, const char *old)
{
	auto_policy struct policy *policy = policy_of(rules);
	auto_free char *sql =
		xprintf("ALTER TABLE app.%s ALTER c TYPE %s", table, change);
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};
	enum operation operation = OP_REPLAY;
	struct verdict verdict;

	if (!statement_parse(&statement, sql, strlen(sql), &refusal))
		return xstrdup(refusal.text);
	if (old != NULL)
		facts_set_text(&facts, FACT_COLUMN_TYPE, old);
	verdict = judge_action(&operation, policy, &statement->actions[0],
			       &facts);
	return xprintf("%s %d as %s", decision_name(verdict.decision),
		       verdict.approvers, operation_name(operation));
}

static const struct {
	const char *name, *table, *change, *old, *verdict;
} cases[] = {
	{"a widening", "t", "bigint", "integer", "allow 0 as widen_type"},
	{"a widening from another type", "t", "bigint", "smallint",
	 "deny 0 as widen_type"},
	{"a narrowing", "t", "integer", "bigint", "allow 0 as alter_type"},
	{"a widening with a collation", "t", "text COLLATE \"C\"",
	 "character varying(20)", "allow 0 as alter_type"},
	{"a widening where altering is denied", "widening", "bigint", "integer",
	 "allow 0 as widen_type"},
	{"an unknown type where altering is denied", "widening", "bigint", NULL,
	 "deny 0 as alter_type"},
	{"an unknown type where widening needs one", "t", "bigint", NULL,
	 "deny 0 as widen_type"},
	{"an unreadable type", "t", "text", "regclass", "deny 0 as widen_type"},
	{"two escalations", "altering", "bigint", "bigint",
	 "escalate 2 as alter_type"},
	{"a type that isn't pg_catalog's int4", "t", "bigint", "app.int4",
	 "allow 0 as alter_type"},
};

static void
judges_a_change_by_its_old_type(void)
{
	for (size_t i = 0; i < array_size(cases); i++) {
		auto_free char *name = xprintf("judges %s", cases[i].name);
		auto_free char *verdict =
			judged(cases[i].table, cases[i].change, cases[i].old);

		test_text(name, verdict, cases[i].verdict);
	}
}

int
main(void)
{
	reads_a_type_and_nothing_else();
	knows_which_types_widen();
	judges_a_change_by_its_old_type();
	return test_end();
}
