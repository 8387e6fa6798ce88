/* The floor's part that needs the catalogue (F10, F11, F13). */
#include <ctype.h>

#include "pgmend.h"

#include "policy/type.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/plan.h"

/* --- F10: types ----------------------------------------------------------- */

/* A type outside pg_catalog may be an enum of the table's own schema and owner,
 * and nothing else: a domain's checks are code. */
static bool
type_is_known(const struct type *type, const struct catalog *catalog,
	      struct refusal *refusal)
{
	if (type->name == NULL || same_text(type->schema, "pg_catalog") ||
	    catalog_has_enum(catalog, type->schema, type->name))
		return true;
	return refuse(refusal, "F10",
		      "the type '%s.%s' is neither pg_catalog's nor an enum of "
		      "the table's schema and owner",
		      type->schema, type->name);
}

/* The catalogue names them in full; a conversion runs whatever they call. */
static bool
has_planted_cast(const struct column *column, const struct type *type)
{
	auto_free char *name = xprintf("\n%s.%s\n", type->schema, type->name);

	return strstr(column->planted_casts, name) != NULL;
}

static bool
old_type_is_known(const struct action *action, const struct column *column,
		  const struct catalog *catalog, struct refusal *refusal)
{
	struct type old = {.schema = NULL};
	bool is_known = strncmp(column->qualified_type, "pg_catalog.",
				strlen("pg_catalog.")) == 0;

	if (!is_known && type_read(&old, column->type))
		is_known = catalog_has_enum(catalog, old.schema, old.name);
	type_release(&old);
	if (!is_known)
		return refuse(refusal, "F10",
			      "the old type %.120s is neither pg_catalog's nor "
			      "an enum of the table's schema and owner",
			      column->type);
	if (has_planted_cast(column, &action->type))
		return refuse(refusal, "F10",
			      "a cast from %.60s to %.60s that isn't "
			      "pg_catalog's would run",
			      column->type, action->type.name);
	return true;
}

static bool
has_known_types(const struct action *action, const struct catalog *catalog,
		struct refusal *refusal)
{
	const struct column *column = NULL;

	if (!type_is_known(&action->type, catalog, refusal))
		return false;
	for (int i = 0; i < action->column_count; i++)
		if (!type_is_known(&action->columns[i].type, catalog, refusal))
			return false;
	if (action->operation == OP_ALTER_TYPE)
		column = catalog_column(catalog, action->column);
	return column == NULL ||
	       old_type_is_known(action, column, catalog, refusal);
}

/* --- F11: a name that differs from an existing one only in case ----------- */

static bool
differs_in_case(const char *left, const char *right)
{
	return strcasecmp(left, right) == 0 && strcmp(left, right) != 0;
}

static bool
label_is_distinct(const struct action *action, const struct catalog *catalog,
		  struct refusal *refusal)
{
	auto_free char *target = action_target(action);
	auto_free char *object = xprintf("enum %s", target);
	auto_free char *label = xprintf("label %s", action->text);
	const struct snapshot *snapshot = &catalog->snapshot;
	int start = snapshot_find(snapshot, object);

	for (int i = start; i >= 0 && i < snapshot_next(snapshot, start); i++)
		if (differs_in_case(label, snapshot->properties[i].name))
			return refuse(refusal, "F11",
				      "'%s' differs from an existing label "
				      "only in case",
				      action->text);
	return true;
}

static bool
column_is_distinct(const struct action *action, const struct catalog *catalog,
		   struct refusal *refusal)
{
	for (int i = 0; i < catalog->column_count; i++) {
		const char *other = catalog->columns[i].name;

		if (differs_in_case(action->column, other))
			return refuse(refusal, "F11",
				      "'%s' differs from an existing column "
				      "only in case",
				      action->column);
	}
	return true;
}

/* What the snapshot will call the new thing; the caller frees. NULL for what
 * has no name of its own. */
static char *
new_object(const struct action *action, const struct snapshot *snapshot)
{
	auto_free char *table =
		snapshot_relation(snapshot, action->schema, action->table);
	auto_free char *name = NULL;

	if (action->operation == OP_CREATE_PARTITION)
		return xprintf("relation %s", table);
	if (action->operation != OP_ADD_CONSTRAINT ||
	    action->constraint.name == NULL)
		return NULL;
	name = snapshot_quote(snapshot, action->constraint.name);
	return xprintf("constraint %s on %s", name, table);
}

