/*
 * What a new partition must be: in all that is inherited the parent's image.
 *
 * Indexes and foreign keys get names of the server's choice, so they are found
 * by the parent's object that each is linked to: each has one image, and there
 * is nothing else on the partition.
 */
#include "pgmend.h"

#include "policy/expression.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

/* A new partition and its parent, by their quoted names. */
struct image {
	struct expectations *expectations;
	const struct snapshot *after;
	const struct action *action;
	const char *parent, *partition;
};

static bool
begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* --- Columns -------------------------------------------------------------- */

static void
expect_image_column(const struct image *image, const char *object,
		    const char *name)
{
	static const char *const inherited[] = {
		"type",	     "not_null", "default",	"generated",
		"collation", "storage",	 "compression",
	};
	auto_free char *own = xprintf("column %s.%s", image->partition, name);

	for (size_t i = 0; i < array_size(inherited); i++) {
		const char *value =
			snapshot_value(image->after, object, inherited[i]);

		if (value != NULL)
			expect(image->expectations, EXPECT_IS, own,
			       inherited[i], value);
	}
}

static void
expect_columns(const struct image *image)
{
	const struct snapshot *after = image->after;
	auto_free char *start = xprintf("column %s.", image->parent);

	for (int i = 0; i < after->count; i = snapshot_next(after, i)) {
		const char *object = after->properties[i].object;

		if (begins_with(object, start))
			expect_image_column(image, object,
					    object + strlen(start));
	}
}

/* --- Indexes, constraints, triggers --------------------------------------- */

/* On the table itself, or a foreign key that points to it. */
static bool
hangs_on(const struct snapshot *snapshot, const char *object, const char *table)
{
	return same_text(snapshot_value(snapshot, object, "on"), table) ||
	       same_text(snapshot_value(snapshot, object, "refers_to"), table);
}

/* A check that isn't valid on the parent is valid on an empty partition. */
static bool
same_definition(const char *left, const char *right)
{
	static const char mark[] = " NOT VALID";
	size_t size = left == NULL ? 0 : strlen(left);

	if (left == NULL || right == NULL)
		return left == right;
	if (size > strlen(mark) &&
	    strcmp(left + size - strlen(mark), mark) == 0 &&
	    strlen(right) == size - strlen(mark))
		return strncmp(left, right, strlen(right)) == 0;
	return strcmp(left, right) == 0;
}

static bool
is_image(const struct snapshot *after, const char *original, const char *object)
{
	static const char *const same[] = {
		"kind",		  "is",	       "columns", "level", "enabled",
		"function_owner", "unenforced"};

	for (size_t i = 0; i < array_size(same); i++)
		if (!same_text(snapshot_value(after, original, same[i]),
			       snapshot_value(after, object, same[i])))
			return false;
	return snapshot_value(after, object, "not_valid") == NULL &&
	       same_definition(snapshot_value(after, original, "definition"),
			       snapshot_value(after, object, "definition"));
}

/* All of an object's properties as they are: they were compared otherwise. */
static void
expect_as_it_is(const struct image *image, const char *object)
{
	const struct snapshot *after = image->after;
	int start = snapshot_find(after, object);

	for (int i = start; i < snapshot_next(after, start); i++)
		expect(image->expectations, EXPECT_IS, object,
		       after->properties[i].name, after->properties[i].value);
}

/* The one object that is linked to the parent's. */
static const char *
find_image(const struct image *image, const char *original)
{
	const struct snapshot *after = image->after;

	for (int i = 0; i < after->count; i = snapshot_next(after, i)) {
		const char *object = after->properties[i].object;

		if (hangs_on(after, object, image->partition) &&
		    same_text(snapshot_value(after, object, "parent"),
			      original))
			return object;
	}
	return NULL;
}

/* A second one of the same origin isn't expected, and so a difference. */
static int
expect_hanging(const struct image *image, struct error *err)
{
	const struct snapshot *after = image->after;

	for (int i = 0; i < after->count; i = snapshot_next(after, i)) {
		const char *original = after->properties[i].object, *object;

		if (!hangs_on(after, original, image->parent) ||
		    same_text(snapshot_value(after, original, "level"),
			      "statement") ||
		    begins_with(original, "statistics "))
			continue;
		object = find_image(image, original);
		if (object == NULL || !is_image(after, original, object))
			return fail_difference(
				err, "the partition %s has no image of the %s",
				image->partition, original);
		expect_as_it_is(image, object);
	}
	return 0;
}

/* --- The bound ------------------------------------------------------------ */

/* Of each column of the key; several where the bound is a list. */
static char *
type_of(const char *types, int index)
{
	while (index-- > 0) {
		const char *end = strchr(types, '\n');

		if (end == NULL)
			return NULL;
		types = end + 1;
	}
	return xprintf("%.*s", (int)strcspn(types, "\n"), types);
}

