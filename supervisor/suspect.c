#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/loader.h"
#include "supervisor/plan.h"
#include "supervisor/record.h"
#include "supervisor/suspect.h"

/* One column under question. */
struct probe {
	const struct grounds *grounds;
	struct database *database;
	const char *records; /* JSON array */
	int column;
};

static void
add_suspect(struct suspects *suspects, int column, const char *sqlstate)
{
	suspects->of = xreallocarray(suspects->of, (size_t)suspects->count + 1,
				     sizeof(*suspects->of));
	suspects->of[suspects->count] = (struct suspect){.column = column};
	snprintf(suspects->of[suspects->count++].sqlstate, 6, "%s", sqlstate);
}

/* Lengths are checked on assignment only, by functions that can be called. */
static const struct {
	const char *type, *function;
	int offset; /* of the modifier to the length */
} lengths[] = {
	{"pg_catalog.\"varchar\"", "pg_catalog.\"varchar\"", 4},
	{"pg_catalog.bpchar", "pg_catalog.bpchar", 4},
	{"pg_catalog.varbit", "pg_catalog.varbit", 0},
	{"pg_catalog.\"bit\"", "pg_catalog.\"bit\"", 0},
};

/* The value as the column would take it; $2 is the key's name quoted. */
static void
write_value(FILE *out, const char *name, const char *type,
	    const struct column *column)
{
	const char *modifier = strchr(column->type, '(');

	for (size_t i = 0; modifier != NULL && i < array_size(lengths); i++) {
		if (strcmp(column->qualified_type, lengths[i].type) != 0)
			continue;
		fprintf(out, "%s(CAST(r.%s AS %s), %ld, false)",
			lengths[i].function, name, lengths[i].type,
			strtol(modifier + 1, NULL, 10) + lengths[i].offset);
		return;
	}
	fprintf(out, "CAST(CAST(r.%s AS %s) AS %s)", name, type, column->type);
}

/* The name of the parameter's type, NULL when its input isn't the server's own
 * code. The caller frees it. */
static int
name_type(char **ret_type, bool *ret_is_array, const struct probe *probe,
	  unsigned oid, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	char text[16];
	const char *parameter = text;

	snprintf(text, sizeof(text), "%u", oid);
	if (database_run(probe->database,
			 "SELECT pg_catalog.format_type(t.oid, NULL),"
			 " t.typcategory = 'A'"
			 "  FROM pg_catalog.pg_type t"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = t.typnamespace"
			 " WHERE t.oid = $1::pg_catalog.oid"
			 " AND (t.typtype = 'e' OR t.typtype = 'b'"
			 "      AND n.nspname = 'pg_catalog')",
			 1, &parameter, &rows, err) < 0)
		return -1;
	if (rows_count(rows) == 0)
		return 0;
	*ret_type = xstrdup(rows_text(rows, 0, 0));
	*ret_is_array = rows_is_true(rows, 0, 1);
	return 0;
}

/* Every record's value through the input of both types. */
static int
run_values(const struct probe *probe, const char *key, unsigned oid,
	   const struct column *column, struct error *err)
{
	auto_free char *type = NULL, *sql = NULL;
	auto_free char *name = quote_name(key);
	const char *parameter = probe->records;
	bool is_array = false;
	size_t size;
	FILE *out;

	if (name_type(&type, &is_array, probe, oid, err) < 0)
		return -1;
	if (type == NULL)
		return 0;
	out = xmemstream(&sql, &size);
	fputs("SELECT ", out);
	write_value(out, name, type, column);
	fprintf(out,
		" FROM pg_catalog.json_to_recordset($1::pg_catalog.json)"
		" AS r(%s %s)",
		name, is_array ? type : "pg_catalog.text");
	fclose(out);
	if (loader_enter(probe->grounds->replay->loader, probe->database, err) <
	    0)
		return -1;
	return database_run(probe->database, sql, 1, &parameter, NULL, err);
}

static int
ask(const struct probe *probe, struct error *err)
{
	const struct replay *replay = probe->grounds->replay;
	const struct insert *insert = replay->insert;
	const struct column *column = catalog_column(
		probe->grounds->catalog, insert->columns[probe->column]);
	auto_free char *sql = insert_render_column(insert, probe->column);
	auto_free unsigned *types = NULL;
	int count;

	if (database_describe(probe->database, sql, &types, &count, err) < 0)
		return -1;
	if (count != 1)
		return 0;
	for (int row = 0; row < insert->row_count; row++) {
		const char *key = replay_row_key(replay, row, probe->column);

		if (key != NULL &&
		    run_values(probe, key, types[0], column, err) < 0)
			return -1;
	}
	return 0;
}

/* The digits of what the column holds, from the server's statistics: nothing of
 * the table is read. Only where all of it can be times since 1970, of 2000 to
 * 2040, in seconds or in milliseconds: a number like 2611241804 is rather a day
 * and an hour. */
