#include "pgmend.h"

#include "policy/insert.h"
#include "policy/statement.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/fingerprint.h"
#include "supervisor/incident.h"
#include "supervisor/replay.h"

/* The JSON types that the records give a field: "string", "null+number". */
static char *
field_types(const struct replay *replay, const char *key)
{
	const struct incident *incident = replay->incident;
	bool seen[JSON_TYPES] = {false};
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);
	const char *separator = "";

	for (int i = 0; key != NULL && i < incident->payload_count; i++) {
		int node =
			json_member(incident->json, incident->payloads[i], key);

		seen[json_type(incident->json, node)] = true;
	}
	for (int type = 0; type < JSON_TYPES; type++) {
		if (!seen[type])
			continue;
		fprintf(stream, "%s%s", separator,
			json_type_name((enum json_type)type));
		separator = "+";
	}
	fclose(stream);
	return text;
}

/* A column that takes no NULL and gets one: by name, since two fields that are
 * no longer sent are two drifts. */
static bool
is_left_out(const struct replay *replay, const struct column *column)
{
	const struct incident *incident = replay->incident;
	const struct insert *insert = replay->insert;
	const char *key;
	int at = 0;

	if (!column->not_null || column->has_default || column->is_generated)
		return false;
	while (at < insert->column_count &&
	       strcmp(insert->columns[at], column->name) != 0)
		at++;
	if (at == insert->column_count)
		return true;
	key = replay_key(replay, at);
	for (int i = 0; key != NULL && i < incident->payload_count; i++) {
		int node =
			json_member(incident->json, incident->payloads[i], key);

		if (node == JSON_NONE ||
		    json_is(incident->json, node, JSON_NULL))
			return true;
	}
	return false;
}

static int
compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines, each once and sorted, as one text; they are freed. */
static char *
join_sorted(char **lines, int count)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	qsort(lines, (size_t)count, sizeof(*lines), compare_texts);
	for (int i = 0; i < count; i++) {
		if (i + 1 == count || strcmp(lines[i], lines[i + 1]) != 0)
			fprintf(stream, "%s\n", lines[i]);
		free(lines[i]);
	}
	fclose(stream);
	return text;
}

static char *
labels_of_column(const struct replay *replay, int at,
		 const struct catalog *catalog)
{
	const struct incident *incident = replay->incident;
	const struct json *json = incident->json;
	const char *key = replay_key(replay, at);
	int most = incident->payload_count + 1, count = 0;
	auto_free char **lines = xcalloc((size_t)most, sizeof(*lines));

	for (int i = 0; key != NULL && i < incident->payload_count; i++) {
		int node = json_member(json, incident->payloads[i], key);
		auto_free char *label = json_is(json, node, JSON_STRING)
						? json_string(json, node)
						: json_raw_copy(json, node);

		if (label != NULL && json_type(json, node) != JSON_NULL &&
		    column_lacks_label(catalog, replay->insert->columns[at],
				       label))
			lines[count++] = take(label);
	}
	return join_sorted(lines, count);
}

char *
fingerprint_columns(const struct replay *replay, const struct catalog *catalog)
{
	const struct insert *insert = replay->insert;
	auto_free char **lines =
		xcalloc((size_t)(insert->column_count + catalog->column_count),
			sizeof(*lines));
	int count = 0;

	for (int i = 0; i < insert->column_count; i++) {
		auto_free char *name = quote_name(insert->columns[i]);
		auto_free char *types = NULL;

		if (catalog_column(catalog, insert->columns[i]) != NULL)
			continue;
		types = field_types(replay, replay_key(replay, i));
		lines[count++] = xprintf("%s:%s", name, types);
	}
	for (int i = 0; i < catalog->column_count; i++) {
		const struct column *column = &catalog->columns[i];
		auto_free char *name = quote_name(column->name);

		if (is_left_out(replay, column))
			lines[count++] = xprintf("%s:missing", name);
	}
	return join_sorted(lines, count);
}

char *
missing_labels(const struct replay *replay, const struct catalog *catalog)
{
	const struct insert *insert = replay->insert;
	auto_free char **lines =
		xcalloc((size_t)insert->column_count, sizeof(*lines));
	int count = 0;

	for (int i = 0; i < insert->column_count; i++) {
		auto_free char *name = quote_name(insert->columns[i]);
		auto_free char *labels = labels_of_column(replay, i, catalog);

		if (*labels != '\0')
			lines[count++] = xprintf("%s:%s", name, labels);
	}
	return join_sorted(lines, count);
}
