/*
 * statements.h - DDL that is understood: together the examples hold every form
 * of every operation, so that tests can vary them.
 */
#ifndef TESTS_POLICY_STATEMENTS_H
#define TESTS_POLICY_STATEMENTS_H

/* As they come, and as they are rendered. */
static const struct {
	const char *sql, *rendered;
} accepted[] = {
	{"ALTER TABLE app.t ADD COLUMN c text",
	 "ALTER TABLE app.t ADD COLUMN c pg_catalog.text"},
	{"alter table only app.\"T x\" add \"order\" int",
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
	{"ALTER TABLE app.t ADD c date DEFAULT current_date",
	 "ALTER TABLE app.t ADD COLUMN c pg_catalog.date DEFAULT CURRENT_DATE"},
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
	{"ALTER TABLE app.t ADD c numeric DEFAULT 1.50, ADD d int DEFAULT NULL",
	 "ALTER TABLE app.t ADD COLUMN c numeric DEFAULT 1.50, ADD COLUMN d "
	 "integer DEFAULT NULL"},
	{"ALTER TABLE app.t ADD \"na\xc3\xafve\" text /* why; DROP */",
	 "ALTER TABLE app.t ADD COLUMN \"na\xc3\xafve\" pg_catalog.text"},
	{"ALTER TABLE app.t ALTER c TYPE bigint",
	 "ALTER TABLE app.t ALTER COLUMN c TYPE bigint"},
	{"ALTER TABLE app.t ALTER COLUMN \"C d\" SET DATA TYPE varchar(40) "
	 "COLLATE pg_catalog.\"C\"",
	 "ALTER TABLE app.t ALTER COLUMN \"C d\" TYPE character varying(40) "
	 "COLLATE pg_catalog.\"C\""},
	{"ALTER TABLE app.t ALTER c DROP NOT NULL",
	 "ALTER TABLE app.t ALTER COLUMN c DROP NOT NULL"},
	{"ALTER TABLE app.t ALTER c SET DEFAULT 'x'",
	 "ALTER TABLE app.t ALTER COLUMN c SET DEFAULT 'x'"},
	{"ALTER TABLE app.t ALTER c SET DEFAULT NULL",
	 "ALTER TABLE app.t ALTER COLUMN c SET DEFAULT NULL"},
	{"ALTER TABLE app.t ADD COLUMN z int, ALTER c TYPE text, "
	 "ALTER a DROP NOT NULL",
	 "ALTER TABLE app.t ADD COLUMN z integer, ALTER COLUMN c TYPE "
	 "pg_catalog.text, ALTER COLUMN a DROP NOT NULL"},
	{"ALTER TABLE app.t ADD CONSTRAINT k CHECK (a > 0 AND b IS NOT NULL OR "
	 "NOT c) NOT VALID",
	 "ALTER TABLE app.t ADD CONSTRAINT k CHECK ((((a > 0) AND (b IS NOT "
	 "NULL)) OR (NOT c))) NOT VALID"},
	{"ALTER TABLE app.t ADD CHECK (a IS NULL OR -a - -5 <> 2 * b) NOT "
	 "VALID",
	 "ALTER TABLE app.t ADD CHECK (((a IS NULL) OR (((- a) - -5) <> (2 * "
	 "b)))) NOT VALID"},
	{"ALTER TABLE app.t ADD CHECK (a IN ('x', 'y') AND b NOT IN (1)) NOT "
	 "VALID",
	 "ALTER TABLE app.t ADD CHECK (((a IN ('x', 'y')) AND (b NOT IN (1)))) "
	 "NOT VALID"},
	{"ALTER TABLE app.t ADD CHECK (seen < now()) NOT VALID",
	 "ALTER TABLE app.t ADD CHECK ((seen < pg_catalog.now())) NOT VALID"},
	{"ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES "
	 "app.u (x, \"Y\") NOT VALID",
	 "ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES "
	 "app.u (x, \"Y\") NOT VALID"},
	{"ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u NOT VALID",
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u NOT VALID"},
	{"ALTER TYPE app.mood ADD VALUE 'ok'",
	 "ALTER TYPE app.mood ADD VALUE 'ok'"},
	{"ALTER TYPE app.\"M\" ADD VALUE IF NOT EXISTS 'not ok' BEFORE 'it''s'",
	 "ALTER TYPE app.\"M\" ADD VALUE IF NOT EXISTS 'not ok' BEFORE "
	 "'it''s'"},
	{"ALTER TYPE app.mood ADD VALUE 'ok' AFTER 'sad'",
	 "ALTER TYPE app.mood ADD VALUE 'ok' AFTER 'sad'"},
	{"CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM ('2026-01-01',"
	 " 1) TO ('2026-02-01', -1)",
	 "CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM ('2026-01-01',"
	 " 1) TO ('2026-02-01', -1)"},
	{"CREATE TABLE IF NOT EXISTS app.p1 PARTITION OF app.p FOR VALUES IN "
	 "('a', NULL)",
	 "CREATE TABLE IF NOT EXISTS app.p1 PARTITION OF app.p FOR VALUES IN "
	 "('a', NULL)"},
	{"CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES WITH (MODULUS 4, "
	 "REMAINDER 3)",
	 "CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES WITH (MODULUS 4, "
	 "REMAINDER 3)"},
	{"CREATE TABLE app.n (id bigint NOT NULL, seen timestamptz DEFAULT "
	 "now())",
	 "CREATE TABLE app.n (id bigint NOT NULL, seen timestamp with time "
	 "zone "
	 "DEFAULT pg_catalog.now())"},
	{"CREATE TABLE IF NOT EXISTS app.n (m app.mood COLLATE \"C\")",
	 "CREATE TABLE IF NOT EXISTS app.n (m app.mood COLLATE "
	 "pg_catalog.\"C\")"},
	{"COMMENT ON TABLE app.t IS 'it''s ours'",
	 "COMMENT ON TABLE app.t IS 'it''s ours'"},
	{"COMMENT ON COLUMN app.t.\"C\" IS NULL",
	 "COMMENT ON COLUMN app.t.\"C\" IS NULL"},
};

#endif
