/* What ADD CONSTRAINT ... NOT VALID must make of the catalogue. */
#include "pgmend.h"

#include "policy/expression.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

/* pg_constraint.contype */
static const char *const kinds[] = {
	[CONSTRAINT_CHECK] = "c",
	[CONSTRAINT_FOREIGN_KEY] = "f",
};

/* --- The columns, quoted and sorted, as the snapshot lists them ----------- */

struct names {
	char **texts;
	int count;
};

/* By the bare names, each once. */
static void
add_name(struct names *names, const char *text)
{
	int place = 0;

	while (place < names->count && strcmp(names->texts[place], text) < 0)
		place++;
	if (place < names->count && strcmp(names->texts[place], text) == 0)
		return;
	names->texts = xreallocarray(names->texts, (size_t)names->count + 1,
				     sizeof(*names->texts));
	memmove(&names->texts[place + 1], &names->texts[place],
		(size_t)(names->count - place) * sizeof(*names->texts));
	names->texts[place] = xstrdup(text);
	names->count++;
}

static void
collect_names(struct names *names, const struct expression *expression)
{
	if (expression == NULL)
		return;
	if (expression->kind == EXPRESSION_COLUMN)
		add_name(names, expression->text);
	for (int i = 0; i < expression->count; i++)
		collect_names(names, expression->arguments[i]);
}

/* NULL for none. */
static char *
columns_value(const struct snapshot *snapshot,
	      const struct constraint *constraint)
{
	struct names names = {.count = 0};
	auto_free char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	collect_names(&names, constraint->kind == CONSTRAINT_CHECK
				      ? constraint->check
				      : constraint->columns);
	for (int i = 0; i < names.count; i++) {
		auto_free char *quoted =
			snapshot_quote(snapshot, names.texts[i]);

		fprintf(stream, "%s%s", i == 0 ? "" : ",", quoted);
		free(names.texts[i]);
	}
	free(names.texts);
	fclose(stream);
	return *text == '\0' ? NULL : take(text);
}

/* --- The name ------------------------------------------------------------- */

static bool
is_new_constraint(const struct comparison *comparison, const char *object,
		  const char *table, const char *kind)
{
	const struct snapshot *after = &comparison->after->snapshot;

	return strncmp(object, "constraint ", strlen("constraint ")) == 0 &&
	       same_text(snapshot_value(after, object, "on"), table) &&
	       same_text(snapshot_value(after, object, "kind"), kind) &&
	       snapshot_find(&comparison->before->snapshot, object) < 0;
}

/* A constraint without a name gets one from the server: then it is the one new
 * constraint of its kind that no other action names. "NAME on TABLE". */
static const char *
find_new_object(const struct expectations *expectations, const char *table,
		const char *kind)
{
	const struct comparison *comparison = expectations->comparison;
	const struct snapshot *after = &comparison->after->snapshot;

	for (int i = 0; i < after->count; i = snapshot_next(after, i)) {
		const char *object = after->properties[i].object;

		if (is_new_constraint(comparison, object, table, kind) &&
		    expectations_find(expectations, object, "kind") == NULL)
			return object;
	}
	return NULL;
}

/* The quoted name; the caller frees. NULL when there is no such constraint. */
static char *
constraint_name(const struct expectations *expectations,
		const struct action *action, const char *table)
{
	const char *kind = kinds[action->constraint.kind];
	const char *object;
	size_t size;

	if (action->constraint.name != NULL)
		return snapshot_quote(
			&expectations->comparison->before->snapshot,
			action->constraint.name);
	object = find_new_object(expectations, table, kind);
	if (object == NULL)
		return NULL;
	object += strlen("constraint ");
	size = strlen(object) - strlen(" on ") - strlen(table);
	return xprintf("%.*s", (int)size, object);
}

/* --- The definition ------------------------------------------------------- */

/* In the order of the key. */
static void
write_names(FILE *out, const struct snapshot *snapshot,
	    const struct expression *list)
{
	for (int i = 0; i < list->count; i++) {
		auto_free char *quoted =
			snapshot_quote(snapshot, list->arguments[i]->text);

		fprintf(out, "%s%s", i == 0 ? "" : ", ", quoted);
	}
}

