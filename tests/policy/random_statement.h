/*
 * random_statement.h - DDL of every operation that the floor accepts, with the
 * names, types and constants that are easily rendered wrong.
 */
#ifndef TESTS_POLICY_RANDOM_STATEMENT_H
#define TESTS_POLICY_RANDOM_STATEMENT_H

#include <stdint.h>
#include <stdio.h>

#include "pgmend.h"

#define CHECK_DEPTH_MAX 3

/* xorshift64: the same numbers everywhere. */
struct generator {
	uint64_t state;
	FILE *out;
};

static unsigned
pick(struct generator *generator, unsigned below)
{
	uint64_t x = generator->state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	generator->state = x;
	return (unsigned)((x >> 11) % below);
}

static bool
one_in(struct generator *generator, unsigned count)
{
	return pick(generator, count) == 0;
}

static void
put(struct generator *generator, const char *text)
{
	fputs(text, generator->out);
}

#define PUT_ONE_OF(generator, list) \
	put((generator), (list)[pick((generator), array_size(list))])

/* --- Words ---------------------------------------------------------------- */

static const char *const names[] = {
	"a",	"note",	   "b_2",     "\"Order\"",	  "\"select\"",
	"at",	"\"a b\"", "\"x.y\"", "\"na\xc3\xafve\"", "value",
	"date", "\"$1\"",  "text",    "\"a--b\"",
};

static const char *const types[] = {
	"int",	 "bigint", "text",	"varchar(40)", "numeric(10,2)",
	"bool",	 "date",   "timestamp", "time(0)",     "interval(2)",
	"jsonb", "uuid[]", "char(3)",	"bit(8)",      "float8",
	"real",	 "inet",   "app.mood",	"app.\"M\"[]", "pg_catalog.int4",
	"name",	 "oid",	   "money",	"timetz(3)",   "timestamptz",
};

static const char *const constants[] = {
	"0",	      "-5",	    "42",	"99999999999", "-1.50",
	"1e3",	      ".5",	    "'x'",	"''",	       "'it''s'",
	"'a; b --'",  "'/* x */'",  "NULL",	"true",	       "false",
	"'\xc3\xa4'", "$$dollar$$", "E'plain'", "- 7",	       "'2026-01-01'",
};

static const char *const values[] = {
	"now()",	"pg_catalog.now()",	"current_date",
	"localtime",	"gen_random_uuid()",	"clock_timestamp()",
	"'{}'::jsonb",	"CURRENT_TIMESTAMP(3)", "'x'::text::varchar(3)",
	"date 'today'", "LOCALTIMESTAMP(0)",	"CAST('1' AS numeric(4,1))",
};

static const char *const operators[] = {
	" = ",	" <> ", " != ", " < ", " <= ", " > ",
	" >= ", " + ",	" - ",	" * ", " / ",  " % ",
};

static const char *const labels[] = {"'ok'", "'not ok'", "'a-b'", "'1'",
				     "'\xc3\xbc'"};

/* --- Parts ---------------------------------------------------------------- */

static void
put_value(struct generator *generator)
{
	if (one_in(generator, 3))
		PUT_ONE_OF(generator, values);
	else
		PUT_ONE_OF(generator, constants);
}

static void
put_list(struct generator *generator, void (*part)(struct generator *))
{
	unsigned count = 1 + pick(generator, 3);

	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			put(generator, ", ");
		part(generator);
	}
}

static void
put_constant(struct generator *generator)
{
	PUT_ONE_OF(generator, constants);
}

static void
put_name(struct generator *generator)
{
	PUT_ONE_OF(generator, names);
}

static void
put_check(struct generator *generator, int depth)
{
	unsigned kind = depth >= CHECK_DEPTH_MAX ? pick(generator, 2)
						 : pick(generator, 8);

	put(generator, "(");
	switch (kind) {
	case 0:
		put_name(generator);
		break;
	case 1:
		put_value(generator);
		break;
	case 2:
		put(generator, one_in(generator, 2) ? "NOT " : "- ");
		put_check(generator, depth + 1);
		break;
	case 3:
		put_check(generator, depth + 1);
		put(generator,
		    one_in(generator, 2) ? " IS NULL" : " IS NOT NULL");
		break;
	case 4:
		put_check(generator, depth + 1);
		put(generator, one_in(generator, 2) ? " IN (" : " NOT IN (");
		put_list(generator, put_value);
		put(generator, ")");
		break;
	default:
		put_check(generator, depth + 1);
		if (kind == 5)
			PUT_ONE_OF(generator, operators);
		else
			put(generator, kind == 6 ? " AND " : " OR ");
		put_check(generator, depth + 1);
	}
	put(generator, ")");
}

