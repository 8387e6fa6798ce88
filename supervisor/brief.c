#include "pgmend.h"

#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/brief_field.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/redact.h"
#include "supervisor/replay.h"
#include "supervisor/suspect.h"

#define OTHER_FIELDS_MAX 64
#define NEEDED_VALUES_MAX 64 /* distinct ones; more are no labels or bounds */

/* Texts that were seen; owned. */
struct texts {
	char **of;
	int count;
};

/* Takes the text; false when it was there already. */
static bool
add_text(struct texts *texts, char *text)
{
	for (int i = 0; i < texts->count; i++) {
		if (strcmp(texts->of[i], text) != 0)
			continue;
		free(text);
		return false;
	}
	texts->of = xreallocarray(texts->of, (size_t)texts->count + 1,
				  sizeof(*texts->of));
	texts->of[texts->count++] = text;
	return true;
}

static void
free_texts(struct texts *texts)
{
	for (int i = 0; i < texts->count; i++)
		free(texts->of[i]);
	free(texts->of);
}
#define auto_texts __attribute__((cleanup(free_texts)))

/* A name as the detectors leave it. */
static void
add_name(struct document *document, const char *member, const char *name)
{
	auto_free char *told = redact_name(name);

	document_text(document, member, told);
}

/* --- Fields --------------------------------------------------------------- */

/* Does the statement itself turn the field into something else? */
static bool
is_cast(const struct insert *insert, int column)
{
	return column < insert->width &&
	       insert->values[column]->kind == EXPRESSION_CAST;
}

static struct document *
wanted_document(const struct grounds *grounds)
{
	const struct insert *insert = grounds->replay->insert;
	struct document *wanted = document_array();

	for (int i = 0; i < insert->column_count; i++) {
		const char *name = insert->columns[i];
		struct field field = field_of_column(grounds, i);
		struct document *one = document_object();

		add_name(one, "column", name);
		document_bool(one, "exists",
			      catalog_column(grounds->catalog, name) != NULL);
		if (is_cast(insert, i))
			document_bool(one, "cast", true);
		field_add(one, &field);
		document_add(wanted, NULL, one);
	}
	return wanted;
}

/* The payloads' keys that the statement doesn't take: one of them may be what
 * a column is called now. */
static struct document *
others_document(const struct grounds *grounds)
{
	const struct incident *incident = grounds->replay->incident;
	const struct insert *insert = grounds->replay->insert;
	const struct json *json = incident->json;
	struct document *others = document_array();
	auto_texts struct texts seen = {.count = 0};
	int taken = 0;

	for (int i = 0; i < insert->column_count * insert->row_count; i++) {
		const char *key = replay_row_key(grounds->replay,
						 i / insert->column_count,
						 i % insert->column_count);

		taken += key != NULL && add_text(&seen, xstrdup(key));
	}
	for (int i = 0; i < incident->payload_count; i++)
		for (int node = json_first(json, incident->payloads[i]);
		     node != JSON_NONE && seen.count < taken + OTHER_FIELDS_MAX;
		     node = json_next(json, node))
			add_text(&seen, json_key(json, node));
	for (int i = taken; i < seen.count; i++) {
		struct field field = field_of_key(grounds, seen.of[i]);
		struct document *one = document_object();

		field_add(one, &field);
		document_add(others, NULL, one);
	}
	return others;
}

/* --- What DDL is made of -------------------------------------------------- */

/* The values of one field as texts; NULL where they aren't to be told, or are
 * too many. */
static struct document *
needed_values(const struct field *field)
{
	const struct json *json = field->grounds->replay->incident->json;
	auto_document struct document *values = document_array();
	auto_texts struct texts seen = {.count = 0};

	for (int i = 0; i < field_count(field); i++) {
		enum disclosure unused;
		char *text;
		int node;

		if (!field_value(&node, &unused, field, i))
			return NULL;
		if (node == JSON_NONE || json_is(json, node, JSON_NULL))
			continue;
		text = json_is(json, node, JSON_STRING)
			       ? json_string(json, node)
			       : json_raw_copy(json, node);
		if (text != NULL && add_text(&seen, text))
			document_text(values, NULL, text);
		if (disclose_level(field->grounds->policy, DISCLOSE_FULL, json,
				   node) != DISCLOSE_FULL ||
		    seen.count > NEEDED_VALUES_MAX)
			return NULL;
	}
	return take(values);
}

/* Times of 2000 to 2040; 202611241804 is none, but a day and an hour that are
 * written as one number. */
static const struct {
	const char *name;
	long long least, most;
} epochs[] = {
	{"seconds", 946684800, 2208988800},
	{"millis", 946684800000, 2208988800000},
};

/* True for null, which any column takes, and for an integer, which may be
 * written as a string. */
static bool
is_between(const struct json *json, int node, long long least, long long most)
{
	auto_free char *text = json_string(json, node);
	long long number;
	char *end = NULL;

	if (node == JSON_NONE || json_is(json, node, JSON_NULL))
		return true;
	if (text != NULL)
		number = strtoll(text, &end, 10);
	else if (!json_integer(json, node, &number))
		return false;
	return number >= least && number <= most &&
	       (end == NULL || *end == '\0');
}

