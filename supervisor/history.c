#include "supervisor/history.h"

#include "pgmend.h"

#include "policy/digest.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/fingerprint.h"
#include "supervisor/record.h"

#define STRING(number) #number
#define TEXT_OF(number) STRING(number)

/* Hex texts as an array for the server: they need no quoting. */
struct list {
	char *text;
	size_t size;
	FILE *stream;
	int count;
};

static void
list_begin(struct list *list)
{
	*list = (struct list){.count = 0};
	list->stream = xmemstream(&list->text, &list->size);
	fputc('{', list->stream);
}

static void
list_add(struct list *list, const char *hex)
{
	fprintf(list->stream, "%s%s", list->count++ == 0 ? "" : ",", hex);
}

static void
list_end(struct list *list)
{
	fputc('}', list->stream);
	fclose(list->stream);
}

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
list_testimonies(struct list *testimonies, struct list *hashes,
		 const struct history *history,
		 const struct record_list *records)
{
	char testimony[DIGEST_HEX_SIZE];
	bool any_is_odd = false;

	for (int turn = 0; turn < 2 && !any_is_odd; turn++)
		for (int i = 0; i < records->count; i++) {
			auto_free char *marks = record_marks(
				history->replay, history->catalog, i);

			if (turn == 0 && *marks == '\0')
				continue;
			any_is_odd = any_is_odd || *marks != '\0';
			set_testimony(testimony, history, marks);
			list_add(testimonies, testimony);
			list_add(hashes, records->of[i].hash);
		}
}

static int
note(const struct history *history, const char *testimonies, const char *hashes,
     struct error *err)
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
	const char *parameters[] = {testimonies, hashes,
				    history->catalog->schema,
				    history->catalog->table, history->run_id};

	return database_run(history->database, sql, 5, parameters, NULL, err);
}

/* Of several things that are odd, the one with the fewest witnesses counts. */
static int
ask(struct rows **ret_rows, const struct history *history,
    const char *testimonies, struct error *err)
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
		"                         LIMIT " TEXT_OF(
			HISTORY_WITNESSES_MAX) "                       ) l) n),"
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
	const char *parameters[] = {testimonies, history->catalog->schema,
				    history->catalog->table};

	return database_run(history->database, sql, 3, parameters, ret_rows,
			    err);
}

int
history_facts(struct facts *facts, const struct history *history,
	      const struct record_list *records, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	struct list testimonies, hashes;
	int status;

	list_begin(&testimonies);
	list_begin(&hashes);
	list_testimonies(&testimonies, &hashes, history, records);
	list_end(&testimonies);
	list_end(&hashes);
	status = note(history, testimonies.text, hashes.text, err);
	if (status == 0)
		status = ask(&rows, history, testimonies.text, err);
	free(testimonies.text);
	free(hashes.text);
	if (status < 0)
		return fail_in(err, "look into the history");
	facts_set_number(facts, FACT_INCIDENT_WITNESSES,
			 rows_number(rows, 0, 0));
	if (rows_text(rows, 0, 1) != NULL)
		facts_set_number(facts, FACT_TABLE_AGE,
				 rows_number(rows, 0, 1));
	return 0;
}
