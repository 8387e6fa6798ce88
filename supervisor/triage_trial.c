/* The trial's error, read by what the table and the records are like. */
#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/brief_field.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/suspect.h"
#include "supervisor/triage.h"

/* What is judged: an error with all that is known of it. */
struct finding {
	const struct trial *trial;
	const struct suspects *suspects;
	const struct grounds *grounds;
	bool is_key;
};

static bool
lacks_column(const struct grounds *grounds)
{
	const struct insert *insert = grounds->replay->insert;

	for (int i = 0; i < insert->column_count; i++)
		if (catalog_column(grounds->catalog, insert->columns[i]) ==
		    NULL)
			return true;
	return false;
}

static const struct column *
column_of(const struct finding *finding, int suspect)
{
	const struct insert *insert = finding->grounds->replay->insert;
	int column = finding->suspects->of[suspect].column;

	return catalog_column(finding->grounds->catalog,
			      insert->columns[column]);
}

/* --- 22P02 and its kin: another form, or plain garbage? ------------------- */

static bool
is_enum(const struct grounds *grounds, const struct column *column)
{
	const struct catalog *catalog = grounds->catalog;

	for (int i = 0; i < catalog->enum_count; i++) {
		auto_free char *schema = quote_name(catalog->schema);
		auto_free char *name = quote_name(catalog->enums[i]);
		auto_free char *type = xprintf("%s.%s", schema, name);

		if (same_text(type, column->qualified_type))
			return true;
	}
	return false;
}

static bool
is_time(const struct column *column)
{
	return strncmp(column->qualified_type, "pg_catalog.date", 15) == 0 ||
	       strstr(column->qualified_type, "timestamp") != NULL;
}

/* A text that no other form of the field explains: an empty one, words for a
 * time, "a,b" for an array. A number for a time is another form. */
static bool
is_garbage(const struct column *column, const struct json *json, int node)
{
	struct shape shape = shape_of(json, node);
	auto_free char *text = NULL;

	if (shape.type != JSON_STRING)
		return false;
	if (shape.length == 0)
		return true;
	if (is_time(column))
		return shape.format == SHAPE_TEXT || shape.format == SHAPE_UUID;
	text = json_string(json, node);
	return column->is_array && strpbrk(text, ",{}") != NULL;
}

/* True when the column that was failed at has garbage in some record, so that
 * no type but text would take it. */
static bool
holds_garbage(const struct finding *finding, int suspect)
{
	const struct column *column = column_of(finding, suspect);
	struct field field = field_of_column(
		finding->grounds, finding->suspects->of[suspect].column);

	for (int i = 0; column != NULL && i < field_count(&field); i++) {
		enum disclosure unused;
		int node;

		if (field_value(&node, &unused, &field, i) &&
		    is_garbage(column, finding->grounds->replay->incident->json,
			       node))
			return true;
	}
	return false;
}

static struct triage
read_wrong_type(const struct finding *finding, struct triage found)
{
	int garbage = 0, enums = 0;

	for (int i = 0; i < finding->suspects->count; i++) {
		const struct column *column = column_of(finding, i);

		garbage += holds_garbage(finding, i);
		enums += column != NULL && is_enum(finding->grounds, column);
	}
	if (garbage > 0 && garbage == finding->suspects->count)
		return (struct triage){TRIAGE_DATA, NULL,
				       "a value is not valid"};
	if (enums > 0)
		return (struct triage){TRIAGE_DRIFT, "new_enum_value",
				       "an enum lacks the value"};
	return found;
}

/* --- By SQLSTATE ---------------------------------------------------------- */

static struct triage
read_missing_column(const struct finding *finding, struct triage found)
{
	if (lacks_column(finding->grounds))
		return found;
	return (struct triage){TRIAGE_UNKNOWN, NULL,
			       "a column is missing, but none of the "
			       "statement's"};
}

/* Of a table that is there something on the way needs another. */
static struct triage
read_missing_table(const struct finding *finding, struct triage found)
{
	if (finding->grounds->catalog->absence != NULL)
		return found;
	return (struct triage){TRIAGE_UNKNOWN, NULL,
			       "a table is missing, but not the statement's"};
}

static struct triage
read_null(const struct finding *finding, struct triage found)
{
	if (!finding->is_key)
		return found;
	return (struct triage){TRIAGE_DATA, NULL,
			       "the record lacks its primary key"};
}

/* A missing partition is told without a constraint's name. */
static struct triage
read_check(const struct finding *finding, struct triage found)
{
	if (same_text(finding->trial->constraint, "") &&
	    finding->grounds->catalog->kind == 'p')
		return (struct triage){TRIAGE_DRIFT, "missing_partition",
				       "no partition takes the record"};
	return (struct triage){TRIAGE_DATA, NULL, "a check refuses the record"};
}

/* An identity can be left to the table; a generated column must be. */
static struct triage
read_generated(const struct finding *finding, struct triage found)
{
	for (int i = 0; i < finding->suspects->count; i++) {
		const struct column *column = column_of(finding, i);

		if (column != NULL && column->is_generated)
			return (struct triage){TRIAGE_DATA, NULL,
					       "a generated column is written"};
	}
	return found;
}

static struct triage
read_no_object(const struct finding *finding, struct triage found)
{
	if (finding->grounds->replay->insert->conflict_constraint == NULL)
		return found;
	return (struct triage){TRIAGE_DRIFT, "no_arbiter",
			       "ON CONFLICT names no constraint"};
}

static const struct {
	const char *sqlstate;
	struct triage (*read)(const struct finding *finding,
			      struct triage found);
} readers[] = {
	{"42703", read_missing_column}, {"42P01", read_missing_table},
	{"22P02", read_wrong_type},	{"22007", read_wrong_type},
	{"22008", read_wrong_type},	{"23502", read_null},
	{"23514", read_check},		{"428C9", read_generated},
	{"42704", read_no_object},
};

struct triage
triage_trial(const struct trial *trial, const struct suspects *suspects,
	     const struct grounds *grounds, bool is_key)
{
	struct triage found = triage(trial->sqlstate, trial->context);
	const struct finding finding = {
		.trial = trial,
		.suspects = suspects,
		.grounds = grounds,
		.is_key = is_key,
	};

	if (found.class == TRIAGE_TRANSIENT)
		return found;
	for (size_t i = 0; i < array_size(readers); i++)
		if (strcmp(readers[i].sqlstate, trial->sqlstate) == 0 &&
		    !triage_is_inner(trial->context))
			return readers[i].read(&finding, found);
	return found;
}
