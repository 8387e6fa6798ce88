/* DDL as typed actions: what is understood is rendered back the same, and what
 * isn't is refused with its code. */
#include "tests/test.h"

#include "policy/statement.h"

struct refused {
	const char *name, *sql, *floor;
};

static const struct refused refused[] = {
	{"an unqualified table", "ALTER TABLE t ADD COLUMN c text", "F04"},
	{"an unqualified type", "ALTER TABLE app.t ADD c mood", "F04"},
	{"a view", "ALTER VIEW app.t ADD c text", "F01"},
	{"DROP beside ADD", "ALTER TABLE app.t ADD a text, DROP b", "F01"},
	{"a drop", "DROP TABLE app.t", "F01"},
	{"a grant", "GRANT SELECT ON app.t TO public", "F01"},
	{"SET", "SET search_path = evil", "F01"},
	{"DO", "DO $$begin end$$", "F01"},
	{"EXPLAIN", "EXPLAIN ALTER TABLE app.t ADD c text", "F02"},
	{"a system schema", "ALTER TABLE pg_catalog.t ADD c text", "F06"},
	{"information_schema", "ALTER TABLE information_schema.t ADD c text",
	 "F06"},
	{"a temporary schema", "ALTER TABLE pg_temp.t ADD c text", "F06"},
	{"another database", "ALTER TABLE other.app.t ADD c text", "F06"},
	{"pgmend's own schema", "ALTER TABLE pgmend.run ADD c text", "F07"},
	{"a primary key", "ALTER TABLE app.t ADD c int PRIMARY KEY", "F08"},
	{"a unique column", "ALTER TABLE app.t ADD c int UNIQUE", "F08"},
	{"a check", "ALTER TABLE app.t ADD c int CHECK (c > 0)", "F08"},
	{"a reference", "ALTER TABLE app.t ADD c int REFERENCES app.u", "F08"},
	{"an identity",
	 "ALTER TABLE app.t ADD c int GENERATED ALWAYS AS IDENTITY", "F08"},
	{"a generated column",
	 "ALTER TABLE app.t ADD c int GENERATED ALWAYS AS (a) STORED", "F08"},
	{"a named constraint", "ALTER TABLE app.t ADD c int CONSTRAINT x NULL",
	 "F08"},
	{"compression", "ALTER TABLE app.t ADD c text COMPRESSION lz4", "F08"},
	{"two defaults", "ALTER TABLE app.t ADD c int DEFAULT 1 DEFAULT 2",
	 "F08"},
	{"NULL and NOT NULL", "ALTER TABLE app.t ADD c int NULL NOT NULL",
	 "F08"},
	{"serial", "ALTER TABLE app.t ADD c serial", "F10"},
	{"bigserial", "ALTER TABLE app.t ADD c bigserial", "F10"},
	{"a pseudo-type", "ALTER TABLE app.t ADD c pg_catalog.anyelement",
	 "F10"},
	{"record", "ALTER TABLE app.t ADD c record", "F10"},
	{"a type of another schema", "ALTER TABLE app.t ADD c evil.d", "F10"},
	{"SETOF", "ALTER TABLE app.t ADD c SETOF text", "F10"},
	{"%TYPE", "ALTER TABLE app.t ADD c hr.salaries.ssn%TYPE", "F02"},
	{"array bounds", "ALTER TABLE app.t ADD c int[3]", "F10"},
	{"a named modifier", "ALTER TABLE app.t ADD c numeric(a)", "F10"},
	{"a collation of others", "ALTER TABLE app.t ADD c text COLLATE evil.c",
	 "F10"},
	{"a function", "ALTER TABLE app.t ADD c text DEFAULT evil.f()", "F05"},
	{"a catalogue function",
	 "ALTER TABLE app.t ADD c text DEFAULT pg_read_file('x')", "F05"},
	{"a function of the replay's list",
	 "ALTER TABLE app.t ADD c text DEFAULT lower('X')", "F05"},
	{"now() of another schema",
	 "ALTER TABLE app.t ADD c text DEFAULT evil.now()", "F05"},
	{"an operator", "ALTER TABLE app.t ADD c int DEFAULT 1 + 1", "F05"},
	{"an operator of others",
	 "ALTER TABLE app.t ADD c bool DEFAULT 1 OPERATOR(evil.>=) 2", "F05"},
	{"a cast to a domain",
	 "ALTER TABLE app.t ADD c text DEFAULT ('x'::evil.d)::text", "F05"},
	{"a sub-select", "ALTER TABLE app.t ADD c text DEFAULT (SELECT 'x')",
	 "F05"},
	{"a column", "ALTER TABLE app.t ADD c int DEFAULT b", "F05"},
	{"a parameter", "ALTER TABLE app.t ADD c int DEFAULT $1", "F05"},
	{"CURRENT_USER", "ALTER TABLE app.t ADD c text DEFAULT CURRENT_USER",
	 "F05"},
	{"a window", "ALTER TABLE app.t ADD c text DEFAULT now() OVER ()",
	 "F05"},
	{"nextval", "ALTER TABLE app.t ADD c int DEFAULT nextval('app.s')",
	 "F05"},
	{"a system column's name", "ALTER TABLE app.t ADD ctid int", "F11"},
	{"a zero width space",
	 "ALTER TABLE app.t ADD \"co\xe2\x80\x8b"
	 "de\" text",
	 "F11"},
	{"a bidi control",
	 "ALTER TABLE app.t ADD \"a\xe2\x80\xae"
	 "b\" text",
	 "F11"},
	{"a line feed", "ALTER TABLE app.t ADD \"a\nb\" text", "F11"},
	{"a mixture of scripts", "ALTER TABLE app.t ADD \"p\xd0\xb0y\" text",
	 "F11"},
	{"a combining mark", "ALTER TABLE app.t ADD \"e\xcc\x81\" text", "F11"},
	{"a quote", "ALTER TABLE app.t ADD \"a'b\" text", "F11"},
	{"two names that differ in case",
	 "ALTER TABLE app.t ADD c int, ADD \"C\" int", "F11"},
	{"seventeen actions",
	 "ALTER TABLE app.t ADD a int, ADD b int, ADD c int, ADD d int, "
	 "ADD e int, ADD f int, ADD g int, ADD h int, ADD i int, ADD j int, "
	 "ADD k int, ADD l int, ADD m int, ADD n int, ADD o int, ADD p int, "
	 "ADD q int",
	 "F12"},
};

