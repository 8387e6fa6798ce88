/* What a new comment and a new enum label must be. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"

/* Partitions have comments of their own. */
int
expect_comment(struct expectations *expectations, const struct action *action,
	       struct error *err)
{
	auto_free char *table = table_name_of(expectations->comparison);
	auto_free char *object =
		action->column == NULL
			? xprintf("relation %s", table)
			: column_object(expectations, table, action);

	expect(expectations, EXPECT_IS, object, "comment", action->text);
	return 0;
}

static bool
is_label(const char *name)
{
	return strncmp(name, "label ", strlen("label ")) == 0;
}

/* The label that comes after the value "after LABEL", or first: among those of
 * before, or where earlier actions of the plan put one. */
static const char *
label_with(const struct expectations *expectations, const char *object,
	   const char *value)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	int start = snapshot_find(before, object);

	for (int i = 0; i < expectations->count; i++) {
		const struct expectation *item = &expectations->items[i];

		if (strcmp(item->object, object) == 0 && is_label(item->name) &&
		    same_text(item->value, value))
			return item->name;
	}
	for (int i = start; i >= 0 && i < snapshot_next(before, start); i++) {
		const struct property *property = &before->properties[i];

		if (is_label(property->name) &&
		    strcmp(property->value, value) == 0 &&
		    expectations_find(expectations, object, property->name) ==
			    NULL)
			return property->name;
	}
	return NULL;
}

static char *
after_label(const char *label)
{
	return xprintf("after %s", label + strlen("label "));
}

/* What the new label comes after, as a value; without a neighbour the last. */
static char *
place_of(const struct expectations *expectations, const char *object,
	 const struct action *action)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	const struct expectation *moved;
	auto_free char *neighbor = NULL;
	auto_free char *place = xstrdup("first");
	const char *next;

	if (action->neighbor != NULL && !action->is_before)
		return xprintf("after %s", action->neighbor);
	if (action->neighbor != NULL) {
		neighbor = xprintf("label %s", action->neighbor);
		moved = expectations_find(expectations, object, neighbor);
		next = moved == NULL ? snapshot_value(before, object, neighbor)
				     : moved->value;
		return xstrdup(next == NULL ? "" : next);
	}
	while ((next = label_with(expectations, object, place)) != NULL) {
		free(place);
		place = after_label(next);
	}
	return take(place);
}

int
expect_label(struct expectations *expectations, const struct action *action,
	     struct error *err)
{
	const struct snapshot *before =
		&expectations->comparison->before->snapshot;
	auto_free char *target =
		snapshot_relation(before, action->schema, action->table);
	auto_free char *object = xprintf("enum %s", target);
	auto_free char *name = xprintf("label %s", action->text);
	auto_free char *place = place_of(expectations, object, action);
	auto_free char *after = after_label(name);
	const char *next = label_with(expectations, object, place);

	if (snapshot_value(before, object, name) != NULL)
		return 0;
	expect(expectations, EXPECT_IS, object, name, place);
	if (next != NULL)
		expect(expectations, EXPECT_IS, object, next, after);
	return 0;
}
