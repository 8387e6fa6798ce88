#include "pgmend.h"
#include "sandbox/json.h"
#include "supervisor/audit_log.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/text.h"

#define GIST_BYTES 100

/* Columns of the query. */
enum column { AT, SEQ, RUN_ID, RUN_SEQ, ACTOR, KIND, BODY, HASH, MAC, COLUMNS };

/* What an event is about, the most telling first. */
static const char *const gist_members[] = {
	"outcome", "verdict",	"reason_code", "sqlstate",  "message",
	"reason",  "diagnosis", "sql",	       "statement", "incident_id",
};

/* A copy that ends at a character's end, with "..." where it was cut. */
static char *
cut(const char *text, size_t most)
{
	size_t size = strlen(text);

	if (size <= most)
		return xstrdup(text);
	while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return xprintf("%.*s...", (int)most, text);
}

static char *
member_text(const struct json *json, const char *name)
{
	int member = json_member(json, 0, name);

	if (json_is(json, member, JSON_STRING))
		return json_string(json, member);
	if (json_is(json, member, JSON_NUMBER))
		return json_raw_copy(json, member);
	return NULL;
}

/* The caller frees it. */
static char *
gist_of(const char *body)
{
	auto_json struct json *json = NULL;
	auto_free char *whole = NULL;
	struct error ignored = NO_ERROR;
	size_t size;
	FILE *out = xmemstream(&whole, &size);

	if (json_scan(&json, body, strlen(body), &ignored) == 0)
		for (size_t i = 0; i < array_size(gist_members); i++) {
			auto_free char *text =
				member_text(json, gist_members[i]);

			if (text != NULL)
				fprintf(out, "%s%s",
					ftell(out) == 0 ? "" : ": ", text);
		}
	fclose(out);
	return cut(size == 0 ? body : whole, GIST_BYTES);
}

/* The caller frees it. */
static char *
escaped(const char *text)
{
	char *line = NULL;
	size_t size;
	FILE *out = xmemstream(&line, &size);

	text_write_escaped(out, text);
	fclose(out);
	return line;
}

/* Who tampered with the chain may have put anything into its texts. */
static void
write_words(FILE *out, const struct rows *rows, int row)
{
	auto_free char *gist = gist_of(rows_text(rows, row, BODY));
	auto_free char *shown = escaped(gist);
	auto_free char *kind = escaped(rows_text(rows, row, KIND));
	auto_free char *actor = escaped(rows_text(rows, row, ACTOR));

	fprintf(out, "%.19sZ %6s %.12s  %-18s  %s  %s\n",
		rows_text(rows, row, AT), rows_text(rows, row, SEQ),
		rows_text(rows, row, HASH), kind, actor, shown);
}

/* A body that somebody tampered with may be no JSON: then it is shown as text.
 */
static void
add_body(struct document *event, const char *body)
{
	auto_json struct json *json = NULL;
	struct error ignored = NO_ERROR;

	if (json_scan(&json, body, strlen(body), &ignored) == 0)
		document_raw(event, "body", body);
	else
		document_text(event, "body", body);
}

static void
write_object(FILE *out, const struct rows *rows, int row)
{
	auto_document struct document *event = document_object();
	auto_free char *line = NULL;

	document_number(event, "seq", rows_number(rows, row, SEQ));
	document_text(event, "run_id", rows_text(rows, row, RUN_ID));
	document_number(event, "run_seq", rows_number(rows, row, RUN_SEQ));
	document_text(event, "at", rows_text(rows, row, AT));
	document_text(event, "actor", rows_text(rows, row, ACTOR));
	document_text(event, "kind", rows_text(rows, row, KIND));
	add_body(event, rows_text(rows, row, BODY));
	document_text(event, "hash", rows_text(rows, row, HASH));
	document_text(event, "mac", rows_text(rows, row, MAC));
	line = document_print(event);
	fprintf(out, "%s\n", line);
}

int
audit_log_write(FILE *out, struct database *database,
		const struct audit_log *log, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT * FROM (SELECT pg_catalog.to_char(at AT TIME ZONE "
		"'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), seq, run_id, "
		"run_seq, actor, kind, body, pg_catalog.encode(hash, 'hex'), "
		"pg_catalog.encode(mac, 'hex') FROM \"%s\".event "
		"WHERE $1::uuid IS NULL OR run_id = $1::uuid "
		"ORDER BY seq DESC LIMIT $2::bigint) e ORDER BY seq",
		log->schema);
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 2,
			 (const char *const[]){log->run_id, log->last}, &rows,
			 err) < 0)
		return fail_in(err, "read the audit");
	for (int row = 0; row < rows_count(rows); row++) {
		if (log->as_json)
			write_object(out, rows, row);
		else
			write_words(out, rows, row);
	}
	return 0;
}
