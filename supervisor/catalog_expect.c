#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"

/* --- The list ------------------------------------------------------------- */

const struct expectation *
expectations_find(const struct expectations *expectations, const char *object,
		  const char *name)
{
	for (int i = 0; i < expectations->count; i++) {
		const struct expectation *item = &expectations->items[i];

		if (strcmp(item->name, name) == 0 &&
		    strcmp(item->object, object) == 0)
			return item;
	}
	return NULL;
}

void
expect(struct expectations *expectations, enum expected expected,
       const char *object, const char *name, const char *value)
{
	struct expectation *item = (struct expectation *)expectations_find(
		expectations, object, name);

	if (item == NULL) {
		expectations->items = xreallocarray(
			expectations->items, (size_t)expectations->count + 1,
			sizeof(*item));
		item = &expectations->items[expectations->count++];
		item->object = xstrdup(object);
		item->name = xstrdup(name);
	} else {
		free(item->value);
	}
	item->expected = expected;
	item->value = xstrdup(value);
}

void
expectations_free(struct expectations *expectations)
{
	for (int i = 0; i < expectations->count; i++) {
		free(expectations->items[i].object);
		free(expectations->items[i].name);
		free(expectations->items[i].value);
	}
	free(expectations->items);
	*expectations = (struct expectations){.count = 0};
}

int
fail_difference(struct error *err, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return fail_as(err, EXIT_ROLLED_BACK, "catalogue_difference", "%s",
		       text);
}

char *
table_name_of(const struct comparison *comparison)
{
	const struct catalog *before = comparison->before;

	return snapshot_relation(&before->snapshot, before->schema,
				 before->table);
}

const char *
next_relation(const struct expectations *expectations, int *place)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	static const char kind[] = "relation ";

	while (*place < before->count) {
		const char *object = before->properties[*place].object;

		*place = snapshot_next(before, *place);
		if (strncmp(object, kind, strlen(kind)) == 0)
			return object + strlen(kind);
	}
	return NULL;
}

/* --- The whole ------------------------------------------------------------ */

static expect_action *const predictions[OPERATIONS] = {
	[OP_ADD_COLUMN] = expect_column,
	[OP_ALTER_TYPE] = expect_type,
	[OP_DROP_NOT_NULL] = expect_nullable,
	[OP_SET_DEFAULT] = expect_default,
	[OP_ADD_ENUM_VALUE] = expect_label,
	[OP_CREATE_PARTITION] = expect_partition,
	[OP_CREATE_TABLE] = expect_table,
	[OP_ADD_CONSTRAINT] = expect_constraint,
	[OP_COMMENT] = expect_comment,
};

/* What isn't foretold is never as planned. */
static int
expect_one(struct expectations *expectations, const struct action *action,
	   struct error *err)
{
	expect_action *predict = predictions[action->operation];

	if (predict == NULL)
		return fail_difference(err, "%s can't be foretold",
				       operation_name(action->operation));
	return predict(expectations, action, err);
}

static int
expect_all(struct expectations *expectations, struct error *err)
{
	const struct comparison *comparison = expectations->comparison;

	for (int s = 0; s < comparison->statement_count; s++) {
		const struct statement *statement = comparison->statements[s];

		for (int a = 0; a < statement->count; a++)
			if (expect_one(expectations, &statement->actions[a],
				       err) < 0)
				return -1;
	}
	return expectations_prove(expectations, err);
}

int
expectations_make(struct expectations *ret_expectations,
		  struct database *database,
		  const struct comparison *comparison, struct error *err)
{
	struct expectations expectations = {.database = database,
					    .comparison = comparison};

	if (expect_all(&expectations, err) < 0) {
		expectations_free(&expectations);
		return -1;
	}
	*ret_expectations = expectations;
	return 0;
}

const char *
catalog_unproven(const struct statement *statement,
		 const struct catalog *catalog)
{
	auto_free char *table = snapshot_relation(
		&catalog->snapshot, catalog->schema, catalog->table);
	auto_free char *object = xprintf("relation %s", table);

	for (int a = 0; a < statement->count; a++) {
		enum operation operation = statement->actions[a].operation;

		if (predictions[operation] == NULL)
			return "what it makes of the catalogue can't be "
			       "foretold: a person must do this";
		if (operation == OP_CREATE_TABLE && catalog->absence == NULL)
			return "the table is there already, and may be "
			       "another: a person must look";
		if (operation == OP_CREATE_PARTITION &&
		    statement->actions[a].bound.kind != BOUND_HASH &&
		    snapshot_value(&catalog->snapshot, object, "key_types") ==
			    NULL)
			return "the partition key is an expression, so the new "
			       "bounds can't be compared: a person must do "
			       "this";
	}
	return NULL;
}