static const char *
needed_epoch(const struct field *field)
{
	const struct json *json = field->grounds->replay->incident->json;

	for (size_t e = 0; e < array_size(epochs); e++) {
		enum disclosure unused;
		int i = 0, node;

		while (i < field_count(field) &&
		       field_value(&node, &unused, field, i) &&
		       is_between(json, node, epochs[e].least, epochs[e].most))
			i++;
		if (i > 0 && i == field_count(field))
			return epochs[e].name;
	}
	return NULL;
}

void
brief_add_needed(struct document *brief, const struct grounds *grounds)
{
	const struct insert *insert = grounds->replay->insert;
	const char *key = partition_key(grounds->catalog);
	struct document *needed = document_array();

	for (int i = 0; i < insert->column_count; i++) {
		const char *name = insert->columns[i];
		struct field field = field_of_column(grounds, i);
		struct document *values = NULL, *one;
		const char *epoch;

		if (field.key == NULL || field.level == DISCLOSE_NONE)
			continue;
		if (same_text(name, key) ||
		    column_is_enum(grounds->catalog, name))
			values = needed_values(&field);
		epoch = needed_epoch(&field);
		if (values == NULL && epoch == NULL)
			continue;
		one = document_object();
		document_text(one, "column", name);
		if (values != NULL)
			document_add(one, "values", values);
		if (epoch != NULL)
			document_text(one, "epoch", epoch);
		document_add(needed, NULL, one);
	}
	document_add(brief, "needed", needed);
}

void
brief_add_column(struct document *brief, const char *column)
{
	if (column != NULL && *column != '\0')
		add_name(brief, "column", column);
}

/* --- What was found ------------------------------------------------------- */

struct document *
suspects_document(const struct grounds *grounds)
{
	const struct suspects *suspects = grounds->suspects;
	struct document *list = document_array();

	for (int i = 0; suspects != NULL && i < suspects->count; i++) {
		const struct suspect *suspect = &suspects->of[i];
		struct document *one = document_object();

		add_name(one, "column",
			 grounds->replay->insert->columns[suspect->column]);
		document_text(one, "sqlstate", suspect->sqlstate);
		if (suspect->digits_most > 0) {
			document_number(one, "digits_least",
					suspect->digits_least);
			document_number(one, "digits_most",
					suspect->digits_most);
		}
		document_add(list, NULL, one);
	}
	return list;
}

/* --- Texts ---------------------------------------------------------------- */

/* The message may name the table, its columns, and those that the statement
 * wants. */
static void
add_message(struct document *brief, const struct grounds *grounds,
	    const char *message)
{
	const struct catalog *catalog = grounds->catalog;
	const struct incident *incident = grounds->replay->incident;
	const struct insert *insert = grounds->replay->insert;
	int count = catalog->column_count + insert->column_count + 2;
	auto_free const char **names = xcalloc((size_t)count, sizeof(*names));
	struct redaction redaction = {
		.names = names,
		.json = incident->json,
		.payloads = incident->payloads,
		.payload_count = incident->payload_count,
	};
	auto_free char *told = NULL;

	names[redaction.name_count++] = catalog->schema;
	names[redaction.name_count++] = catalog->table;
	for (int i = 0; i < catalog->column_count; i++)
		names[redaction.name_count++] = catalog->columns[i].name;
	for (int i = 0; i < insert->column_count; i++)
		names[redaction.name_count++] = insert->columns[i];
	told = redact_message(message, &redaction);
	document_text(brief, "message", told);
}

/* What hangs on the table, where there is something: every word of it is paid
 * for with a model. */
static void
add_table(struct document *brief, const struct grounds *grounds)
{
	const struct insert *insert = grounds->replay->insert;
	struct document *partitions = partitions_document(grounds->catalog);
	struct document *views = views_document(grounds->catalog);
	struct document *conflict, *columns;

	if (partitions != NULL)
		document_add(brief, "partitions", partitions);
	if (views != NULL)
		document_add(brief, "views", views);
	if (table_has_triggers(grounds->catalog))
		document_bool(brief, "has_triggers", true);
	if (insert->conflict == CONFLICT_NONE)
		return;
	conflict = document_object();
	columns = document_array();
	for (int i = 0; i < insert->conflict_column_count; i++)
		add_name(columns, NULL, insert->conflict_columns[i]);
	document_add(conflict, "columns", columns);
	add_name(conflict, "constraint", insert->conflict_constraint);
	document_add(brief, "conflict", conflict);
}

struct document *
brief_document(const struct grounds *grounds, const char *drift,
	       const char *sqlstate, const char *message)
{
	const struct catalog *catalog = grounds->catalog;
	struct document *brief = document_object();
	struct document *target = document_object();
	auto_free char *statement = redact_sql(grounds->replay->incident->sql);

	document_text(brief, "class", drift);
	document_text(brief, "sqlstate", sqlstate);
	add_message(brief, grounds, message);
	document_text(brief, "statement", statement);
	add_name(target, "schema", catalog->schema);
	add_name(target, "table", catalog->table);
	document_add(brief, "target", target);
	document_add(brief, "columns", columns_document(catalog));
	add_table(brief, grounds);
	document_add(brief, "wanted", wanted_document(grounds));
	document_add(brief, "suspects", suspects_document(grounds));
	document_add(brief, "other_fields", others_document(grounds));
	document_number(brief, "records", replay_count(grounds->replay));
	return brief;
}
