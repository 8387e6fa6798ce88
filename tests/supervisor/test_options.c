#include "supervisor/options.h"
#include "tests/test.h"

enum { DB, POLICY, DRY_RUN, ROWS };

static const struct option_row rows[ROWS] = {
	[DB] = {"db", "CONNINFO", "the database", 0},
	[POLICY] = {"policy", "FILE", "a policy", 'p'},
	[DRY_RUN] = {"dry-run", NULL, "change nothing", 0},
};

static const struct option_table table = {
	.usage = "heal INCIDENT",
	.about = "Heals.",
	.rows = rows,
	.count = ROWS,
	.positional_max = 1,
};

static const char *
refusal(struct error *err, const char **arguments)
{
	auto_options struct options *options = NULL;
	int argc = 0;

	*err = (struct error)NO_ERROR;
	while (arguments[argc] != NULL)
		argc++;
	if (options_read(&options, &table, argc, (char **)arguments, err) == 0)
		return "accepted";
	return err->reason == EXIT_USAGE ? err->text : "wrong reason";
}

#define refused(...) refusal(&err, (const char *[]){"heal", __VA_ARGS__, NULL})

static void
test_reading(void)
{
	const char *arguments[] = {"heal",	   "--db",	"service=a",
				   "--policy=x=y", "--dry-run", "--",
				   "--odd",	   NULL};
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;

	test("a command line is read",
	     options_read(&options, &table, 7, (char **)arguments, &err) == 0);
	test_text("a value may follow its option", options->values[DB],
		  "service=a");
	test_text("a value may hang on its option", options->values[POLICY],
		  "x=y");
	test_text("a flag is given", options->values[DRY_RUN], "");
	test_text("after -- nothing is an option", options->positionals[0],
		  "--odd");
	test("help isn't wanted unless asked for", !options->wants_help);
}

static void
test_letters(void)
{
	const char *arguments[] = {"heal", "-p", "file", "-", NULL};
	const char *help[] = {"heal", "-h", NULL};
	auto_options struct options *options = NULL, *helped = NULL;
	struct error err = NO_ERROR;

	options_read(&options, &table, 4, (char **)arguments, &err);
	test_text("a letter stands for its option", options->values[POLICY],
		  "file");
	test_text("a dash alone is no option", options->positionals[0], "-");
	test("an option that isn't given is NULL", options->values[DB] == NULL);
	options_read(&helped, &table, 2, (char **)help, &err);
	test("-h asks for help", helped->wants_help);
}

static void
test_refusals(void)
{
	struct error err;

	test_text("a misspelt option gets a suggestion", refused("--polcy=x"),
		  "unknown option --polcy; did you mean --policy?");
	test_text("a strange option gets none", refused("--frobnicate"),
		  "unknown option --frobnicate; see --help");
	test_text("an option may be given once", refused("--db=a", "--db=b"),
		  "--db is given twice");
	test_text("a value may not be missing", refused("--db"),
		  "--db needs a value: CONNINFO");
	test_text("a flag takes no value", refused("--dry-run=no"),
		  "--dry-run takes no value");
	test_text("an unknown letter is refused", refused("-x"),
		  "unknown option -x; see --help");
	test_text("an unexpected argument is refused", refused("a", "b"),
		  "unexpected argument b; usage: pgmend heal INCIDENT");
}

static void
test_help(void)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	options_write_help(out, &table);
	fclose(out);
	test_text("help comes from the table", text,
		  "usage: pgmend heal INCIDENT\n\nHeals.\n\n"
		  "  --db CONNINFO           the database\n"
		  "  -p, --policy FILE       a policy\n"
		  "  --dry-run               change nothing\n"
		  "  -h, --help              this text\n");
}

int
main(void)
{
	test_reading();
	test_letters();
	test_refusals();
	test_help();
	return test_end();
}