/* What a foreign key that names no columns leads to. */
static int
write_primary_key(FILE *out, const struct expectations *expectations,
		  const struct constraint *constraint, struct error *err)
{
	static const char sql[] =
		"SELECT pg_catalog.string_agg(pg_catalog.quote_ident("
		"           a.attname), ', ' ORDER BY k.place)"
		"  FROM pg_catalog.pg_class c"
		"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		"  JOIN pg_catalog.pg_index i"
		"    ON i.indrelid = c.oid AND i.indisprimary"
		" CROSS JOIN LATERAL pg_catalog.unnest("
		"       i.indkey::pg_catalog.int2[])"
		"       WITH ORDINALITY k (attnum, place)"
		"  JOIN pg_catalog.pg_attribute a"
		"    ON a.attrelid = c.oid AND a.attnum = k.attnum"
		" WHERE n.nspname = $1 AND c.relname = $2"
		"   AND k.place <= i.indnkeyatts";
	const char *parameters[] = {constraint->schema, constraint->table};
	auto_rows struct rows *rows = NULL;

	if (database_run(expectations->comparison->witness, sql, 2, parameters,
			 &rows, err) < 0)
		return fail_in(err, "read the primary key");
	if (rows_text(rows, 0, 0) != NULL)
		fputs(rows_text(rows, 0, 0), out);
	return 0;
}

/* The snapshot leaves out the table that is referred to: "refers_to" is it. */
static int
foreign_key_value(char **ret_text, const struct expectations *expectations,
		  const struct constraint *constraint, struct error *err)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);
	int status = 0;

	fputs("FOREIGN KEY (", out);
	write_names(out, before, constraint->columns);
	fputs(") REFERENCES (", out);
	if (constraint->key != NULL)
		write_names(out, before, constraint->key);
	else
		status = write_primary_key(out, expectations, constraint, err);
	fputs(") NOT VALID", out);
	fclose(out);
	if (status == 0)
		*ret_text = take(text);
	return status;
}

static char *
check_value(const struct constraint *constraint)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs("CHECK (", out);
	expression_write(out, constraint->check, NULL);
	fputs(") NOT VALID", out);
	fclose(out);
	return text;
}

static int
expect_definition(struct expectations *expectations, const char *object,
		  const struct constraint *constraint, struct error *err)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	auto_free char *text = NULL, *target = NULL;

	if (constraint->kind == CONSTRAINT_CHECK) {
		text = check_value(constraint);
		expect(expectations, EXPECT_EXPRESSION, object, "definition",
		       text);
		return 0;
	}
	if (foreign_key_value(&text, expectations, constraint, err) < 0)
		return -1;
	target = snapshot_relation(before, constraint->schema,
				   constraint->table);
	expect(expectations, EXPECT_IS, object, "definition", text);
	expect(expectations, EXPECT_IS, object, "refers_to", target);
	return 0;
}

/* --- The whole ------------------------------------------------------------ */

static int
expect_one(struct expectations *expectations, const struct action *action,
	   const char *name, const char *relation, struct error *err)
{
	const struct constraint *constraint = &action->constraint;
	auto_free char *table = table_name_of(expectations->comparison);
	auto_free char *object = xprintf("constraint %s on %s", name, relation);
	auto_free char *columns = columns_value(
		&expectations->comparison->before->snapshot, constraint);

	expect(expectations, EXPECT_IS, object, "on", relation);
	expect(expectations, EXPECT_IS, object, "kind",
	       kinds[constraint->kind]);
	expect(expectations, EXPECT_IS, object, "columns", columns);
	expect(expectations, EXPECT_IS, object, "not_valid", "yes");
	if (strcmp(relation, table) != 0)
		expect(expectations, EXPECT_SOME, object, "parent", NULL);
	return expect_definition(expectations, object, constraint, err);
}

int
expect_constraint(struct expectations *expectations,
		  const struct action *action, struct error *err)
{
	auto_free char *table = table_name_of(expectations->comparison);
	auto_free char *name = constraint_name(expectations, action, table);
	const char *relation;
	int place = 0;

	if (name == NULL)
		return fail_difference(err, "the new constraint isn't there");
	while ((relation = next_relation(expectations, &place)) != NULL)
		if (expect_one(expectations, action, name, relation, err) < 0)
			return -1;
	return 0;
}
