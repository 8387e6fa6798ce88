/* What a new or altered column must be, in the table and each partition. */
#include "pgmend.h"

#include "policy/expression.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

char *
column_object(const struct expectations *expectations, const char *relation,
	      const struct action *action)
{
	auto_free char *name = snapshot_quote(
		&expectations->comparison->before->snapshot, action->column);

	return xprintf("column %s.%s", relation, name);
}

/* The word "default" names the type's own, which isn't listed. */
static void
predict_collation(struct expectations *expectations, const char *object,
		  const struct action *action)
{
	auto_free char *name = NULL, *full = NULL;

	if (action->collation != NULL &&
	    strcmp(action->collation, "default") != 0) {
		name = snapshot_quote(
			&expectations->comparison->before->snapshot,
			action->collation);
		full = xprintf("pg_catalog.%s", name);
	}
	expect(expectations, EXPECT_IS, object, "collation", full);
}

/* The constant NULL is no default for the server, nor is one that it reads as
 * the column's type without a conversion. */
static bool
is_no_default(const struct expectations *expectations, const char *object,
	      const struct expression *expression)
{
	bool is_cast = false;

	while (expression != NULL && expression->kind == EXPRESSION_CAST) {
		expression = expression->arguments[0];
		is_cast = true;
	}
	if (expression != NULL && expression->kind != EXPRESSION_NULL)
		return false;
	return !is_cast ||
	       snapshot_value(&expectations->comparison->after->snapshot,
			      object, "default") == NULL;
}

static void
predict_default(struct expectations *expectations, const char *object,
		const struct action *action)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *stream;

	if (is_no_default(expectations, object, action->default_value)) {
		expect(expectations, EXPECT_IS, object, "default", NULL);
		return;
	}
	stream = xmemstream(&text, &size);
	expression_write(stream, action->default_value, NULL);
	fclose(stream);
	expect(expectations, EXPECT_EXPRESSION, object, "default", text);
}

/* A new type is given to the default, too: that of before, unless the same plan
 * has set another. */
static void
predict_same_default(struct expectations *expectations, const char *object)
{
	const char *before = snapshot_value(
		&expectations->comparison->before->snapshot, object, "default");

	if (expectations_find(expectations, object, "default") != NULL)
		return;
	expect(expectations, before == NULL ? EXPECT_IS : EXPECT_EXPRESSION,
	       object, "default", before);
}

/*
 * The type as format_type() writes it. Of pg_catalog's the server is asked, by
 * the very text that was executed; an enum's name is as it was judged.
 */
static int
type_value(char **ret_value, struct database *database, const struct type *type,
	   struct error *err)
{
	auto_rows struct rows *rows = NULL, *name = NULL;
	auto_free char *text = type_sql(type);
	auto_free char *sql = xprintf("SELECT CAST(NULL AS %s)", text);
	char oid[16], modifier[16];
	const char *parameters[] = {oid, modifier};

	if (strcmp(type->schema, "pg_catalog") != 0) {
		*ret_value = take(text);
		return 0;
	}
	if (database_run(database, sql, 0, NULL, &rows, err) < 0)
		return -1;
	snprintf(oid, sizeof(oid), "%u", rows_type(rows, 0));
	snprintf(modifier, sizeof(modifier), "%d", rows_type_modifier(rows, 0));
	if (database_run(database,
			 "SELECT pg_catalog.format_type("
			 "$1::pg_catalog.oid, $2::pg_catalog.int4)",
			 2, parameters, &name, err) < 0)
		return -1;
	*ret_value = xstrdup(rows_text(name, 0, 0));
	return 0;
}

static void
predict_column(struct expectations *expectations, const char *relation,
	       const struct action *action, const char *type)
{
	auto_free char *object = column_object(expectations, relation, action);

	expect(expectations, EXPECT_IS, object, "type", type);
	expect(expectations, EXPECT_IS, object, "not_null",
	       action->not_null ? "yes" : NULL);
	predict_default(expectations, object, action);
	predict_collation(expectations, object, action);
}

int
expect_new_column(struct expectations *expectations, const char *relation,
		  const struct action *action, struct error *err)
{
	auto_free char *type = NULL;

	if (type_value(&type, expectations->database, &action->type, err) < 0)
		return fail_in(err, "name the new type");
	predict_column(expectations, relation, action, type);
	return 0;
}

int
expect_column(struct expectations *expectations, const struct action *action,
	      struct error *err)
{
	auto_free char *type = NULL;
	const char *relation;
	int place = 0;

	if (type_value(&type, expectations->database, &action->type, err) < 0)
		return fail_in(err, "name the new type");
	while ((relation = next_relation(expectations, &place)) != NULL)
		predict_column(expectations, relation, action, type);
	return 0;
}

/* In a list of quoted names, as "columns" has it. */
static bool
list_has_name(const char *list, const char *name)
{
	auto_free char *whole = NULL;
	auto_free char *part = NULL;

	if (list == NULL)
		return false;
	whole = xprintf(",%s,", list);
	part = xprintf(",%s,", name);
	return strstr(whole, part) != NULL;
}

/* What depends on the column is built anew, and may then read otherwise: the
 * new type's casts and operators stand in it. Names, kinds, validity and the
 * rest stay. */
static void
predict_dependents(struct expectations *expectations, const char *relation,
		   const struct action *action)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	auto_free char *name = snapshot_quote(before, action->column);

	for (int i = 0; i < before->count; i = snapshot_next(before, i)) {
		const char *other = before->properties[i].object;

		if (same_text(snapshot_value(before, other, "on"), relation) &&
		    list_has_name(snapshot_value(before, other, "columns"),
				  name))
			expect(expectations, EXPECT_REWORDED, other,
			       "definition",
			       snapshot_value(before, other, "definition"));
	}
}

int
expect_type(struct expectations *expectations, const struct action *action,
	    struct error *err)
{
	auto_free char *type = NULL;
	const char *relation;
	int place = 0;

	if (type_value(&type, expectations->database, &action->type, err) < 0)
		return fail_in(err, "name the new type");
	while ((relation = next_relation(expectations, &place)) != NULL) {
		auto_free char *object =
			column_object(expectations, relation, action);

		expect(expectations, EXPECT_IS, object, "type", type);
		predict_same_default(expectations, object);
		predict_collation(expectations, object, action);
		predict_dependents(expectations, relation, action);
	}
	return 0;
}

int
expect_nullable(struct expectations *expectations, const struct action *action,
		struct error *err)
{
	const char *relation;
	int place = 0;

	while ((relation = next_relation(expectations, &place)) != NULL) {
		auto_free char *object =
			column_object(expectations, relation, action);

		expect(expectations, EXPECT_IS, object, "not_null", NULL);
	}
	return 0;
}

int
expect_default(struct expectations *expectations, const struct action *action,
	       struct error *err)
{
	const char *relation;
	int place = 0;

	while ((relation = next_relation(expectations, &place)) != NULL) {
		auto_free char *object =
			column_object(expectations, relation, action);

		predict_default(expectations, object, action);
	}
	return 0;
}
