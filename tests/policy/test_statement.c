/* DDL as typed actions: what is understood is rendered back the same, and what
 * isn't is refused with its code. */
#include "tests/test.h"

#include "policy/statement.h"
#include "tests/policy/statements.h"

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
	{"a constraint twice",
	 "ALTER TABLE app.t ADD CONSTRAINT k CHECK (a > 0) NOT VALID, ADD "
	 "CONSTRAINT \"K\" CHECK (a < 9) NOT VALID",
	 "F11"},
	{"USING", "ALTER TABLE app.t ALTER c TYPE text USING c::text", "F05"},
	{"USING without a function",
	 "ALTER TABLE app.t ALTER c TYPE text USING c", "F05"},
	{"a type change to serial", "ALTER TABLE app.t ALTER c TYPE serial",
	 "F10"},
	{"a type change to another schema's",
	 "ALTER TABLE app.t ALTER c TYPE evil.d", "F10"},
	{"a type change to a collation of others",
	 "ALTER TABLE app.t ALTER c TYPE text COLLATE evil.c", "F10"},
	{"a type change of a view", "ALTER VIEW app.v ALTER c SET DEFAULT 1",
	 "F01"},
	{"DROP DEFAULT", "ALTER TABLE app.t ALTER c DROP DEFAULT", "F01"},
	{"SET NOT NULL", "ALTER TABLE app.t ALTER c SET NOT NULL", "F01"},
	{"a function as new default",
	 "ALTER TABLE app.t ALTER c SET DEFAULT pg_read_file('x')", "F05"},
	{"nextval as new default",
	 "ALTER TABLE app.t ALTER c SET DEFAULT nextval('app.s')", "F05"},
	{"a sub-select as new default",
	 "ALTER TABLE app.t ALTER c SET DEFAULT (SELECT 1)", "F05"},
	{"a column's name by number",
	 "ALTER INDEX app.i ALTER COLUMN 1 SET STATISTICS 100", "F01"},
	{"a check that is validated",
	 "ALTER TABLE app.t ADD CONSTRAINT k CHECK (a > 0)", "F09"},
	{"a unique constraint", "ALTER TABLE app.t ADD CONSTRAINT k UNIQUE (a)",
	 "F09"},
	{"a primary key by index",
	 "ALTER TABLE app.t ADD PRIMARY KEY USING INDEX i", "F09"},
	{"an exclusion", "ALTER TABLE app.t ADD EXCLUDE USING gist (a WITH &&)",
	 "F09"},
	{"a foreign key that is validated",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u", "F09"},
	{"a foreign key to another schema",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES hr.u NOT VALID",
	 "F09"},
	{"a foreign key to nowhere",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES u NOT VALID", "F04"},
	{"a foreign key that cascades",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u ON DELETE "
	 "CASCADE NOT VALID",
	 "F08"},
	{"a foreign key that sets null on update",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u ON UPDATE SET "
	 "NULL NOT VALID",
	 "F08"},
	{"MATCH FULL",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u MATCH FULL "
	 "NOT "
	 "VALID",
	 "F08"},
	{"a deferrable foreign key",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u DEFERRABLE "
	 "NOT "
	 "VALID",
	 "F08"},
	{"NO INHERIT",
	 "ALTER TABLE app.t ADD CHECK (a > 0) NO INHERIT NOT VALID", "F08"},
	{"a constraint's name with a bidi control",
	 "ALTER TABLE app.t ADD CONSTRAINT \"a\xe2\x80\xae"
	 "b\" CHECK (a > 0) NOT VALID",
	 "F11"},
	{"a function in a check",
	 "ALTER TABLE app.t ADD CHECK (evil.f(a)) NOT VALID", "F05"},
	{"a catalogue function in a check",
	 "ALTER TABLE app.t ADD CHECK (lower(a) = 'x') NOT VALID", "F05"},
	{"a field as a function",
	 "ALTER TABLE app.t ADD CHECK ((t).f) NOT VALID", "F05"},
	{"a column of a table as a function",
	 "ALTER TABLE app.t ADD CHECK (t.f) NOT VALID", "F05"},
	{"every column", "ALTER TABLE app.t ADD CHECK (t.* IS NULL) NOT VALID",
	 "F05"},
	{"a subscript", "ALTER TABLE app.t ADD CHECK (a[1] > 0) NOT VALID",
	 "F05"},
	{"a qualified operator",
	 "ALTER TABLE app.t ADD CHECK (a OPERATOR(evil.>=) 1) NOT VALID",
	 "F05"},
	{"an operator of pg_catalog by name",
	 "ALTER TABLE app.t ADD CHECK (a OPERATOR(pg_catalog.=) 1) NOT VALID",
	 "F05"},
	{"an operator that isn't on the list",
	 "ALTER TABLE app.t ADD CHECK (a ~ 'x') NOT VALID", "F05"},
	{"LIKE in a check",
	 "ALTER TABLE app.t ADD CHECK (a LIKE 'x') NOT VALID", "F05"},
	{"BETWEEN in a check",
	 "ALTER TABLE app.t ADD CHECK (a BETWEEN 1 AND 2) NOT VALID", "F05"},
	{"IS TRUE in a check",
	 "ALTER TABLE app.t ADD CHECK (a IS TRUE) NOT VALID", "F05"},
	{"ANY in a check",
	 "ALTER TABLE app.t ADD CHECK (a = ANY (b)) NOT VALID", "F05"},
	{"IN a sub-select",
	 "ALTER TABLE app.t ADD CHECK (a IN (SELECT 1)) NOT VALID", "F05"},
	{"CASE in a check",
	 "ALTER TABLE app.t ADD CHECK (CASE WHEN a THEN b END) NOT VALID",
	 "F05"},
	{"a cast to a domain in a check",
	 "ALTER TABLE app.t ADD CHECK (a::app.d > 0) NOT VALID", "F05"},
	{"a collation in a check",
	 "ALTER TABLE app.t ADD CHECK (a COLLATE \"C\" > 'x') NOT VALID",
	 "F05"},
	{"a parameter in a check",
	 "ALTER TABLE app.t ADD CHECK (a > $1) NOT VALID", "F05"},
	{"RENAME VALUE", "ALTER TYPE app.e RENAME VALUE 'a' TO 'b'", "F01"},
	{"RENAME TYPE", "ALTER TYPE app.e RENAME TO f", "F01"},
	{"an attribute", "ALTER TYPE app.e ADD ATTRIBUTE a int", "F01"},
	{"an enum without schema", "ALTER TYPE e ADD VALUE 'x'", "F04"},
	{"an enum of pg_catalog", "ALTER TYPE pg_catalog.e ADD VALUE 'x'",
	 "F06"},
	{"an enum of another database", "ALTER TYPE db.app.e ADD VALUE 'x'",
	 "F06"},
	{"an enum of pgmend", "ALTER TYPE pgmend.e ADD VALUE 'x'", "F07"},
	{"an empty label", "ALTER TYPE app.e ADD VALUE ''", "F11"},
	{"an empty neighbor", "ALTER TYPE app.e ADD VALUE 'x' BEFORE ''",
	 "F11"},
	{"a label with a zero width space",
	 "ALTER TYPE app.e ADD VALUE 'a\xe2\x80\x8b"
	 "b'",
	 "F11"},
	{"a label of 64 bytes",
	 "ALTER TYPE app.e ADD VALUE '1234567890123456789012345678901234567890"
	 "123456789012345678901234'",
	 "F11"},
	{"a default partition", "CREATE TABLE app.q PARTITION OF app.p DEFAULT",
	 "F05"},
	{"MINVALUE",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES FROM (MINVALUE) TO "
	 "(1)",
	 "F05"},
	{"MAXVALUE",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES FROM (1) TO "
	 "(MAXVALUE)",
	 "F05"},
	{"a function in a bound",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (evil.f())",
	 "F05"},
	{"a cast in a bound",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN ('x'::text)",
	 "F05"},
	{"a sum in a bound",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (1 + 1)", "F05"},
	{"now() in a bound",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (now())", "F05"},
	{"a partition's own columns",
	 "CREATE TABLE app.q PARTITION OF app.p (a DEFAULT 5) FOR VALUES IN "
	 "(1)",
	 "F08"},
	{"a partition's own partitions",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (1) PARTITION BY "
	 "LIST (a)",
	 "F08"},
	{"a partition elsewhere",
	 "CREATE TABLE evil.q PARTITION OF app.p FOR VALUES IN (1)", "F13"},
	{"a parent elsewhere",
	 "CREATE TABLE app.q PARTITION OF evil.p FOR VALUES IN (1)", "F13"},
	{"a parent without schema",
	 "CREATE TABLE app.q PARTITION OF p FOR VALUES IN (1)", "F04"},
	{"a partition in a tablespace",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (1) TABLESPACE x",
	 "F08"},
	{"a partition with options",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (1) WITH "
	 "(fillfactor = 10)",
	 "F08"},
	{"an unlogged partition",
	 "CREATE UNLOGGED TABLE app.q PARTITION OF app.p FOR VALUES IN (1)",
	 "F08"},
	{"a foreign partition",
	 "CREATE FOREIGN TABLE app.q PARTITION OF app.p FOR VALUES IN (1) "
	 "SERVER "
	 "s",
	 "F01"},
	{"a table without schema", "CREATE TABLE n (a int)", "F04"},
	{"a temporary table", "CREATE TEMP TABLE n (a int)", "F04"},
	{"a table in pg_temp", "CREATE TABLE pg_temp.n (a int)", "F06"},
	{"a table of pgmend", "CREATE TABLE pgmend_audit.n (a int)", "F07"},
	{"a table without columns", "CREATE TABLE app.n ()", "F08"},
	{"a table's key", "CREATE TABLE app.n (a int PRIMARY KEY)", "F08"},
	{"a table's check", "CREATE TABLE app.n (a int, CHECK (a > 0))", "F08"},
	{"LIKE", "CREATE TABLE app.n (LIKE hr.salaries INCLUDING ALL)", "F08"},
	{"INHERITS", "CREATE TABLE app.n (a int) INHERITS (app.t)", "F08"},
	{"OF", "CREATE TABLE app.n OF app.ty", "F08"},
	{"a partitioned table",
	 "CREATE TABLE app.n (a int) PARTITION BY LIST (a)", "F08"},
	{"an access method", "CREATE TABLE app.n (a int) USING heap", "F08"},
	{"a tablespace", "CREATE TABLE app.n (a int) TABLESPACE x", "F08"},
	{"options of a table",
	 "CREATE TABLE app.n (a int) WITH (fillfactor = 10)", "F08"},
	{"ON COMMIT", "CREATE TABLE app.n (a int) ON COMMIT DROP", "F08"},
	{"CREATE TABLE AS", "CREATE TABLE app.n AS SELECT 1", "F01"},
	{"a new column of another schema's type",
	 "CREATE TABLE app.n (a int, b evil.d)", "F10"},
	{"two new columns that differ in case",
	 "CREATE TABLE app.n (a int, \"A\" int)", "F11"},
	{"a new table's name with a quote", "CREATE TABLE app.\"a'b\" (a int)",
	 "F11"},
	{"a comment on a schema", "COMMENT ON SCHEMA app IS 'x'", "F01"},
	{"a comment on a view", "COMMENT ON VIEW app.v IS 'x'", "F01"},
	{"a comment on a type", "COMMENT ON TYPE app.e IS 'x'", "F01"},
	{"a comment on a constraint", "COMMENT ON CONSTRAINT k ON app.t IS 'x'",
	 "F01"},
	{"a comment without schema", "COMMENT ON TABLE t IS 'x'", "F04"},
	{"a comment on a column without schema", "COMMENT ON COLUMN t.c IS 'x'",
	 "F04"},
	{"a comment on pg_catalog",
	 "COMMENT ON TABLE pg_catalog.pg_class IS 'x'", "F06"},
	{"a comment on another database", "COMMENT ON TABLE a.b.c IS 'x'",
	 "F06"},
	{"a security label", "SECURITY LABEL ON TABLE app.t IS 'x'", "F01"},
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

int
main(void)
{
	refuses_what_is_not_understood();
	renders_what_it_understood();
	return test_end();
}
