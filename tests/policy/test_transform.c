/* Fields mapped to columns: which statement comes of it, and what each
 * transform takes and gives. */
#include "tests/test.h"

#include "policy/insert.h"
#include "policy/transform.h"
#include "policy/vocabulary.h"

static void
knows_a_closed_list(void)
{
	int lossy = 0, count = 0;

	for (const struct transform *transform;
	     (transform = transform_at(count)) != NULL; count++) {
		lossy += transform->is_lossy;
		test(transform->name,
		     transform_find(transform->name) == transform);
	}
	test("there are twelve, three of them lossy",
	     count == 12 && lossy == 3);
	test("another name is none", transform_find("upper") == NULL);
	test("nor is the word for none",
	     transform_find(TRANSFORM_NONE) == NULL);
}

static void
says_what_policy_asks(void)
{
	struct facts facts = {.today = 0};

	transform_facts(&facts, transform_find("trim"));
	test_text("the transform's name", facts.of[FACT_MAPPING_TRANSFORM].text,
		  "trim");
	test("that it loses something",
	     facts.of[FACT_MAPPING_LOSSY].number == 1);
	transform_facts(&facts, NULL);
	test_text("no transform", facts.of[FACT_MAPPING_TRANSFORM].text,
		  "none");
	test("which loses nothing",
	     facts.of[FACT_MAPPING_LOSSY].known &&
		     facts.of[FACT_MAPPING_LOSSY].number == 0);
}

static const struct {
	const char *transform, *type;
	bool fits;
} fits[] = {
	{"epoch_seconds_from_iso8601", "pg_catalog.int8", true},
	{"epoch_seconds_from_iso8601", "pg_catalog.\"numeric\"", true},
	{"epoch_seconds_from_iso8601", "pg_catalog.int2", false},
	{"epoch_millis_from_iso8601", "pg_catalog.int4", false},
	{"timestamp_from_epoch_seconds", "pg_catalog.\"timestamp\"", true},
	{"timestamp_from_epoch_millis", "pg_catalog.timestamptz", true},
	{"timestamp_from_epoch_millis", "pg_catalog.date", false},
	{"text", "pg_catalog.\"varchar\"", true},
	{"text", "app.text", false},
	{"json", "pg_catalog.jsonb", true},
	{"json", "pg_catalog.text", false},
	{"array_of_one", "pg_catalog._int8", true},
	{"array_of_one", "pg_catalog.int8", false},
	{"array_of_one", "app._mood", false},
	{"first_of_array", "app.mood", true},
	{"first_of_array", "pg_catalog._text", false},
	{"number_from_text", "pg_catalog.int", false},
};

static void
fits_some_types(void)
{
	for (size_t i = 0; i < array_size(fits); i++) {
		auto_free char *name =
			xprintf("%s for %s", fits[i].transform, fits[i].type);

		test(name, transform_accepts(transform_find(fits[i].transform),
					     fits[i].type) == fits[i].fits);
	}
}

static void
writes_its_expression(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	transform_write(out, transform_find("array_of_one"), "r.tag",
			"pg_catalog._int8");
	fclose(out);
	test_text("the value, and the type of an element", text,
		  "CASE WHEN r.tag IS NULL THEN NULL ELSE ARRAY[CAST(r.tag AS "
		  "pg_catalog.\"int8\")] END");
	free(text);
}

/* --- Statements ----------------------------------------------------------- */

static char *const keys[] = {(char *)"id", (char *)"userName", (char *)"at"};