/* Upper case brings quotes along, so quotes don't count either. */
static bool
looks_alike(const char *left, const char *right)
{
	do {
		left += strspn(left, "\"");
		right += strspn(right, "\"");
		if (tolower((unsigned char)*left) !=
		    tolower((unsigned char)*right))
			return false;
	} while (*left++ != '\0' && *right++ != '\0');
	return true;
}

/* A partition among its siblings, a constraint among the table's. */
static bool
object_is_distinct(const struct action *action, const struct catalog *catalog,
		   struct refusal *refusal)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	auto_free char *object = new_object(action, snapshot);

	for (int i = 0; object != NULL && i < snapshot->count;
	     i = snapshot_next(snapshot, i)) {
		const char *other = snapshot->properties[i].object;

		if (looks_alike(object, other) && strcmp(object, other) != 0)
			return refuse(refusal, "F11",
				      "the new %.100s differs from the "
				      "existing %.100s only in case",
				      object, other);
	}
	return true;
}

static bool
name_is_distinct(const struct action *action, const struct catalog *catalog,
		 struct refusal *refusal)
{
	return action->operation == OP_ADD_COLUMN
		       ? column_is_distinct(action, catalog, refusal)
		       : object_is_distinct(action, catalog, refusal);
}

/* --- F13: the table's own enum -------------------------------------------- */

static bool
column_has_enum(const struct column *column, const struct action *action)
{
	struct type type = {.schema = NULL};
	bool has = type_read(&type, column->type) &&
		   same_text(type.schema, action->schema) &&
		   same_text(type.name, action->table);

	type_release(&type);
	return has;
}

static bool
enum_is_own(const struct action *action, const struct catalog *catalog,
	    struct refusal *refusal)
{
	if (action->operation != OP_ADD_ENUM_VALUE)
		return true;
	if (!catalog_has_enum(catalog, action->schema, action->table))
		return refuse(refusal, "F10",
			      "'%s.%s' is no enum of the table's schema and "
			      "owner",
			      action->schema, action->table);
	if (!label_is_distinct(action, catalog, refusal))
		return false;
	for (int i = 0; i < catalog->column_count; i++)
		if (column_has_enum(&catalog->columns[i], action))
			return true;
	return refuse(refusal, "F13",
		      "no column of the incident's table has the type '%s.%s'",
		      action->schema, action->table);
}

bool
plan_suits_catalog(const struct statement *statement,
		   const struct catalog *catalog, struct refusal *refusal)
{
	if (!absence_suits(statement, catalog, refusal))
		return false;
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];

		if (!has_known_types(action, catalog, refusal) ||
		    !name_is_distinct(action, catalog, refusal) ||
		    !enum_is_own(action, catalog, refusal))
			return false;
	}
	return true;
}

/* A new type brings its own collation, storage and compression. */
static const char *
loses_setting(const struct action *action, const struct catalog *catalog)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	auto_free char *table =
		snapshot_relation(snapshot, catalog->schema, catalog->table);
	auto_free char *name = snapshot_quote(snapshot, action->column);
	auto_free char *object = xprintf("column %s.%s", table, name);

	if (snapshot_value(snapshot, object, "collation") != NULL &&
	    action->collation == NULL)
		return "the column has a collation of its own, and the new "
		       "type would bring another";
	if (snapshot_value(snapshot, object, "storage") != NULL)
		return "the column has a storage of its own, and the new type "
		       "would bring another";
	if (snapshot_value(snapshot, object, "compression") != NULL)
		return "the column has a compression of its own, and the new "
		       "type would bring another";
	return NULL;
}

const char *
plan_warning(const struct statement *statement, const struct catalog *catalog)
{
	const char *warning = NULL;

	for (int i = 0;
	     statement != NULL && i < statement->count && warning == NULL; i++)
		if (statement->actions[i].operation == OP_ALTER_TYPE)
			warning =
				loses_setting(&statement->actions[i], catalog);
	return warning;
}
