#include "pgmend.h"

#include "policy/insert.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/replay.h"

#define SHAPES_MAX 16 /* distinct ones of a field; more say nothing new */

struct document *
columns_document(const struct catalog *catalog)
{
	struct document *columns = document_array();

	for (int i = 0; i < catalog->column_count; i++) {
		const struct column *column = &catalog->columns[i];
		struct document *one = document_object();

		document_text(one, "name", column->name);
		document_text(one, "type", column->type);
		document_bool(one, "nullable", !column->not_null);
		document_bool(one, "has_default", column->has_default);
		document_bool(one, "generated", column->is_generated);
		document_add(columns, NULL, one);
	}
	return columns;
}

static bool
is_listed(char *const *texts, int count, const char *text)
{
	for (int i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* The distinct shapes of one field over all records. */
static struct document *
shapes_document(const struct replay *replay, const char *key)
{
	const struct incident *incident = replay->incident;
	struct document *shapes = document_array();
	char *seen[SHAPES_MAX];
	int count = 0;

	for (int i = 0; i < incident->payload_count && count < SHAPES_MAX;
	     i++) {
		struct shape shape =
			shape_of(incident->json,
				 json_member(incident->json,
					     incident->payloads[i], key));
		auto_document struct document *one = shape_document(&shape);
		auto_free char *text = document_print(one);

		if (is_listed(seen, count, text))
			continue;
		document_raw(shapes, NULL, text);
		seen[count++] = take(text);
	}
	for (int i = 0; i < count; i++)
		free(seen[i]);
	return shapes;
}

static struct document *
wanted_document(const struct replay *replay, const struct catalog *catalog)
{
	struct document *wanted = document_array();

	for (int i = 0; i < replay->insert->column_count; i++) {
		const char *name = replay->insert->columns[i];
		const char *key = replay_key(replay, i);
		struct document *one = document_object();

		document_text(one, "column", name);
		document_text(one, "field", key);
		document_bool(one, "exists",
			      catalog_column(catalog, name) != NULL);
		document_add(one, "shapes",
			     key == NULL ? document_array()
					 : shapes_document(replay, key));
		document_add(wanted, NULL, one);
	}
	return wanted;
}

struct document *
brief_document(const struct replay *replay, const struct catalog *catalog,
	       const char *drift, const char *sqlstate)
{
	struct document *brief = document_object();
	struct document *target = document_object();

	document_text(brief, "class", drift);
	document_text(brief, "sqlstate", sqlstate);
	document_text(target, "schema", catalog->schema);
	document_text(target, "table", catalog->table);
	document_add(brief, "target", target);
	document_add(brief, "columns", columns_document(catalog));
	document_add(brief, "wanted", wanted_document(replay, catalog));
	document_number(brief, "records", replay_count(replay));
	return brief;
}