static const struct {
	const char *name, *sql;
	struct field_mapping mappings[2];
	int count;
	const char *mapped; /* or the floor code */
} statements[] = {
	{"a renamed key takes its column",
	 "insert into app.t(id, \"userName\", at) values($1,$2,$3)",
	 {{.field = "userName", .column = "user_name"}},
	 1,
	 "INSERT INTO app.t (id, user_name, \"at\") VALUES ($1, $2, $3)"},
	{"a column takes another key",
	 "insert into app.t(id, title) values($1, 'x')",
	 {{.field = "userName", .column = "title"}},
	 1,
	 "INSERT INTO app.t (id, title) VALUES ($1, $2)"},
	{"a field that moves leaves its place",
	 "insert into app.t(id, a, b) values($1,$2,$3)",
	 {{.field = "userName", .column = "b"}},
	 1,
	 "INSERT INTO app.t (id, b) VALUES ($1, $2)"},
	{"a field beside the statement is added",
	 "insert into app.t(id) values($1)",
	 {{.field = "more", .column = "extra"}},
	 1,
	 "INSERT INTO app.t (id, extra) VALUES ($1, $2)"},
	{"a mapped value loses its casts",
	 "insert into app.t(id, a) values($1, $2::int)",
	 {{.field = "userName", .column = "a"}},
	 1,
	 "INSERT INTO app.t (id, a) VALUES ($1, $2)"},
	{"two fields change places",
	 "insert into app.t(a, b) values($1, $2)",
	 {{.field = "id", .column = "c"}, {.field = "userName", .column = "a"}},
	 2,
	 "INSERT INTO app.t (c, a) VALUES ($1, $2)"},
	{"the conflict's columns follow",
	 "insert into app.t(\"userName\", id) values($2,$1) on conflict "
	 "(\"userName\") do update set \"userName\" = excluded.\"userName\"",
	 {{.field = "userName", .column = "title"}},
	 1,
	 "INSERT INTO app.t (title, id) VALUES ($1, $2) ON CONFLICT (title) DO "
	 "UPDATE SET title = EXCLUDED.title"},
	{"several rows aren't mapped",
	 "insert into app.t(id) values($1), ($2)",
	 {{.field = "id", .column = "a"}},
	 1,
	 "F05"},
	{"a field that feeds two columns isn't mapped",
	 "insert into app.t(a, b) values($1, $1)",
	 {{.field = "id", .column = "c"}},
	 1,
	 "F05"},
	{"a column that the conflict needs isn't left",
	 "insert into app.t(a, b) values($1, $2) on conflict (a) do nothing",
	 {{.field = "id", .column = "b"}},
	 1,
	 "F05"},
};

static char *
map(const char *sql, const struct field_mapping *mappings, int count)
{
	auto_insert struct insert *insert = NULL;
	struct mapped_insert mapped;
	struct refusal refusal = {.floor = NULL};
	char *text;

	if (!insert_parse(&insert, sql, strlen(sql), &refusal) ||
	    !insert_map(&mapped, insert, keys, mappings, count, &refusal))
		return xstrdup(refusal.floor);
	text = insert_render_mapped(mapped.insert, mapped.parameters);
	mapped_parameters_free(mapped.parameters,
			       mapped.insert->parameter_count);
	insert_free(mapped.insert);
	return text;
}

static void
maps_fields(void)
{
	for (size_t i = 0; i < array_size(statements); i++) {
		auto_free char *text =
			map(statements[i].sql, statements[i].mappings,
			    statements[i].count);

		test_text(statements[i].name, text, statements[i].mapped);
	}
}

static void
leaves_a_column_out(void)
{
	const struct field_mapping omit = {
		.field = "id",
		.column = "id",
		.transform = transform_find("omit"),
	};
	auto_free char *rest =
		map("insert into app.t(id, a) values($1, $2)", &omit, 1);
	auto_free char *nothing =
		map("insert into app.t(id) values($1)", &omit, 1);

	test_text("a column is left out", rest,
		  "INSERT INTO app.t (a) VALUES ($1)");
	test_text("but not the last one", nothing, "F05");
}

static void
transforms_what_a_driver_sends(void)
{
	const struct field_mapping json = {
		.field = "userName",
		.column = "doc",
		.transform = transform_find("json"),
		.type = "pg_catalog.jsonb",
	};
	auto_free char *text =
		map("insert into app.t(id, doc) values($1, $2)", &json, 1);

	test_text("the statement holds the transform", text,
		  "INSERT INTO app.t (id, doc) VALUES ($1, CAST(CAST($2 AS "
		  "pg_catalog.json) AS pg_catalog.jsonb))");
}

int
main(void)
{
	knows_a_closed_list();
	says_what_policy_asks();
	fits_some_types();
	writes_its_expression();
	maps_fields();
	leaves_a_column_out();
	transforms_what_a_driver_sends();
	return test_end();
}