static int
measure_column(struct suspect *suspect, const struct probe *probe,
	       struct error *err)
{
	static const char sql[] =
		"SELECT pg_catalog.min(pg_catalog.length(v)),"
		"       pg_catalog.max(pg_catalog.length(v))"
		"  FROM pg_catalog.pg_stats s"
		" CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.array_cat("
		"   CAST(CAST(s.histogram_bounds AS text) AS text[]),"
		"   CAST(CAST(s.most_common_vals AS text) AS text[]))) v"
		" WHERE s.schemaname = $1 AND s.tablename = $2"
		"   AND s.attname = $3"
		" HAVING pg_catalog.bool_and(CAST(v AS numeric)"
		"          BETWEEN 946684800 AND 2208988800)"
		"     OR pg_catalog.bool_and(CAST(v AS numeric)"
		"          BETWEEN 946684800000 AND 2208988800000)";
	const struct catalog *catalog = probe->grounds->catalog;
	const char *name =
		probe->grounds->replay->insert->columns[suspect->column];
	const struct column *column = catalog_column(catalog, name);
	const char *parameters[] = {catalog->schema, catalog->table, name};
	auto_rows struct rows *rows = NULL;

	if (column == NULL || column->is_array ||
	    (strcmp(column->type, "integer") != 0 &&
	     strcmp(column->type, "bigint") != 0))
		return 0;
	if (database_run(probe->database, sql, 3, parameters, &rows, err) < 0)
		return fail_in(err, "look at the statistics");
	if (rows_count(rows) == 0 || rows_text(rows, 0, 0) == NULL)
		return 0;
	suspect->digits_least = (int)rows_number(rows, 0, 0);
	suspect->digits_most = (int)rows_number(rows, 0, 1);
	return 0;
}

/* A failure is the answer, unless the connection is what failed. */
static int
ask_column(struct suspects *suspects, const struct probe *probe,
	   struct error *err)
{
	struct error said = NO_ERROR;
	struct database *database = probe->database;

	if (database_command(database, "SAVEPOINT pgmend_probe", err) < 0)
		return -1;
	if (ask(probe, &said) < 0) {
		if (database_is_lost(database) ||
		    said.reason != EXIT_INTERNAL) {
			*err = said;
			return -1;
		}
		add_suspect(suspects, probe->column,
			    database_diagnostic(database)->sqlstate);
	}
	return database_command(database, "ROLLBACK TO SAVEPOINT pgmend_probe",
				err);
}

static int
measure_all(struct suspects *suspects, const struct probe *probe,
	    struct error *err)
{
	for (int i = 0; i < suspects->count; i++)
		if (measure_column(&suspects->of[i], probe, err) < 0)
			return -1;
	return 0;
}

static char *
all_records(const struct replay *replay)
{
	int count = replay_count(replay);
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (count > REPLAY_WITNESSES_MAX)
		count = REPLAY_WITNESSES_MAX;
	for (int i = 0; i < count; i++) {
		struct record record = replay_record(replay, i);

		fputc(i == 0 ? '[' : ',', out);
		if (record.text != NULL)
			fwrite(record.text, 1, record.size, out);
	}
	fputc(']', out);
	fclose(out);
	return text;
}

int
suspects_find(struct suspects *ret_suspects, const struct grounds *grounds,
	      struct database *database, struct error *err)
{
	const struct insert *insert = grounds->replay->insert;
	auto_free char *records = all_records(grounds->replay);
	struct probe probe = {
		.grounds = grounds,
		.database = database,
		.records = records,
	};
	struct suspects suspects = {.count = 0};
	struct error ignored = NO_ERROR;
	int status = database_command(database, "BEGIN", err);

	for (int i = 0; status == 0 && i < insert->width; i++) {
		probe.column = i;
		if (catalog_column(grounds->catalog, insert->columns[i]) !=
		    NULL)
			status = ask_column(&suspects, &probe, err);
	}
	if (status == 0)
		status = measure_all(&suspects, &probe, err);
	if (status < 0) {
		suspects_free(&suspects);
		if (!database_is_lost(database))
			database_command(database, "ROLLBACK", &ignored);
		return -1;
	}
	*ret_suspects = suspects;
	return database_command(database, "ROLLBACK", err);
}

void
suspects_free(struct suspects *suspects)
{
	free(suspects->of);
	*suspects = (struct suspects){.count = 0};
}

int
suspect_is_key(bool *ret_is_key, const struct catalog *catalog,
	       const char *column, struct database *database, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {catalog->schema, catalog->table, column};

	if (database_run(database,
			 "SELECT FROM pg_catalog.pg_index i"
			 "  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = c.relnamespace"
			 "  JOIN pg_catalog.pg_attribute a"
			 " ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
			 " WHERE i.indisprimary AND n.nspname = $1"
			 " AND c.relname = $2 AND a.attname = $3",
			 3, parameters, &rows, err) < 0)
		return fail_in(err, "look at the primary key");
	*ret_is_key = rows_count(rows) > 0;
	return 0;
}
