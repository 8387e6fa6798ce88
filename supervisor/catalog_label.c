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

/* The label that comes after the value "after LABEL", or first. */
static const char *
label_with(const struct snapshot *snapshot, const char *object,
	   const char *value)
{
	int start = snapshot_find(snapshot, object);

	if (start < 0)
		return NULL;
	for (int i = start; i < snapshot_next(snapshot, start); i++) {
		const struct property *property = &snapshot->properties[i];

		if (strncmp(property->name, "label ", strlen("label ")) == 0 &&
		    strcmp(property->value, value) == 0)
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
place_of(const struct snapshot *before, const char *object,
	 const struct action *action)
{
	auto_free char *neighbor = NULL;
	auto_free char *place = xstrdup("first");
	const char *next;

	if (action->neighbor != NULL && !action->is_before)
		return xprintf("after %s", action->neighbor);
	if (action->neighbor != NULL) {
		neighbor = xprintf("label %s", action->neighbor);
		next = snapshot_value(before, object, neighbor);
		return xstrdup(next == NULL ? "" : next);
	}
	while ((next = label_with(before, object, place)) != NULL) {
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
	auto_free char *place = place_of(before, object, action);
	auto_free char *after = after_label(name);
	const char *next = label_with(before, object, place);

	if (snapshot_value(before, object, name) != NULL)
		return 0;
	expect(expectations, EXPECT_IS, object, name, place);
	if (next != NULL)
		expect(expectations, EXPECT_IS, object, next, after);
	return 0;
}