static void
refuses_what_is_not_understood(void)
{
	for (size_t i = 0; i < array_size(refused); i++) {
		auto_statement struct statement *statement = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *name = xprintf("refuses %s", refused[i].name);
		const char *sql = refused[i].sql;

		statement_parse(&statement, sql, strlen(sql), &refusal);
		test_text(name, refusal.floor, refused[i].floor);
	}
}

static const struct {
	const char *sql, *rendered;
} accepted[] = {
	{"ALTER TABLE app.t ADD COLUMN c text",
	 "ALTER TABLE app.t ADD COLUMN c pg_catalog.text"},
	{"alter table if exists only app.\"T x\" add \"order\" int",
	 "ALTER TABLE ONLY app.\"T x\" ADD COLUMN \"order\" integer"},
	{"ALTER TABLE app.t ADD COLUMN IF NOT EXISTS c numeric(10,2)[] NOT "
	 "NULL",
	 "ALTER TABLE app.t ADD COLUMN IF NOT EXISTS c numeric(10, 2)[] NOT "
	 "NULL"},
	{"ALTER TABLE app.t ADD c varchar(40) COLLATE \"C\" DEFAULT 'it''s'",
	 "ALTER TABLE app.t ADD COLUMN c character varying(40) COLLATE "
	 "pg_catalog.\"C\" DEFAULT 'it''s'"},
	{"ALTER TABLE app.t ADD c timestamptz(3) DEFAULT current_timestamp(3)",
	 "ALTER TABLE app.t ADD COLUMN c timestamp(3) with time zone DEFAULT "
	 "CURRENT_TIMESTAMP(3)"},
	{"ALTER TABLE app.t ADD c jsonb DEFAULT '{}'::jsonb, ADD d app.mood",
	 "ALTER TABLE app.t ADD COLUMN c pg_catalog.jsonb DEFAULT CAST('{}' AS "
	 "pg_catalog.jsonb), ADD COLUMN d app.mood"},
	{"ALTER TABLE app.t ADD c timestamptz DEFAULT now()",
	 "ALTER TABLE app.t ADD COLUMN c timestamp with time zone DEFAULT "
	 "pg_catalog.now()"},
	{"ALTER TABLE app.t ADD c int DEFAULT -5, ADD d bool DEFAULT true",
	 "ALTER TABLE app.t ADD COLUMN c integer DEFAULT -5, ADD COLUMN d "
	 "boolean DEFAULT true"},
	{"ALTER TABLE app.t ADD c char(3), ADD d interval(2), ADD e float8",
	 "ALTER TABLE app.t ADD COLUMN c pg_catalog.bpchar(3), ADD COLUMN d "
	 "interval(2), ADD COLUMN e double precision"},
	{"ALTER TABLE app.t ADD \"na\xc3\xafve\" text /* why; DROP */",
	 "ALTER TABLE app.t ADD COLUMN \"na\xc3\xafve\" pg_catalog.text"},
};

