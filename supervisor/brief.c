#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/redact.h"
#include "supervisor/replay.h"
#include "supervisor/suspect.h"

#define SHAPES_MAX 16 /* distinct ones of a field; more say nothing new */
#define OTHER_FIELDS_MAX 64

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

struct document *
columns_document(const struct catalog *catalog)
{
	struct document *columns = document_array();

	for (int i = 0; i < catalog->column_count; i++) {
		const struct column *column = &catalog->columns[i];
		struct document *one = document_object();

		add_name(one, "name", column->name);
		add_name(one, "type", column->type);
		document_bool(one, "nullable", !column->not_null);
		if (column->has_default)
			document_bool(one, "has_default", true);
		if (column->is_generated)
			document_bool(one, "generated", true);
		document_add(columns, NULL, one);
	}
	return columns;
}

/* --- Fields --------------------------------------------------------------- */

/* A field of the records, and how much of its values may be told. */
struct field {
	const struct grounds *grounds;
	const char *key;
	enum disclosure level;
};

static enum disclosure
level_of(const struct grounds *grounds, const char *name)
{
	return policy_disclosure(grounds->policy, grounds->catalog->schema,
				 grounds->catalog->table, name);
}

/* A field goes by its own name and by its column's: the stricter decides. */
static struct field
field_of(const struct grounds *grounds, const char *key, const char *column)
{
	enum disclosure level = level_of(grounds, column);
	enum disclosure own = key == NULL ? level : level_of(grounds, key);

	return (struct field){grounds, key, own < level ? own : level};
}

/* The field in one record; JSON_NONE when it isn't there. `ret_level` is what
 * may be told of it. */
static int
value_of(const struct field *field, int record, enum disclosure *ret_level)
{
	const struct incident *incident = field->grounds->replay->incident;
	int value = json_member(incident->json, incident->payloads[record],
				field->key);

	*ret_level = disclose_level(field->grounds->policy, field->level,
				    incident->json, value);
	return value;
}

/* The distinct shapes of one field over all records. A record without it is
 * one with null. */
static struct document *
shapes_document(const struct field *field)
{
	const struct incident *incident = field->grounds->replay->incident;
	struct document *shapes = document_array();
	auto_texts struct texts seen = {.count = 0};

	for (int i = 0; i < incident->payload_count && seen.count < SHAPES_MAX;
	     i++) {
		enum disclosure level;
		int value = value_of(field, i, &level);
		struct shape shape = shape_of(incident->json, value);
		auto_document struct document *one = shape_document(&shape);
		char *text = document_print(one);

		if (level == DISCLOSE_NONE)
			free(text);
		else if (add_text(&seen, text))
			document_raw(shapes, NULL, text);
	}
	return shapes;
}

/* Masked or whole values of the first records; none where only shapes may be
 * told. */
static struct document *
values_document(const struct field *field)
{
	const struct incident *incident = field->grounds->replay->incident;
	int64_t most = policy_disclose_max_rows(field->grounds->policy);
	struct document *values = document_array();

	for (int i = 0; i < incident->payload_count && i < most; i++) {
		enum disclosure level;
		int value = value_of(field, i, &level);

		if (field->level > DISCLOSE_SHAPE)
			document_add(
				values, NULL,
				disclose_value(incident->json, value, level));
	}
	return values;
}

static void
add_field(struct document *document, const struct field *field)
{
	bool is_there = field->key != NULL;

	add_name(document, "field", field->key);
	document_text(document, "disclosure", disclosure_name(field->level));
	document_add(document, "shapes",
		     is_there ? shapes_document(field) : document_array());
	document_add(document, "values",
		     is_there ? values_document(field) : document_array());
}

static struct document *
wanted_document(const struct grounds *grounds)
{
	const struct insert *insert = grounds->replay->insert;
	struct document *wanted = document_array();

	for (int i = 0; i < insert->column_count; i++) {
		const char *name = insert->columns[i];
		struct field field =
			field_of(grounds, replay_key(grounds->replay, i), name);
		struct document *one = document_object();

		add_name(one, "column", name);
		document_bool(one, "exists",
			      catalog_column(grounds->catalog, name) != NULL);
		add_field(one, &field);
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
	const struct json *json = incident->json;
	struct document *others = document_array();
	auto_texts struct texts seen = {.count = 0};
	int taken = 0;

	for (int i = 0; i < grounds->replay->insert->column_count; i++) {
		const char *key = replay_key(grounds->replay, i);

		taken += key != NULL && add_text(&seen, xstrdup(key));
	}
	for (int i = 0; i < incident->payload_count; i++)
		for (int node = json_first(json, incident->payloads[i]);
		     node != JSON_NONE && seen.count < taken + OTHER_FIELDS_MAX;
		     node = json_next(json, node))
			add_text(&seen, json_key(json, node));
	for (int i = taken; i < seen.count; i++) {
		struct field field = field_of(grounds, seen.of[i], seen.of[i]);
		struct document *one = document_object();

		add_field(one, &field);
		document_add(others, NULL, one);
	}
	return others;
}

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
	document_add(brief, "wanted", wanted_document(grounds));
	document_add(brief, "suspects", suspects_document(grounds));
	document_add(brief, "other_fields", others_document(grounds));
	document_number(brief, "records", replay_count(grounds->replay));
	return brief;
}
