/* The failed INSERT: understood in full or refused, and rendered twice. */
#include "tests/test.h"

#include "policy/insert.h"

static const struct {
	const char *name, *sql, *floor;
} refused[] = {
	{"a SELECT", "INSERT INTO app.t (a) SELECT 1", "F01"},
	{"a query of VALUES", "INSERT INTO app.t (a) VALUES (1) LIMIT 1",
	 "F01"},
	{"DEFAULT VALUES", "INSERT INTO app.t DEFAULT VALUES", "F01"},
	{"WITH", "WITH x AS (VALUES (1)) INSERT INTO app.t (a) VALUES (1)",
	 "F01"},
	{"OVERRIDING",
	 "INSERT INTO app.t (a) OVERRIDING SYSTEM VALUE VALUES (1)", "F01"},
	{"a DELETE", "DELETE FROM app.t", "F01"},
	{"MERGE",
	 "MERGE INTO app.t USING app.u ON true WHEN MATCHED THEN DELETE",
	 "F01"},
	{"a second statement", "INSERT INTO app.t (a) VALUES (1); DROP TABLE x",
	 "F03"},
	{"a function of others", "INSERT INTO app.t (a) VALUES (evil.f())",
	 "F05"},
	{"a function that isn't listed",
	 "INSERT INTO app.t (a) VALUES (pg_sleep(1))", "F05"},
	{"an operator", "INSERT INTO app.t (a) VALUES (1 + 1)", "F05"},
	{"a column", "INSERT INTO app.t (a) VALUES (b)", "F05"},
	{"a cast to a domain", "INSERT INTO app.t (a) VALUES ('x'::evil.d)",
	 "F05"},
	{"an element of an array", "INSERT INTO app.t (a[1]) VALUES (1)",
	 "F01"},
	{"DEFAULT within a value",
	 "INSERT INTO app.t (a) VALUES (lower(DEFAULT))", "F05"},
	{"%s", "INSERT INTO app.t (a) VALUES (%s)", "F05"},
	{"mixed placeholders", "INSERT INTO app.t (a, b) VALUES ($1, :b)",
	 "F05"},
	{"mixed placeholders the other way",
	 "INSERT INTO app.t (a, b) VALUES (%(b)s, $1)", "F05"},
	{"a gap in the numbers", "INSERT INTO app.t (a) VALUES ($2)", "F05"},
	{"a number beyond all", "INSERT INTO app.t (a) VALUES ($99999)", "F12"},
	{"rows of two lengths", "INSERT INTO app.t (a) VALUES (1), (1, 2)",
	 "F02"},
	{"too many values", "INSERT INTO app.t (a) VALUES (1, 2)", "F02"},
	{"a system schema", "INSERT INTO pg_catalog.t (a) VALUES (1)", "F06"},
	{"an alias", "INSERT INTO app.t AS x (a) VALUES (1)", "F08"},
	{"a condition of the conflict",
	 "INSERT INTO app.t (a) VALUES (1) ON CONFLICT (a) WHERE b DO NOTHING",
	 "F01"},
	{"a condition of the update",
	 "INSERT INTO app.t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1 "
	 "WHERE true",
	 "F01"},
	{"an update from the old row",
	 "INSERT INTO app.t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = "
	 "t.a",
	 "F05"},
	{"RETURNING an expression",
	 "INSERT INTO app.t (a) VALUES (1) RETURNING evil.f()", "F05"},
};

static void
refuses_what_is_no_plain_insert(void)
{
	for (size_t i = 0; i < array_size(refused); i++) {
		auto_insert struct insert *insert = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *name = xprintf("refuses %s", refused[i].name);

		insert_parse(&insert, refused[i].sql, strlen(refused[i].sql),
			     &refusal);
		test_text(name, refusal.floor, refused[i].floor);
	}
}

