#include "supervisor/history.h"

#include "pgmend.h"

#include "policy/digest.h"
#include "supervisor/array.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/fingerprint.h"
#include "supervisor/record.h"

/* What a record bears witness to: the drift, and its own part in it. */
static void
set_testimony(char ret_hex[DIGEST_HEX_SIZE], const struct history *history,
	      const char *marks)
{
	auto_free char *text = xprintf("%s\n%s", history->fingerprint, marks);
	struct digest digest = digest_of(text, strlen(text));

	digest_hex(ret_hex, &digest);
}

/* Where some records show what is odd, those that don't are no witnesses. */
static void
list_testimonies(struct array *testimonies, struct array *hashes,
		 const struct history *history,
		 const struct record_list *records)
{
	char testimony[DIGEST_HEX_SIZE];
	bool any_is_odd = false;

	array_begin(testimonies, ARRAY_OF_TEXT);
	array_begin(hashes, ARRAY_OF_TEXT);
	for (int turn = 0; turn < 2 && !any_is_odd; turn++)
		for (int i = 0; i < records->count; i++) {
			auto_free char *marks = record_marks(
				history->replay, history->catalog, i);

			if (turn == 0 && *marks == '\0')
				continue;
			any_is_odd = any_is_odd || *marks != '\0';
			set_testimony(testimony, history, marks);
			array_add_text(testimonies, testimony);
			array_add_text(hashes, records->of[i].hash);
		}
	array_end(testimonies);
	array_end(hashes);
}

static int
note(const struct history *history, const struct array *testimonies,
     const struct array *hashes, struct error *err)
{
	auto_free char *sql =
		xprintf("INSERT INTO \"%s\".witness (fingerprint, record_hash,"
			" schema_name, table_name, run_id)"
			" SELECT r.testimony, r.hash, $3, $4,"
			"        $5::pg_catalog.uuid"
			"   FROM ROWS FROM ("
			"        pg_catalog.unnest($1::pg_catalog.text[]),"
			"        pg_catalog.unnest($2::pg_catalog.text[]))"
			"        AS r (testimony, hash)"
			" ORDER BY r.testimony, r.hash ON CONFLICT DO NOTHING",
			history->schema);
	const char *parameters[] = {testimonies->bytes, hashes->bytes,
				    history->catalog->schema,
				    history->catalog->table, history->run_id};
	const int sizes[array_size(parameters)] = {(int)testimonies->size,
						   (int)hashes->size};
	const struct statement_run statement = {
		.sql = sql,
		.count = (int)array_size(parameters),
		.parameters = parameters,
		.sizes = sizes};

	return database_run_meanwhile(history->database, &statement, NULL, err);
}

/* Of several things that are odd, the one with the fewest witnesses counts. */
static int
ask(struct rows **ret_rows, const struct history *history,
    const struct array *testimonies, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT (SELECT pg_catalog.min(n.witnesses)"
		"          FROM (SELECT DISTINCT pg_catalog.unnest("
		"                       $1::pg_catalog.text[])) AS t "
		"(testimony)"
		"         CROSS JOIN LATERAL"
		"               (SELECT pg_catalog.count(*) AS witnesses"
		"                  FROM (SELECT FROM \"%s\".witness w"
		"                         WHERE w.fingerprint = t.testimony"
		"                         LIMIT %d) l) n),"
		"       (SELECT (EXTRACT(EPOCH FROM"
		"                pg_catalog.clock_timestamp() - w.at) * 1000)"
		"               ::pg_catalog.int8"
		"          FROM \"%s\".witness w"
		"         WHERE w.schema_name = $2 AND w.table_name = $3"
		"         ORDER BY w.at LIMIT 1)",
		history->schema, HISTORY_WITNESSES_MAX, history->schema);
	const char *parameters[] = {testimonies->bytes,
				    history->catalog->schema,
				    history->catalog->table};
	const int sizes[array_size(parameters)] = {(int)testimonies->size};
	const struct statement_run statement = {
		.sql = sql,
		.count = (int)array_size(parameters),
		.parameters = parameters,
		.sizes = sizes};

	return database_run_meanwhile(history->database, &statement, ret_rows,
				      err);
}

int
history_facts(struct facts *facts, const struct history *history,
	      const struct record_list *records, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	struct array testimonies = {.bytes = NULL}, hashes = {.bytes = NULL};
	int status;

	list_testimonies(&testimonies, &hashes, history, records);
	status = note(history, &testimonies, &hashes, err);
	if (status == 0)
		status = ask(&rows, history, &testimonies, err);
	array_free(&testimonies);
	array_free(&hashes);
	if (status < 0)
		return fail_in(err, "look into the history");
	facts_set_number(facts, FACT_INCIDENT_WITNESSES,
			 rows_number(rows, 0, 0));
	if (rows_text(rows, 0, 1) != NULL)
		facts_set_number(facts, FACT_TABLE_AGE,
				 rows_number(rows, 0, 1));
	return 0;
}
