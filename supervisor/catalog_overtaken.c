/* Has somebody else changed the same thing meanwhile? */
#include "pgmend.h"

#include "supervisor/catalog.h"

/* The property that an action changes, as the snapshot names it. */
struct place {
	char *object, *name; /* owned */
};

static struct place
place_of(const struct snapshot *snapshot, const struct action *action)
{
	static const char *const names[OPERATIONS] = {
		[OP_ADD_COLUMN] = "type",	 [OP_ALTER_TYPE] = "type",
		[OP_DROP_NOT_NULL] = "not_null", [OP_SET_DEFAULT] = "default",
		[OP_COMMENT] = "comment",	 [OP_CREATE_PARTITION] = "kind",
		[OP_ADD_CONSTRAINT] = "kind",
	};
	auto_free char *target =
		snapshot_relation(snapshot, action->schema, action->table);
	const char *name = names[action->operation];
	struct place place = {.name = name == NULL ? NULL : xstrdup(name)};

	if (action->column != NULL) {
		auto_free char *quoted =
			snapshot_quote(snapshot, action->column);

		place.object = xprintf("column %s.%s", target, quoted);
	} else if (action->operation == OP_ADD_ENUM_VALUE) {
		place.object = xprintf("enum %s", target);
		place.name = xprintf("label %s", action->text);
	} else if (action->operation == OP_ADD_CONSTRAINT &&
		   action->constraint.name != NULL) {
		auto_free char *quoted =
			snapshot_quote(snapshot, action->constraint.name);

		place.object = xprintf("constraint %s on %s", quoted, target);
	} else {
		place.object = xprintf("relation %s", target);
	}
	return place;
}

bool
catalog_is_overtaken(const struct catalog *judged, const struct catalog *now,
		     const struct action *action)
{
	struct place place = place_of(&judged->snapshot, action);
	const char *before = NULL, *after = NULL;

	if (place.name != NULL) {
		before = snapshot_value(&judged->snapshot, place.object,
					place.name);
		after = snapshot_value(&now->snapshot, place.object,
				       place.name);
	}
	free(place.object);
	free(place.name);
	return !same_text(before, after);
}
