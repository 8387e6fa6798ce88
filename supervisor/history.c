#include "supervisor/history.h"

#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/record.h"

#define STRING(number) #number
#define TEXT_OF(number) STRING(number)

/* Hashes are hex and need no quoting. */
static char *
hashes_literal(const struct record_list *records)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputc('{', stream);
	for (int i = 0; i < records->count; i++)
		fprintf(stream, "%s%s", i == 0 ? "" : ",", records->of[i].hash);
	fputc('}', stream);
	fclose(stream);
	return text;
}

static int
note(const struct history *history, const struct record_list *records,
     struct error *err)
{
	auto_free char *hashes = hashes_literal(records);
	auto_free char *sql =
		xprintf("INSERT INTO \"%s\".witness (fingerprint, record_hash,"
			" schema_name, table_name, run_id)"
			" SELECT $1, r.hash, $3, $4, $5::pg_catalog.uuid"
			"   FROM pg_catalog.unnest($2::pg_catalog.text[])"
			"        AS r (hash)"
			" ORDER BY r.hash ON CONFLICT DO NOTHING",
			history->schema);
	const char *parameters[] = {history->witnessed, hashes,
				    history->catalog->schema,
				    history->catalog->table, history->run_id};

	return database_run(history->database, sql, 5, parameters, NULL, err);
}

static int
ask(struct rows **ret_rows, const struct history *history, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT (SELECT pg_catalog.count(*)"
		"          FROM (SELECT FROM \"%s\".witness w"
		"                 WHERE w.fingerprint = $1"
		"                 LIMIT " TEXT_OF(
			HISTORY_WITNESSES_MAX) ") w),"
					       "       (SELECT (EXTRACT(EPOCH "
					       "FROM"
					       "                "
					       "pg_catalog.clock_timestamp() - "
					       "w.at) * 1000)"
					       "               "
					       "::pg_catalog.int8"
					       "          FROM \"%s\".witness w"
					       "         WHERE w.schema_name = "
					       "$2 AND w.table_name = $3"
					       "         ORDER BY w.at LIMIT "
					       "1)",
		history->schema, history->schema);
	const char *parameters[] = {history->witnessed,
				    history->catalog->schema,
				    history->catalog->table};

	return database_run(history->database, sql, 3, parameters, ret_rows,
			    err);
}

int
history_facts(struct facts *facts, const struct history *history,
	      const struct record_list *records, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (note(history, records, err) < 0 || ask(&rows, history, err) < 0)
		return fail_in(err, "look into the history");
	facts_set_number(facts, FACT_INCIDENT_WITNESSES,
			 rows_number(rows, 0, 0));
	if (rows_text(rows, 0, 1) != NULL)
		facts_set_number(facts, FACT_TABLE_AGE,
				 rows_number(rows, 0, 1));
	return 0;
}