static void
renders_what_it_understood(void)
{
	for (size_t i = 0; i < array_size(accepted); i++) {
		auto_statement struct statement *statement = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *name = xprintf("renders %s", accepted[i].sql);
		auto_free char *text = NULL;

		for (char *c = name; *c != '\0'; c++)
			*c = *c == '#' ? ' ' : *c;
		if (!statement_parse(&statement, accepted[i].sql,
				     strlen(accepted[i].sql), &refusal) ||
		    !statement_render(&text, statement, &refusal))
			text = xstrdup(refusal.text);
		test_text(name, text, accepted[i].rendered);
	}
}

static struct facts
facts_of(const char *sql)
{
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};

	if (statement_parse(&statement, sql, strlen(sql), &refusal)) {
		statement_facts(&facts, statement, 0);
		statement_foretell(&facts, statement, 0);
	}
	return facts;
}

static void
foretells_rewrite_and_scan(void)
{
	struct facts plain = facts_of("ALTER TABLE app.t ADD c text");
	struct facts uuid = facts_of("ALTER TABLE app.t ADD c uuid DEFAULT "
				     "gen_random_uuid()");
	struct facts strict = facts_of("ALTER TABLE app.t ADD c text NOT NULL");
	struct facts now = facts_of("ALTER TABLE app.t ADD c timestamptz "
				    "DEFAULT now() NOT NULL");
	struct facts text = facts_of("ALTER TABLE app.t ADD c timestamptz "
				     "DEFAULT 'now'::timestamptz");

	test("a plain column neither rewrites nor scans",
	     plain.of[FACT_CHANGE_REWRITE].known &&
		     plain.of[FACT_CHANGE_REWRITE].number == 0 &&
		     plain.of[FACT_CHANGE_SCAN].number == 0 &&
		     plain.of[FACT_COLUMN_NULLABLE].number == 1 &&
		     plain.of[FACT_DEFAULT_VOLATILITY].number ==
			     VOLATILITY_NONE);
	test("a volatile default rewrites, and so it scans",
	     uuid.of[FACT_CHANGE_REWRITE].number == 1 &&
		     uuid.of[FACT_CHANGE_SCAN].number == 1);
	test("NOT NULL without a default scans",
	     strict.of[FACT_CHANGE_SCAN].number == 1 &&
		     strict.of[FACT_CHANGE_REWRITE].number == 0 &&
		     strict.of[FACT_COLUMN_NULLABLE].number == 0);
	test("a stable default touches the catalogue only",
	     now.of[FACT_CHANGE_REWRITE].number == 0 &&
		     now.of[FACT_CHANGE_SCAN].number == 0 &&
		     now.of[FACT_DEFAULT_VOLATILITY].number ==
			     VOLATILITY_STABLE);
	test("a time written as text depends on the session",
	     text.of[FACT_DEFAULT_VOLATILITY].number == VOLATILITY_STABLE);
}

static void
undoes_only_what_it_did(void)
{
	static const char sql[] = "ALTER TABLE app.t ADD COLUMN c text, "
				  "ADD COLUMN IF NOT EXISTS d text";
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};
	auto_free char *first = NULL, *second = NULL;

	if (statement_parse(&statement, sql, strlen(sql), &refusal)) {
		first = action_inverse_sql(&statement->actions[0]);
		second = action_inverse_sql(&statement->actions[1]);
	}
	test_text("a new column is dropped again", first,
		  "ALTER TABLE app.t DROP COLUMN c");
	test_text("one that may have been there is not", second, NULL);
}

static void
finds_payload_values(void)
{
	static const char sql[] = "ALTER TABLE app.t ADD COLUMN c text DEFAULT "
				  "'x alice@example.org y'";
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};
	bool parsed = statement_parse(&statement, sql, strlen(sql), &refusal);

	test("a payload value within a constant is found",
	     parsed && statement_contains(statement, "alice@example.org", 17));
	test("another value is not",
	     parsed && !statement_contains(statement, "bob@example.org", 15));
}

int
main(void)
{
	refuses_what_is_not_understood();
	renders_what_it_understood();
	foretells_rewrite_and_scan();
	undoes_only_what_it_did();
	finds_payload_values();
	return test_end();
}
