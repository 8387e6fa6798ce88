#include "pgmend.h"

#include "policy/insert.h"
#include "sandbox/json.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/disclose.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
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
			       "no payload",
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
	if (replay->keys != NULL)
		for (int i = 0; i < replay->insert->parameter_count; i++)
			free(replay->keys[i]);
	free(replay->keys);
	*replay = (struct replay){0};
}

int
replay_count(const struct replay *replay)
{
	return replay->insert->parameter_count > 0
		       ? replay->incident->payload_count
		       : 1;
}

const char *
replay_key(const struct replay *replay, int column)
{
	int number = insert_parameter(replay->insert, 0, column);

	return number == 0 ? NULL : replay->keys[number - 1];
}

enum time_oid {
	OID_DATE = 1082,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_TIMETZ = 1266
};

/* True when the value's meaning depends on a setting that nobody fixed. */
static bool
is_session_dependent(const struct loader *loader, unsigned type,
		     const struct shape *shape)
{
	bool is_time = type == OID_DATE || type == OID_TIMESTAMP ||
		       type == OID_TIMESTAMPTZ || type == OID_TIMETZ;
	bool has_zone = shape->format == SHAPE_TIMESTAMPTZ;
	bool is_iso = has_zone || shape->format == SHAPE_TIMESTAMP ||
		      shape->format == SHAPE_DATE;

	if (!is_time || shape->type != JSON_STRING)
		return false;
	if (!is_iso && !loader->is_configured[LOADER_DATESTYLE])
		return true;
	return (type == OID_TIMESTAMPTZ || type == OID_TIMETZ) && !has_zone &&
	       !loader->is_configured[LOADER_TIMEZONE];
}

void
replay_facts(struct facts *facts, const struct replay *replay,
	     const struct catalog *catalog)
{
	const struct incident *incident = replay->incident;
	bool depends = false;

	insert_facts(facts, replay->insert);
	for (int i = 0; i < replay->insert->column_count; i++) {
		const struct column *column =
			catalog_column(catalog, replay->insert->columns[i]);
		const char *key = replay_key(replay, i);

		if (column == NULL || key == NULL)
			continue;
		for (int p = 0; p < incident->payload_count; p++) {
			struct shape shape = shape_of(
				incident->json,
				json_member(incident->json,
					    incident->payloads[p], key));

			if (is_session_dependent(replay->loader,
						 column->type_oid, &shape))
				depends = true;
		}
	}
	facts_set_number(facts, FACT_REPLAY_SESSION_DEPENDENT, depends);
}

