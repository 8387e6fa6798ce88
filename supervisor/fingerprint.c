#include "pgmend.h"

#include "policy/insert.h"
#include "policy/statement.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/fingerprint.h"
#include "supervisor/incident.h"
#include "supervisor/replay.h"

/* What a record holds for a column in one row of the statement: a node, or
 * JSON_NONE. False where that is a constant. */
static bool
find_value(int *ret_node, const struct replay *replay, int record, int row,
	   int at)
{
	const struct incident *incident = replay->incident;
	const char *key = replay_row_key(replay, row, at);

	if (key == NULL || record >= incident->payload_count)
		return false;
	*ret_node =
		json_member(incident->json, incident->payloads[record], key);
	return true;
}

/* The JSON types that the records give a column: "string", "null+number". */
static char *
column_types(const struct replay *replay, int at)
{
	int rows = replay->insert->row_count;
	bool seen[JSON_TYPES] = {false};
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);
	const char *separator = "";

	for (int i = 0; i < replay_count(replay) * rows; i++) {
		int node;

		if (find_value(&node, replay, i / rows, i % rows, at))
			seen[json_type(replay->incident->json, node)] = true;
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

/* A column that takes no NULL and gets one from the record: by name, since two
 * fields that are no longer sent are two drifts. */
static bool
lacks_value(const struct replay *replay, int record,
	    const struct column *column)
{
	const struct json *json = replay->incident->json;
	int at = insert_find_column(replay->insert, column->name);
	int node;

	if (!column->not_null || column->has_default || column->is_generated)
		return false;
	if (at < 0)
		return true;
	for (int row = 0; row < replay->insert->row_count; row++)
		if (find_value(&node, replay, record, row, at) &&
		    (node == JSON_NONE || json_is(json, node, JSON_NULL)))
			return true;
	return false;
}

static bool
is_left_out(const struct replay *replay, const struct column *column)
{
	for (int i = 0; i < replay_count(replay); i++)
		if (lacks_value(replay, i, column))
			return true;
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

/* "column=value" of a value that neither an enum nor a list of partitions has;
 * else NULL. The caller frees it. */
static char *
unknown_value(const struct replay *replay, const struct catalog *catalog,
	      const char *column, int node)
{
	const struct json *json = replay->incident->json;
	auto_free char *name = quote_name(column);
	auto_free char *value = NULL;

	if (node == JSON_NONE || json_is(json, node, JSON_NULL))
		return NULL;
	value = json_is(json, node, JSON_STRING) ? json_string(json, node)
						 : json_raw_copy(json, node);
	if (value == NULL || (!column_lacks_label(catalog, column, value) &&
			      !column_lacks_partition(catalog, column, value)))
		return NULL;
	return xprintf("%s=%s", name, value);
}

/* A line for each such value of the record; returns how many there are now. */
static int
add_values(char **lines, int count, const struct replay *replay,
	   const struct catalog *catalog, int record)
{
	const struct insert *insert = replay->insert;
	int cells = insert->column_count * insert->row_count;

	for (int i = 0; i < cells; i++) {
		int at = i % insert->column_count, node;

		if (!find_value(&node, replay, record, i / insert->column_count,
				at))
			continue;
		lines[count] = unknown_value(replay, catalog,
					     insert->columns[at], node);
		count += lines[count] != NULL;
	}
	return count;
}

/* Room for the lines of so many records, and `more`. */
static char **
make_lines(const struct replay *replay, int records, int more)
{
	const struct insert *insert = replay->insert;
	size_t cells = (size_t)insert->column_count * (size_t)insert->row_count;

	return xcalloc((size_t)records * cells + (size_t)more, sizeof(char *));
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
		types = column_types(replay, i);
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
unknown_values(const struct replay *replay, const struct catalog *catalog)
{
	int records = replay_count(replay), count = 0;
	auto_free char **lines = make_lines(replay, records, 0);

	for (int i = 0; i < records; i++)
		count = add_values(lines, count, replay, catalog, i);
	return join_sorted(lines, count);
}

char *
record_marks(const struct replay *replay, const struct catalog *catalog,
	     int record)
{
	auto_free char **lines = make_lines(replay, 1, catalog->column_count);
	int count = add_values(lines, 0, replay, catalog, record);

	for (int i = 0; i < catalog->column_count; i++) {
		const struct column *column = &catalog->columns[i];
		auto_free char *name = quote_name(column->name);

		if (lacks_value(replay, record, column))
			lines[count++] = xprintf("%s:missing", name);
	}
	return join_sorted(lines, count);
}