static void
put_column(struct generator *generator)
{
	PUT_ONE_OF(generator, types);
	if (one_in(generator, 4))
		put(generator, " COLLATE \"C\"");
	if (one_in(generator, 3)) {
		put(generator, " DEFAULT ");
		put_value(generator);
	}
	if (one_in(generator, 4))
		put(generator, one_in(generator, 3) ? " NULL" : " NOT NULL");
}

/* --- Sub-commands --------------------------------------------------------- */

/* New names must differ, so they are numbered. */
static void
put_add_column(struct generator *generator, unsigned number)
{
	put(generator, "ADD COLUMN ");
	if (one_in(generator, 5))
		put(generator, "IF NOT EXISTS ");
	fprintf(generator->out, "\"%s %u\" ",
		one_in(generator, 2) ? "New" : "c", number);
	put_column(generator);
}

static void
put_alter_column(struct generator *generator)
{
	put(generator, "ALTER COLUMN ");
	put_name(generator);
	switch (pick(generator, 3)) {
	case 0:
		put(generator, " TYPE ");
		PUT_ONE_OF(generator, types);
		if (one_in(generator, 4))
			put(generator, " COLLATE pg_catalog.\"de-x-icu\"");
		break;
	case 1:
		put(generator, " DROP NOT NULL");
		break;
	default:
		put(generator, " SET DEFAULT ");
		put_value(generator);
	}
}

static void
put_constraint(struct generator *generator, unsigned number)
{
	put(generator, "ADD ");
	if (one_in(generator, 2))
		fprintf(generator->out, "CONSTRAINT \"%s%u\" ",
			one_in(generator, 2) ? "The K " : "k_", number);
	if (one_in(generator, 3)) {
		put(generator, "FOREIGN KEY (");
		put_list(generator, put_name);
		put(generator, ") REFERENCES app.u");
		if (one_in(generator, 2)) {
			put(generator, " (");
			put_list(generator, put_name);
			put(generator, ")");
		}
	} else {
		put(generator, "CHECK ");
		put_check(generator, 0);
	}
	put(generator, " NOT VALID");
}

/* --- Statements ----------------------------------------------------------- */

static void
put_alter_table(struct generator *generator)
{
	unsigned count = 1 + pick(generator, 4);

	put(generator, one_in(generator, 4) ? "ALTER TABLE ONLY app."
					    : "ALTER TABLE IF EXISTS app.");
	put_name(generator);
	for (unsigned i = 0; i < count; i++) {
		put(generator, i == 0 ? " " : ", ");
		switch (pick(generator, 3)) {
		case 0:
			put_add_column(generator, i);
			break;
		case 1:
			put_alter_column(generator);
			break;
		default:
			put_constraint(generator, i);
		}
	}
}

static void
put_create(struct generator *generator)
{
	unsigned kind = pick(generator, 4);

	put(generator, "CREATE TABLE ");
	if (one_in(generator, 3))
		put(generator, "IF NOT EXISTS ");
	put(generator, "app.");
	put_name(generator);
	if (kind == 0) {
		put(generator, " (x ");
		put_column(generator);
		put(generator, ", \"Y\" ");
		put_column(generator);
		put(generator, ")");
		return;
	}
	put(generator, " PARTITION OF app.p FOR VALUES ");
	if (kind == 1) {
		fprintf(generator->out, "WITH (MODULUS %u, REMAINDER %u)",
			1 + pick(generator, 9), pick(generator, 9));
		return;
	}
	put(generator, kind == 2 ? "IN (" : "FROM (");
	put_list(generator, put_constant);
	if (kind == 3) {
		put(generator, ") TO (");
		put_list(generator, put_constant);
	}
	put(generator, ")");
}

static void
put_add_value(struct generator *generator)
{
	put(generator, "ALTER TYPE app.");
	put_name(generator);
	put(generator, " ADD VALUE ");
	if (one_in(generator, 3))
		put(generator, "IF NOT EXISTS ");
	PUT_ONE_OF(generator, labels);
	if (one_in(generator, 2)) {
		put(generator, one_in(generator, 2) ? " BEFORE " : " AFTER ");
		PUT_ONE_OF(generator, labels);
	}
}

static void
put_comment(struct generator *generator)
{
	bool is_column = one_in(generator, 2);

	put(generator,
	    is_column ? "COMMENT ON COLUMN app." : "COMMENT ON TABLE app.");
	put_name(generator);
	if (is_column) {
		put(generator, ".");
		put_name(generator);
	}
	put(generator, one_in(generator, 4) ? " IS NULL" : " IS 'it''s; --'");
}

/* The caller frees it. */
static char *
generate(struct generator *generator)
{
	static void (*const kinds[])(struct generator *) = {
		put_alter_table, put_alter_table, put_create,
		put_add_value,	 put_comment,
	};
	char *sql = NULL;
	size_t size;

	generator->out = xmemstream(&sql, &size);
	kinds[pick(generator, array_size(kinds))](generator);
	fclose(generator->out);
	return sql;
}

#endif