/* A constant as the server reads and writes it, or NULL for NULL. */
static int
canonical(char **ret_text, struct database *database, const char *type,
	  const char *text, struct error *err)
{
	auto_free char *sql = xprintf("SELECT CAST(CAST($1 AS %s)"
				      " AS pg_catalog.text)",
				      type);
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 1, &text, &rows, err) < 0)
		return fail_in(err, "compare the bound");
	*ret_text = rows_text(rows, 0, 0) == NULL
			    ? NULL
			    : xstrdup(rows_text(rows, 0, 0));
	return 0;
}

static const char *
constant_text(const struct expression *constant)
{
	switch (constant->kind) {
	case EXPRESSION_NULL:
		return NULL;
	case EXPRESSION_BOOLEAN:
		return constant->number != 0 ? "true" : "false";
	default:
		return constant->text;
	}
}

/* Values one by one, both read by the server as the key's type. */
static int
compare_values(const struct image *image, const struct expression *planned,
	       const struct expression *found, bool is_list, struct error *err)
{
	struct database *database = image->expectations->database;
	auto_free char *object = xprintf("relation %s", image->parent);
	const char *types = snapshot_value(image->after, object, "key_types");

	if (types == NULL || planned == NULL || found == NULL ||
	    planned->count != found->count)
		return fail_difference(err, "the bound has another form");
	for (int i = 0; i < planned->count; i++) {
		auto_free char *type = type_of(types, is_list ? 0 : i);
		auto_free char *left = NULL, *right = NULL;

		if (type == NULL ||
		    canonical(&left, database, type,
			      constant_text(planned->arguments[i]), err) < 0 ||
		    canonical(&right, database, type,
			      constant_text(found->arguments[i]), err) < 0)
			return -1;
		if (!same_text(left, right))
			return fail_difference(err,
					       "the bound is %.80s, not %.80s",
					       right == NULL ? "NULL" : right,
					       left == NULL ? "NULL" : left);
	}
	return 0;
}

static int
compare_bounds(const struct image *image, const struct bound *found,
	       struct error *err)
{
	const struct bound *planned = &image->action->bound;

	if (planned->kind != found->kind)
		return fail_difference(err, "the bound has another form");
	switch (planned->kind) {
	case BOUND_RANGE:
		return compare_values(image, planned->from, found->from, false,
				      err) < 0 ||
				       compare_values(image, planned->to,
						      found->to, false, err) < 0
			       ? -1
			       : 0;
	case BOUND_LIST:
		return compare_values(image, planned->in, found->in, true, err);
	default:
		return planned->modulus == found->modulus &&
				       planned->remainder == found->remainder
			       ? 0
			       : fail_difference(err,
						 "the bound has another form");
	}
}

/* The server's wording is read by the parser that read the plan's. */
static int
check_bound(const struct image *image, struct error *err)
{
	auto_free char *object = xprintf("relation %s", image->partition);
	const char *wording = snapshot_value(image->after, object, "bound");
	auto_free char *sql =
		xprintf("CREATE TABLE %s PARTITION OF %s %s", image->partition,
			image->parent, wording == NULL ? "" : wording);
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!statement_parse(&statement, sql, strlen(sql), &refusal))
		return fail_difference(err,
				       "the bound isn't understood: %.150s",
				       refusal.text);
	expect(image->expectations, EXPECT_SOME, object, "bound", NULL);
	return compare_bounds(image, &statement->actions[0].bound, err);
}

/* --- The whole ------------------------------------------------------------ */

/* As any new table of the owner's, and the parent's child. */
static int
expect_child(const struct image *image, struct error *err)
{
	struct expectations *expectations = image->expectations;
	auto_free char *object = xprintf("relation %s", image->partition);
	auto_free char *parent = xprintf("relation %s", image->parent);
	auto_free char *child = xprintf("child %s", image->partition);
	auto_free char *of = xprintf("of %s", image->parent);

	if (expect_relation(expectations, image->partition, err) < 0)
		return -1;
	expect(expectations, EXPECT_IS, object, "persistence",
	       snapshot_value(image->after, parent, "persistence"));
	expect(expectations, EXPECT_SOME, object, "access_method", NULL);
	expect(expectations, EXPECT_IS, child, of, "yes");
	return 0;
}

int
expect_partition(struct expectations *expectations, const struct action *action,
		 struct error *err)
{
	auto_free char *parent = table_name_of(expectations->comparison);
	auto_free char *partition =
		snapshot_relation(&expectations->comparison->before->snapshot,
				  action->schema, action->table);
	const struct image image = {
		.expectations = expectations,
		.after = &expectations->comparison->after->snapshot,
		.action = action,
		.parent = parent,
		.partition = partition,
	};

	if (expect_child(&image, err) < 0)
		return -1;
	expect_columns(&image);
	if (expect_hanging(&image, err) < 0)
		return -1;
	return check_bound(&image, err);
}