/* Fills in the qualified names of the parameters' types. */
static int
name_types(struct record_field *fields, const unsigned *types, int count,
	   struct database *database, struct rows **ret_rows, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *oids = NULL;
	size_t size;
	FILE *stream = xmemstream(&oids, &size);
	const char *parameter;

	fputc('{', stream);
	for (int i = 0; i < count; i++)
		fprintf(stream, "%s%u", i == 0 ? "" : ",", types[i]);
	fputc('}', stream);
	fclose(stream);
	parameter = oids;
	if (database_run(database,
			 "SELECT pg_catalog.quote_ident(n.nspname) || '.'"
			 " || pg_catalog.quote_ident(t.typname),"
			 " t.typcategory = 'A'"
			 "  FROM pg_catalog.unnest($1::pg_catalog.oid[])"
			 " WITH ORDINALITY o (oid, position)"
			 "  JOIN pg_catalog.pg_type t ON t.oid = o.oid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = t.typnamespace"
			 " ORDER BY o.position",
			 1, &parameter, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != count)
		return fail(err, "%d of %d parameter types are unknown",
			    count - rows_count(rows), count);
	for (int i = 0; i < count; i++) {
		fields[i].type = rows_text(rows, i, 0);
		fields[i].is_array = rows_is_true(rows, i, 1);
	}
	*ret_rows = take(rows);
	return 0;
}

/* The types of the target columns, for constants in several rows. */
static int
read_column_types(const char ***ret_types, const struct insert *insert,
		  struct database *database, struct rows **ret_rows,
		  struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char **types =
		xcalloc((size_t)insert->column_count, sizeof(char *));
	const char *parameters[] = {insert->schema, insert->table};

	if (database_run(database,
			 "SELECT a.attname, pg_catalog.quote_ident(tn.nspname)"
			 " || '.' || pg_catalog.quote_ident(t.typname)"
			 "  FROM pg_catalog.pg_attribute a"
			 "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = c.relnamespace"
			 "  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
			 "  JOIN pg_catalog.pg_namespace tn"
			 " ON tn.oid = t.typnamespace"
			 " WHERE n.nspname = $1 AND c.relname = $2"
			 " AND a.attnum > 0 AND NOT a.attisdropped",
			 2, parameters, &rows, err) < 0) {
		free(types);
		return -1;
	}
	for (int i = 0; i < insert->column_count; i++)
		for (int r = 0; r < rows_count(rows); r++)
			if (strcmp(insert->columns[i], rows_text(rows, r, 0)) ==
			    0)
				types[i] = rows_text(rows, r, 1);
	*ret_types = types;
	*ret_rows = take(rows);
	return 0;
}

/*
 * The record-set form, from the types that the server gives the parameters of
 * the statement as it is now. Describe runs no code.
 */
int
replay_prepare(char **ret_sql, const struct replay *replay,
	       struct database *database, struct error *err)
{
	const struct insert *insert = replay->insert;
	auto_free char *plain = NULL;
	auto_free unsigned *types = NULL;
	auto_free struct record_field *fields =
		xcalloc((size_t)insert->parameter_count, sizeof(*fields));
	auto_free const char **column_types = NULL;
	auto_rows struct rows *parameter_rows = NULL;
	auto_rows struct rows *column_rows = NULL;
	struct refusal refusal = {0};
	int count;

	if (!insert_render(&plain, insert, &refusal))
		return fail_as(err, EXIT_REFUSED, refusal.floor, "%s",
			       refusal.text);
	if (database_describe(database, plain, &types, &count, err) < 0)
		return -1;
	if (count != insert->parameter_count)
		return fail(err, "the server sees %d parameters, not %d", count,
			    insert->parameter_count);
	for (int i = 0; i < count; i++)
		fields[i].key = replay->keys[i];
	if (name_types(fields, types, count, database, &parameter_rows, err) <
		    0 ||
	    read_column_types(&column_types, insert, database, &column_rows,
			      err) < 0)
		return -1;
	if (!insert_render_records(ret_sql, insert, fields, column_types,
				   &refusal))
		return fail_as(err, EXIT_REFUSED, refusal.floor, "%s",
			       refusal.text);
	return 0;
}

/* The payloads as one JSON array, byte for byte as they came. */
static char *
record_set(const struct incident *incident)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputc('[', stream);
	for (int i = 0; i < incident->payload_count; i++) {
		size_t length;
		const char *raw = json_raw(incident->json,
					   incident->payloads[i], &length);

		fprintf(stream, "%s%.*s", i == 0 ? "" : ",", (int)length, raw);
	}
	fputc(']', stream);
	fclose(stream);
	return text;
}

/* A trigger that returns NULL, or a rule, takes the row elsewhere: what was
 * not written must not be called written. */
static int
check_rows(int64_t rows, const struct replay *replay, struct error *err)
{
	int64_t expected =
		(int64_t)replay_count(replay) * replay->insert->row_count;

	if (rows == expected ||
	    (replay->insert->conflict != CONFLICT_NONE && rows < expected))
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "rows_differ",
		       "the server took the statement, but wrote %lld of %lld "
		       "rows",
		       (long long)rows, (long long)expected);
}

int
replay_run(int64_t *ret_rows, const struct replay *replay, const char *sql,
	   struct database *database, struct error *err)
{
	auto_free char *records = record_set(replay->incident);
	auto_rows struct rows *rows = NULL;
	const char *parameter = records;
	bool has_parameters = replay->insert->parameter_count > 0;

	if (loader_enter(replay->loader, database, err) < 0 ||
	    database_run(database, sql, has_parameters ? 1 : 0, &parameter,
			 &rows, err) < 0 ||
	    check_rows(rows_affected(rows), replay, err) < 0)
		return fail_in(err, "replay");
	if (database_command(database, "SET CONSTRAINTS ALL IMMEDIATE", err) <
	    0)
		return fail_in(err, "check the deferred constraints");
	if (loader_leave(database, err) < 0)
		return -1;
	*ret_rows = rows_affected(rows);
	return 0;
}