static const struct {
	const char *name, *sql, *rendered;
} accepted[] = {
	{"numbered", "insert into app.t(a, b) values($1, $2::int)",
	 "INSERT INTO app.t (a, b) VALUES ($1, CAST($2 AS integer))"},
	{"named as in Python",
	 "insert into app.t(a,b,c) values(%(x)s,%(y)s::bigint,%(x)s)",
	 "INSERT INTO app.t (a, b, c) VALUES ($1, CAST($2 AS bigint), $1)"},
	{"named with a colon", "insert into app.t(a,b) values(:x,:y::text)",
	 "INSERT INTO app.t (a, b) VALUES ($1, CAST($2 AS pg_catalog.text))"},
	{"text that looks like a placeholder",
	 "insert into app.t(\":a\") values(':x %(y)s $1' /* :z */)",
	 "INSERT INTO app.t (\":a\") VALUES (':x %(y)s $1')"},
	{"functions and keywords",
	 "insert into app.t values(trim($1), coalesce($2, ''), nullif($3, ''), "
	 "array[1, 2], default, now(), current_date)",
	 "INSERT INTO app.t VALUES (pg_catalog.btrim($1), COALESCE($2, ''), "
	 "NULLIF($3, ''), ARRAY[1, 2], DEFAULT, pg_catalog.now(), "
	 "CURRENT_DATE)"},
	{"a conflict that does nothing",
	 "insert into app.t(a) values(1) on conflict (a, b) do nothing "
	 "returning id, *",
	 "INSERT INTO app.t (a) VALUES (1) ON CONFLICT (a, b) DO NOTHING"},
	{"an update with EXCLUDED",
	 "insert into app.t(a) values(%(a)s) on conflict on constraint k do "
	 "update set a=excluded.a,b=%(c)s, d = default",
	 "INSERT INTO app.t (a) VALUES ($1) ON CONFLICT ON CONSTRAINT k DO "
	 "UPDATE SET a = EXCLUDED.a, b = $2, d = DEFAULT"},
};

static void
renders_with_parameters(void)
{
	for (size_t i = 0; i < array_size(accepted); i++) {
		auto_insert struct insert *insert = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *name = xprintf("renders %s", accepted[i].name);
		auto_free char *text = NULL;

		if (insert_parse(&insert, accepted[i].sql,
				 strlen(accepted[i].sql), &refusal))
			insert_render(&text, insert, &refusal);
		if (text == NULL && accepted[i].rendered != NULL)
			text = xstrdup(refusal.text);
		test_text(name, text, accepted[i].rendered);
	}
}

static void
names_columns_by_position(void)
{
	static const char sql[] = "insert into app.t values ($1, 2)";
	static const char *const columns[] = {"a", "B"};
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	auto_free char *text = NULL;

	if (insert_parse(&insert, sql, strlen(sql), &refusal)) {
		insert_name_columns(insert, columns);
		insert_render(&text, insert, &refusal);
	}
	test_text("names the columns of a statement that names none", text,
		  "INSERT INTO app.t (a, \"B\") VALUES ($1, 2)");
}

static char *
records_of(const char *sql, const struct record_field *fields,
	   const char *const *types, struct refusal *refusal)
{
	auto_insert struct insert *insert = NULL;
	char *text = NULL;

	if (!insert_parse(&insert, sql, strlen(sql), refusal))
		return NULL;
	if (insert->schema == NULL)
		insert_resolve(insert, "app");
	insert_render_records(&text, insert, fields, types, refusal);
	return text;
}

#define READ_INT4S                                                      \
	"CAST((SELECT a.v FROM pg_catalog.json_to_record(CAST(r.v2 AS " \
	"pg_catalog.json)) AS a(v pg_catalog.int4[])) AS "              \
	"pg_catalog.int4[])"
#define READ_BOTH                                            \
	" WITH p(p1, p2) AS (SELECT CAST(r.v1 AS "           \
	"pg_catalog.text), " READ_INT4S                      \
	" FROM (SELECT pg_catalog.unnest(CAST($1 AS "        \
	"pg_catalog.text[])), pg_catalog.unnest(CAST($2 AS " \
	"pg_catalog.text[]))) AS r(v1, v2) OFFSET 0)"

