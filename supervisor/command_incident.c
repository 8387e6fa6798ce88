#include "pgmend.h"
#include "supervisor/command_incident.h"
#include "supervisor/convert.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/text.h"
#include "supervisor/verbs.h"

static int
usage(struct error *err, const char *sentence)
{
	return fail_as(err, EXIT_USAGE, "usage", "%s; see --help", sentence);
}

/* --- convert -------------------------------------------------------------- */

enum { CONVERT_FROM, CONVERT_NAME, CONVERT_ID, CONVERT_OPTIONS };

static const struct option_row convert_rows[CONVERT_OPTIONS] = {
	[CONVERT_FROM] = {"from", "SOURCE", "whose failures they are", 0},
	[CONVERT_NAME] = {"name", "NAME", "source.name, whatever it says", 0},
	[CONVERT_ID] = {"id", "ID", "the id of the one failure", 0},
};

static void
write_sources(FILE *out)
{
	size_t count;
	const struct converter *table = converter_table(&count);

	fprintf(out, "\nsources:\n");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-8s %s\n", table[i].name, table[i].about);
}

static const struct option_table convert_table = {
	.usage = "incident convert --from SOURCE [OPTION]...",
	.about = "Reads failures as a tool reports them; prints incidents.",
	.rows = convert_rows,
	.count = CONVERT_OPTIONS,
	.write_more = write_sources,
	.is_plain = true,
};

static int
unknown_source(const char *name, struct error *err)
{
	size_t count;
	const struct converter *table = converter_table(&count);
	const char *nearest =
		text_nearest(name, &table[0].name, count, sizeof(table[0]));

	return fail_as(err, EXIT_USAGE, "usage",
		       "--from %s: unknown%s%s%s; see --help", name,
		       nearest == NULL ? "" : ", did you mean ",
		       nearest == NULL ? "" : nearest,
		       nearest == NULL ? "" : "?");
}

static int
convert(const struct options *options, struct error *err)
{
	const char *from = options->values[CONVERT_FROM];
	struct conversion conversion = {
		.converter = converter_find(from),
		.name = options->values[CONVERT_NAME],
		.id = options->values[CONVERT_ID],
		.out = stdout,
		.log = stderr,
	};

	if (from == NULL)
		return usage(err, "incident convert needs --from SOURCE");
	if (conversion.converter == NULL)
		return unknown_source(from, err);
	if (convert_run(&conversion, stdin, err) < 0)
		return -1;
	if (fflush(stdout) != 0)
		return fail(err, "standard output: %s", strerror(errno));
	if (conversion.written == 0)
		fprintf(stderr, "pgmend: no failed write in %d record%s\n",
			conversion.records, conversion.records == 1 ? "" : "s");
	return 0;
}

/* Standard output holds incidents and nothing else: whatever reads it would
 * take an error for one. */
static int
run_convert(const struct options *options)
{
	struct error err = NO_ERROR;

	return convert(options, &err) < 0 ? output_error(&err, false) : 0;
}

/* --- check ---------------------------------------------------------------- */

enum { CHECK_JSON, CHECK_TEXT, CHECK_OPTIONS };

static const struct option_row check_rows[CHECK_OPTIONS] = {
	[CHECK_JSON] = {"json", NULL, "one JSON object", 0},
	[CHECK_TEXT] = {"text", NULL, "text for people", 0},
};

static const struct option_table check_table = {
	.usage = "incident check [OPTION]... FILE | -",
	.about = "Reads an incident as heal would, and says what is wrong.",
	.rows = check_rows,
	.count = CHECK_OPTIONS,
	.positional_max = 1,
};

static const char *
rows_word(const struct incident *incident)
{
	return incident_rows_default(incident) == ROWS_PROVE ? "prove" : "keep";
}

static void
write_json(const struct incident *incident)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	document_number(document, "pgmend_check", 1);
	document_text(document, "incident_id", incident->id);
	document_text(document, "source_kind", incident->source_kind);
	document_text(document, "source_name", incident->source_name);
	document_text(document, "sqlstate", incident->sqlstate);
	document_text(document, "message", incident->message);
	document_bool(document, "has_statement", incident->sql != NULL);
	document_number(document, "params", incident->param_count);
	document_number(document, "payloads", incident->payload_count);
	document_text(document, "rows", rows_word(incident));
	document_text(document, "sha256", incident->hash);
	line = document_print(document);
	puts(line);
}

static void
write_line(const char *name, const char *text)
{
	printf("%-10s", name);
	text_write_escaped(stdout, text == NULL ? "none" : text);
	putchar('\n');
}

static void
write_text(const struct incident *incident)
{
	write_line("id", incident->id);
	write_line("source", incident->source_kind);
	write_line("name", incident->source_name);
	write_line("sqlstate", incident->sqlstate);
	write_line("message", incident->message);
	write_line("statement", incident->sql);
	printf("%-10s%d, %d record%s, %s\n", "params", incident->param_count,
	       incident->payload_count, incident->payload_count == 1 ? "" : "s",
	       rows_word(incident));
	write_line("sha256", incident->hash);
}

static int
check(const struct options *options, bool as_json, struct error *err)
{
	auto_incident struct incident *incident = NULL;

	if (options->positional_count == 0)
		return usage(err, "incident check needs a FILE, or -");
	if (incident_read(&incident, options->positionals[0], err) < 0)
		return -1;
	if (as_json)
		write_json(incident);
	else
		write_text(incident);
	return 0;
}

static int
run_check(const struct options *options)
{
	bool as_json = output_is_json(options->values[CHECK_JSON] != NULL,
				      options->values[CHECK_TEXT] != NULL);
	struct error err = NO_ERROR;

	return check(options, as_json, &err) < 0 ? output_error(&err, as_json)
						 : 0;
}

/* --- Verbs ---------------------------------------------------------------- */

static const struct verb incident_verbs[] = {
	{"convert", &convert_table, run_convert},
	{"check", &check_table, run_check},
};

int
command_incident(int argc, char **argv)
{
	static const struct verbs verbs = {
		.command = "incident",
		.of = incident_verbs,
		.count = array_size(incident_verbs),
	};

	return verbs_run(&verbs, argc, argv);
}
