#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/convert.h"
#include "supervisor/moment.h"
#include "supervisor/text.h"

/* Of what one failure may be: an incident is at most 256 KiB, and its source
 * may quote it several times, escaped. */
#define FAILURE_MAX ((size_t)1 << 20)
/* Of a broker's message, which is at most 1 MiB unless it is told otherwise,
 * with its trace. */
#define MESSAGE_MAX ((size_t)4 << 20)
/* Of a report on a whole run, most of which didn't fail. */
#define REPORT_MAX ((size_t)16 << 20)

static const struct converter converters[] = {
	{.name = "psycopg",
	 .kind = "app",
	 .about = "an exception of psycopg as JSON, one a line",
	 .framing = CONVERT_LINES,
	 .max = FAILURE_MAX,
	 .convert = convert_psycopg},
	{.name = "pglog",
	 .kind = "pglog",
	 .about = "the server's log: jsonlog or csvlog",
	 .framing = CONVERT_LOG,
	 .max = FAILURE_MAX,
	 .convert = convert_pglog},
	{.name = "kafka",
	 .kind = "kafka-connect",
	 .about = "a dead letter queue with headers, as kcat -J prints it",
	 .framing = CONVERT_LINES,
	 .max = MESSAGE_MAX,
	 .convert = convert_kafka},
	{.name = "dbt",
	 .kind = "dbt",
	 .about = "run_results.json",
	 .framing = CONVERT_WHOLE,
	 .max = REPORT_MAX,
	 .convert = convert_dbt},
	{.name = "airflow",
	 .kind = "airflow",
	 .about = "what on_failure_callback is told, one a line",
	 .framing = CONVERT_LINES,
	 .max = FAILURE_MAX,
	 .convert = convert_airflow},
	/* A sync that failed is run again. */
	{.name = "airbyte",
	 .kind = "airbyte",
	 .rows = "prove",
	 .about = "messages of a destination, one a line",
	 .framing = CONVERT_LINES,
	 .max = MESSAGE_MAX,
	 .convert = convert_airbyte},
	{.name = "dlt",
	 .kind = "dlt",
	 .about = "a load's info, a failed job, or its .exception file",
	 .framing = CONVERT_WHOLE,
	 .max = REPORT_MAX,
	 .convert = convert_dlt},
};

const struct converter *
converter_table(size_t *ret_count)
{
	*ret_count = array_size(converters);
	return converters;
}

const struct converter *
converter_find(const char *name)
{
	for (size_t i = 0; i < array_size(converters); i++)
		if (same_text(converters[i].name, name))
			return &converters[i];
	return NULL;
}

/* A time is told as RFC 3339, for which Python's str() lacks the T; another is
 * kept as it is written, for people. */
static void
settle_time(struct draft *draft)
{
	auto_free char *time = take(draft->texts[DRAFT_OCCURRED_AT]);
	size_t date = strlen("2026-11-26");

	if (time == NULL)
		return;
	if (strlen(time) > date && time[date] == ' ')
		time[date] = 'T';
	if (moment_of(time).is_rfc3339)
		draft_set(draft, DRAFT_OCCURRED_AT, time);
	else
		draft_note(draft, "occurred_at", time);
}

int
convert_emit(struct conversion *conversion, struct draft *draft,
	     struct error *err)
{
	settle_time(draft);
	draft_set(draft, DRAFT_ROWS, conversion->converter->rows);
	draft_set(draft, DRAFT_KIND, conversion->converter->kind);
	draft_set(draft, DRAFT_NAME, conversion->name);
	draft_set(draft, DRAFT_ID, conversion->id);
	if (conversion->id != NULL && conversion->written > 0)
		return convert_refuse(err, "a second failure, and --id names "
					   "one only");
	if (draft_write(conversion->out, draft, err) < 0)
		return -1;
	conversion->written++;
	return 0;
}

/* --- Records -------------------------------------------------------------- */

/* The bytes of one record so far. */
struct record {
	char *text;
	size_t size, allocated;
	bool is_quoted; /* inside a field of CSV */
};

static void
append(struct record *record, char byte)
{
	if (record->size + 1 >= record->allocated) {
		record->allocated = record->allocated * 2 + 4096;
		record->text =
			xreallocarray(record->text, record->allocated, 1);
	}
	record->text[record->size++] = byte;
	record->text[record->size] = '\0';
}

/* A line of JSON begins with a brace, and its quotes mean nothing here. */
static bool
ends_record(struct record *record, enum convert_framing framing, int byte)
{
	if (framing == CONVERT_LOG && byte == '"' &&
	    (record->size == 0 || record->text[0] != '{'))
		record->is_quoted = !record->is_quoted;
	return framing != CONVERT_WHOLE && byte == '\n' && !record->is_quoted;
}

/* Reads one record without its line's end. False at the end of the input;
 * ret_record->size above the limit: too long, the rest was passed over. */
static bool
read_record(struct record *record, const struct converter *converter, FILE *in)
{
	int byte = getc_unlocked(in);

	record->size = 0;
	record->is_quoted = false;
	if (byte == EOF)
		return false;
	for (; byte != EOF; byte = getc_unlocked(in)) {
		if (ends_record(record, converter->framing, byte))
			break;
		if (record->size <= converter->max)
			append(record, (char)byte);
	}
	return true;
}

static int
convert_record(struct conversion *conversion, const struct record *record,
	       struct error *err)
{
	const struct converter *converter = conversion->converter;

	if (record->size > converter->max)
		return convert_refuse(err, "larger than %zu bytes",
				      converter->max);
	if (!wire_is_text(record->text, record->size))
		return convert_refuse(err, "no text: a NUL, or invalid UTF-8");
	return converter->convert(conversion, record->text, record->size, err);
}

static bool
is_blank(const struct record *record)
{
	return record->size == 0 ||
	       strspn(record->text, " \t\r\n") == record->size;
}

static void
refuse_record(struct conversion *conversion, const struct error *err)
{
	conversion->refused++;
	fprintf(conversion->log, "pgmend: record %d: ", conversion->records);
	text_write_escaped(conversion->log, err->text);
	fputc('\n', conversion->log);
}

int
convert_run(struct conversion *conversion, FILE *in, struct error *err)
{
	struct record record = {0};

	while (read_record(&record, conversion->converter, in)) {
		if (is_blank(&record))
			continue;
		conversion->records++;
		if (convert_record(conversion, &record, err) < 0)
			refuse_record(conversion, err);
	}
	free(record.text);
	if (ferror(in))
		return convert_refuse(err, "standard input: %s",
				      strerror(errno));
	if (conversion->records == 0)
		return convert_refuse(err, "standard input is empty, wanted %s",
				      conversion->converter->about);
	if (conversion->refused > 0)
		return convert_refuse(err, "%d of %d records refused",
				      conversion->refused, conversion->records);
	return 0;
}