static void
reads_from_records(void)
{
	static const struct record_field fields[] = {
		{"userName", "pg_catalog.text", false, NULL},
		{"tags", "pg_catalog.int4[]", true, NULL},
	};
	static const char *const types[] = {
		"pg_catalog.text", "pg_catalog.int4[]", "pg_catalog.jsonb"};
	struct refusal refusal = {.floor = NULL};
	auto_free char *one =
		records_of("insert into t(a,b,c) values($1,$2,'{}') on "
			   "conflict do nothing",
			   fields, types, &refusal);
	auto_free char *two = records_of(
		"insert into t(a,b,c) values($1,$2,default),($1,null,default)",
		fields, types, &refusal);
	auto_free char *none =
		records_of("insert into t(a) values(1)", NULL, types, &refusal);

	test_text("arrays stand for the parameters", one,
		  "INSERT INTO app.t (a, b, c)" READ_BOTH
		  " SELECT p.p1, p.p2, CAST('{}' AS pg_catalog.jsonb) FROM p"
		  " ON CONFLICT DO NOTHING");
	test_text("rows become a union of one type, and DEFAULT drops out", two,
		  "INSERT INTO app.t (a, b)" READ_BOTH
		  " SELECT CAST(p.p1 AS pg_catalog.text), CAST(p.p2 AS "
		  "pg_catalog.int4[]) FROM p"
		  " UNION ALL SELECT CAST(p.p1 AS pg_catalog.text), CAST(NULL "
		  "AS pg_catalog.int4[]) FROM p");
	test_text("without parameters the values stay", none,
		  "INSERT INTO app.t (a) VALUES (1)");
}

static void
refuses_records_that_would_read_otherwise(void)
{
	static const char long_key[] = "a2345678901234567890123456789012345678"
				       "90123456789012345678901234";
	const struct record_field fields[] = {
		{long_key, "pg_catalog.text", false, NULL},
	};
	const struct record_field plain[] = {
		{"a", "pg_catalog.text", false, NULL},
	};
	const struct record_field twice[] = {
		{"a", "pg_catalog.text", false, NULL},
		{"a", "pg_catalog.int4[]", true, NULL},
	};
	static const char *const types[] = {"pg_catalog.text",
					    "pg_catalog.text"};
	struct refusal refusal = {.floor = NULL};
	auto_free char *longer = records_of("insert into t(a) values($1)",
					    fields, types, &refusal);

	test("a key of 64 bytes is refused",
	     longer == NULL && same_text(refusal.floor, "F11"));
	refusal.floor = NULL;
	free(records_of("insert into t(a,b) values($1,$2)", twice, types,
			&refusal));
	test_text("a key that is read in two forms is refused", refusal.floor,
		  "F05");
	refusal.floor = NULL;
	free(records_of("insert into t(a,b) values($1,default),($1,$1)", plain,
			types, &refusal));
	test_text("DEFAULT in some rows only is refused", refusal.floor, "F05");
	refusal.floor = NULL;
	free(records_of("insert into t(a) values($1) on conflict (a) do update "
			"set a = $1",
			plain, types, &refusal));
	test_text("a parameter within DO UPDATE is refused", refusal.floor,
		  "F05");
}

static void
tells_what_it_holds(void)
{
	static const char sql[] =
		"insert into t(a,b,c) values(:x,default,:y::int::text) on "
		"conflict (a) do update set a = excluded.a returning *";
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};
	bool parsed = insert_parse(&insert, sql, strlen(sql), &refusal);

	if (parsed)
		insert_facts(&facts, insert);
	test("an unqualified target stays open",
	     parsed && insert->schema == NULL && same_text(insert->table, "t"));
	test("names of placeholders are kept in order",
	     parsed && insert->parameter_count == 2 &&
		     same_text(insert->parameter_names[0], "x") &&
		     same_text(insert->parameter_names[1], "y"));
	test("a parameter is seen through casts",
	     parsed && insert_parameter(insert, 0, 0) == 1 &&
		     insert_parameter(insert, 0, 1) == 0 &&
		     insert_parameter(insert, 0, 2) == 2);
	test("DEFAULT is seen", parsed && insert_is_default(insert, 0, 1));
	test("RETURNING is seen and dropped", parsed && insert->returning);
	test("the conflict clause is a fact",
	     facts.of[FACT_REPLAY_CONFLICT].known &&
		     facts.of[FACT_REPLAY_CONFLICT].number == CONFLICT_UPDATE);
}

static void
survives_hostile_nesting(void)
{
	auto_free char *sums = NULL;
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	size_t size;
	FILE *out = xmemstream(&sums, &size);

	fputs("insert into t(a) values(", out);
	for (int i = 0; i < 32000; i++)
		fputs("1+", out);
	fputs("1)", out);
	fclose(out);
	insert_parse(&insert, sums, size, &refusal);
	test_text("a sum of 64 kB is refused without crashing", refusal.floor,
		  "F12");
}

int
main(void)
{
	refuses_what_is_no_plain_insert();
	renders_with_parameters();
	names_columns_by_position();
	reads_from_records();
	refuses_records_that_would_read_otherwise();
	tells_what_it_holds();
	survives_hostile_nesting();
	return test_end();
}
