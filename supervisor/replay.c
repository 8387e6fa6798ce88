#include "pgmend.h"

#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/transform.h"
#include "sandbox/json.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
#include "supervisor/record.h"
#include "supervisor/replay.h"

/* A statement without a column list means the table's first columns. */
static int
name_columns(struct insert *insert, const struct catalog *catalog,
	     struct error *err)
{
	auto_free const char **names =
		xcalloc((size_t)insert->width, sizeof(*names));

	if (insert->column_count > 0)
		return 0;
	if (insert->width > catalog->column_count)
		return fail_as(err, EXIT_REFUSED, "too_many_values",
			       "the statement has %d values and no column "
			       "names, '%s' has %d columns",
			       insert->width, catalog->table,
			       catalog->column_count);
	for (int i = 0; i < insert->width; i++)
		names[i] = catalog->columns[i].name;
	insert_name_columns(insert, names);
	return 0;
}

int
replay_bind(struct replay *ret_replay, const struct incident *incident,
	    struct insert *insert, const struct loader *loader,
	    const struct catalog *catalog, struct error *err)
{
	int count = insert->parameter_count;
	char **names = insert->parameter_names != NULL ? insert->parameter_names
						       : incident->params;
	int named =
		insert->parameter_names != NULL ? count : incident->param_count;

	if (count > named)
		return fail_as(err, EXIT_BAD_INCIDENT, "params_missing",
			       "statement.sql has $%d, but statement.params "
			       "names %d keys",
			       count, named);
	if (count > 0 && incident->payload_count == 0)
		return fail_as(err, EXIT_BAD_INCIDENT, "payload_missing",
			       "statement.sql has %d parameters, but there is "
			       "no payload: put the failed record into it, or "
			       "name a file of records by --replay",
			       count);
	if (name_columns(insert, catalog, err) < 0)
		return -1;
	*ret_replay = (struct replay){
		.incident = incident,
		.insert = insert,
		.loader = loader,
		.keys = xcalloc((size_t)count, sizeof(char *)),
	};
	for (int i = 0; i < count; i++)
		ret_replay->keys[i] = xstrdup(names[i]);
	return 0;
}

void
replay_free(struct replay *replay)
{
	int count = replay->keys == NULL ? 0 : replay->insert->parameter_count;

	for (int i = 0; i < count; i++)
		free(replay->keys[i]);
	free(replay->keys);
	if (replay->mapped != NULL) {
		mapped_parameters_free(replay->mapped, count);
		insert_free(replay->insert);
	}
	*replay = (struct replay){0};
}

bool
replay_map(struct replay *ret_replay, const struct replay *replay,
	   const struct field_mapping *mappings, int count,
	   struct refusal *refusal)
{
	struct replay mapped = {
		.incident = replay->incident,
		.loader = replay->loader,
	};
	struct mapped_insert made;
	int parameters;

	if (!insert_map(&made, replay->insert, replay->keys, mappings, count,
			refusal))
		return false;
	mapped.insert = made.insert;
	mapped.mapped = made.parameters;
	parameters = mapped.insert->parameter_count;
	mapped.keys = xcalloc((size_t)parameters, sizeof(char *));
	for (int i = 0; i < parameters; i++)
		mapped.keys[i] = xstrdup(mapped.mapped[i].key);
	*ret_replay = mapped;
	return true;
}

char *
replay_statement(const struct replay *replay)
{
	return replay->mapped == NULL || replay->insert->returning
		       ? NULL
		       : insert_render_mapped(replay->insert, replay->mapped);
}

int
replay_count(const struct replay *replay)
{
	return replay->insert->parameter_count > 0
		       ? replay->incident->payload_count
		       : 1;
}

struct record
replay_record(const struct replay *replay, int index)
{
	const struct incident *incident = replay->incident;
	struct record record = {.ordinal = index};

	if (index < incident->payload_count)
		record.text = json_raw(incident->json,
				       incident->payloads[index], &record.size);
	return record;
}

const char *
replay_row_key(const struct replay *replay, int row, int column)
{
	int number = insert_parameter(replay->insert, row, column);

	return number == 0 ? NULL : replay->keys[number - 1];
}

const char *
replay_key(const struct replay *replay, int column)
{
	return replay_row_key(replay, 0, column);
}

enum time_oid {
	OID_DATE = 1082,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_TIMETZ = 1266
};

