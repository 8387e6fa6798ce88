#include "pgmend.h"
#include "supervisor/options.h"
#include "supervisor/text.h"

#define HELP_COLUMN 24

/* The command line while it is read. */
struct reader {
	const struct option_table *table;
	struct options *options;
	int argc, next;
	char **argv;
};

static int
refuse_unknown(const struct option_table *table, const char *name,
	       struct error *err)
{
	const char *nearest = NULL;

	if (table->count > 0)
		nearest = text_nearest(name, &table->rows[0].name,
				       (size_t)table->count,
				       sizeof(table->rows[0]));
	if (nearest == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "unknown option --%s; see --help", name);
	return fail_as(err, EXIT_USAGE, "usage",
		       "unknown option --%s; did you mean --%s?", name,
		       nearest);
}

/* Keeps a row's value; `attached` is what followed a "=", or NULL. */
static int
keep_value(struct reader *reader, int row, const char *attached,
	   struct error *err)
{
	const struct option_row *option = &reader->table->rows[row];
	const char *value = attached;

	if (reader->options->values[row] != NULL)
		return fail_as(err, EXIT_USAGE, "usage", "--%s is given twice",
			       option->name);
	if (option->argument == NULL && attached != NULL)
		return fail_as(err, EXIT_USAGE, "usage", "--%s takes no value",
			       option->name);
	if (option->argument == NULL)
		value = "";
	else if (value == NULL && reader->next < reader->argc)
		value = reader->argv[reader->next++];
	if (value == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "--%s needs a value: %s", option->name,
			       option->argument);
	reader->options->values[row] = value;
	return 0;
}

static int
read_long(struct reader *reader, const char *text, struct error *err)
{
	size_t size = strcspn(text, "=");
	auto_free char *name = xstrndup(text, size);
	const char *attached = text[size] == '=' ? text + size + 1 : NULL;

	if (strcmp(text, "help") == 0) {
		reader->options->wants_help = true;
		return 0;
	}
	for (int row = 0; row < reader->table->count; row++)
		if (strcmp(reader->table->rows[row].name, name) == 0)
			return keep_value(reader, row, attached, err);
	return refuse_unknown(reader->table, name, err);
}

static int
read_letter(struct reader *reader, const char *text, struct error *err)
{
	if (strcmp(text, "h") == 0) {
		reader->options->wants_help = true;
		return 0;
	}
	for (int row = 0; row < reader->table->count; row++)
		if (reader->table->rows[row].letter == text[0] &&
		    text[1] == '\0')
			return keep_value(reader, row, NULL, err);
	return fail_as(err, EXIT_USAGE, "usage",
		       "unknown option -%s; see --help", text);
}

static int
keep_positional(struct reader *reader, const char *text, struct error *err)
{
	struct options *options = reader->options;

	if (options->positional_count == reader->table->positional_max)
		return fail_as(err, EXIT_USAGE, "usage",
			       "unexpected argument %s; usage: pgmend %s", text,
			       reader->table->usage);
	options->positionals[options->positional_count++] = text;
	return 0;
}

static int
read_argument(struct reader *reader, bool *has_ended, struct error *err)
{
	const char *text = reader->argv[reader->next++];

	if (*has_ended || text[0] != '-' || text[1] == '\0')
		return keep_positional(reader, text, err);
	if (strcmp(text, "--") == 0) {
		*has_ended = true;
		return 0;
	}
	if (text[1] == '-')
		return read_long(reader, text + 2, err);
	return read_letter(reader, text + 1, err);
}

int
options_read(struct options **ret_options, const struct option_table *table,
	     int argc, char **argv, struct error *err)
{
	auto_options struct options *options = xcalloc(1, sizeof(*options));
	struct reader reader = {
		.table = table,
		.options = options,
		.argc = argc,
		.next = 1,
		.argv = argv,
	};
	bool has_ended = false;

	options->values =
		xcalloc((size_t)table->count, sizeof(*options->values));
	options->positionals = xcalloc((size_t)table->positional_max,
				       sizeof(*options->positionals));
	while (reader.next < argc)
		if (read_argument(&reader, &has_ended, err) < 0)
			return -1;
	*ret_options = take(options);
	return 0;
}

void
options_free(struct options *options)
{
	if (options == NULL)
		return;
	free(options->values);
	free(options->positionals);
	free(options);
}

void
options_cleanup(struct options **options)
{
	options_free(*options);
}

static void
write_row(FILE *out, const struct option_row *row)
{
	char left[64];
	char letter[] = {'-', row->letter, ',', ' ', '\0'};

	snprintf(left, sizeof(left), "%s--%s%s%s",
		 row->letter == 0 ? "" : letter, row->name,
		 row->argument == NULL ? "" : " ",
		 row->argument == NULL ? "" : row->argument);
	if (strlen(left) >= HELP_COLUMN)
		fprintf(out, "  %s\n  %*s%s\n", left, HELP_COLUMN, "",
			row->help);
	else
		fprintf(out, "  %-*s%s\n", HELP_COLUMN, left, row->help);
}

void
options_write_help(FILE *out, const struct option_table *table)
{
	static const struct option_row help = {
		.name = "help",
		.help = "this text",
		.letter = 'h',
	};

	fprintf(out, "usage: pgmend %s\n\n%s\n\n", table->usage, table->about);
	for (int row = 0; row < table->count; row++)
		write_row(out, &table->rows[row]);
	write_row(out, &help);
	if (table->write_more != NULL)
		table->write_more(out);
}