/* What is read as a time, and as which, of a record. */
struct reader {
	const struct replay *replay;
	const struct json *json;
	int payload;
};

/* True when the meaning of what is read as a time depends on a setting that
 * nobody fixed; of an array, when that of an element does. */
static bool
is_session_dependent(const struct loader *loader, unsigned type,
		     const struct json *json, int node)
{
	struct shape shape = shape_of(json, node);
	bool has_zone = shape.format == SHAPE_TIMESTAMPTZ;
	bool is_iso = has_zone || shape.format == SHAPE_TIMESTAMP ||
		      shape.format == SHAPE_DATE;

	if (shape.type == JSON_ARRAY)
		for (int item = json_first(json, node); item != JSON_NONE;
		     item = json_next(json, item))
			if (is_session_dependent(loader, type, json, item))
				return true;
	if (shape.type != JSON_STRING)
		return false;
	if (!is_iso && !loader->is_configured[LOADER_DATESTYLE])
		return true;
	return (type == OID_TIMESTAMPTZ || type == OID_TIMETZ) && !has_zone &&
	       !loader->is_configured[LOADER_TIMEZONE];
}

unsigned
replay_time_in(const struct type *type)
{
	static const struct {
		const char *name;
		unsigned oid;
	} times[] = {
		{"date", OID_DATE},
		{"timestamp", OID_TIMESTAMP},
		{"timestamptz", OID_TIMESTAMPTZ},
		{"timetz", OID_TIMETZ},
		{"daterange", OID_DATE},
		{"tsrange", OID_TIMESTAMP},
		{"tstzrange", OID_TIMESTAMPTZ},
		{"datemultirange", OID_DATE},
		{"tsmultirange", OID_TIMESTAMP},
		{"tstzmultirange", OID_TIMESTAMPTZ},
	};

	for (size_t i = 0; i < array_size(times); i++)
		if (same_text(type->name, times[i].name))
			return times[i].oid;
	return 0;
}

/* The time that a cast reads its argument as; else what its place does. */
static unsigned
cast_time(const struct expression *value, unsigned type)
{
	unsigned time = value->kind == EXPRESSION_CAST
				? replay_time_in(&value->type)
				: 0;

	return time != 0 ? time : type;
}

/* `type`: what the value's place wants; 0 when that is no time. */
static bool
is_value_dependent(const struct reader *reader, const struct expression *value,
		   unsigned type)
{
	const struct replay *replay = reader->replay;
	int index = value->number - 1;

	type = cast_time(value, type);
	for (int i = 0; i < value->count; i++)
		if (is_value_dependent(reader, value->arguments[i], type))
			return true;
	if (value->kind != EXPRESSION_PARAMETER)
		return false;
	if (replay->mapped != NULL && replay->mapped[index].transform != NULL)
		type = replay->mapped[index].transform->reads_time
			       ? OID_TIMESTAMPTZ
			       : 0;
	return type != 0 &&
	       is_session_dependent(replay->loader, type, reader->json,
				    json_member(reader->json, reader->payload,
						replay->keys[index]));
}

static bool
is_row_dependent(const struct reader *reader, const struct catalog *catalog,
		 int row)
{
	const struct insert *insert = reader->replay->insert;

	for (int i = 0; i < insert->column_count; i++) {
		const struct column *known =
			catalog_column(catalog, insert->columns[i]);

		if (is_value_dependent(reader,
				       insert->values[row * insert->width + i],
				       known == NULL ? 0 : known->time_oid))
			return true;
	}
	return false;
}

bool
replay_is_dependent(const struct replay *replay, const struct catalog *catalog,
		    const struct json *json, int payload)
{
	const struct reader reader = {replay, json, payload};

	for (int row = 0; row < replay->insert->row_count; row++)
		if (is_row_dependent(&reader, catalog, row))
			return true;
	return false;
}

void
replay_facts(struct facts *facts, const struct replay *replay,
	     const struct catalog *catalog)
{
	const struct incident *incident = replay->incident;
	bool depends = false;

	insert_facts(facts, replay->insert);
	for (int i = 0; i < incident->payload_count && !depends; i++)
		depends = replay_is_dependent(replay, catalog, incident->json,
					      incident->payloads[i]);
	facts_set_number(facts, FACT_REPLAY_SESSION_DEPENDENT, depends);
}
