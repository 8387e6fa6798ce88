#include <time.h>

#include "pgmend.h"
#include "policy/lint.h"
#include "policy/policy.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_paths.h"
#include "supervisor/policy_summary.h"
#include "supervisor/policy_tables.h"
#include "supervisor/policy_trial.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/question.h"
#include "supervisor/text.h"

#define SECONDS_A_DAY (24 * 60 * 60)

enum {
	CHECK_STRICT,
	CHECK_DB,
	CHECK_STDIN,
	CHECK_JSON,
	CHECK_SARIF,
	CHECK_TEXT,
	CHECK_OPTIONS
};

static const struct option_row check_rows[CHECK_OPTIONS] = {
	[CHECK_STRICT] = {"strict", NULL, "warnings are errors", 0},
	[CHECK_DB] = {"db", "CONNINFO", "patterns must match a table there", 0},
	[CHECK_STDIN] = {"stdin", "FILE",
			 "read standard input, as it would stand in FILE", 0},
	[CHECK_JSON] = {"json", NULL, "one JSON object a diagnostic", 0},
	[CHECK_SARIF] = {"sarif", NULL, "one SARIF 2.1.0 log", 0},
	[CHECK_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_check_table = {
	.usage = "policy check [OPTION]... FILE|DIR...",
	.about = "Reads policies as heal would, and says what is wrong; of a "
		 "folder, each *.policy in it.",
	.rows = check_rows,
	.count = CHECK_OPTIONS,
	.positional_max = 64,
};

struct check {
	enum diagnostic_format format;
	bool strict;
	const struct policy_tables *tables; /* or NULL */
	FILE *out;
	int worst; /* exit status so far */
};

static void
note_status(struct check *check, int status)
{
	check->worst = status > check->worst ? status : check->worst;
}

/* --- One set -------------------------------------------------------------- */

static void
fail_to_load(struct check *check, struct error *err)
{
	if (same_text(err->code, "policy_unreadable")) {
		note_status(check, policy_report(err, check->format ==
							      DIAGNOSTIC_JSON));
		return;
	}
	fprintf(stderr, "pgmend: ");
	text_write_escaped(stderr, err->text);
	fputc('\n', stderr);
	note_status(check, POLICY_FINDINGS);
}

static int
status_of(const struct check *check, const struct policy_summary *summary)
{
	if (summary->errors > 0 || (check->strict && summary->warnings > 0))
		return POLICY_FINDINGS;
	return check->strict && summary->undecided ? POLICY_UNDECIDED : 0;
}

/* What is wrong with a set that could be loaded. */
static void
examine(struct check *check, struct policy *policy,
	struct policy_summary *summary)
{
	auto_trial struct trial_run *run = policy_trial(policy);
	struct trial_counts tests =
		policy_trial_diagnose(run, check->out, check->format);
	struct lint_result lint =
		policy_lint(policy, (int)(time(NULL) / SECONDS_A_DAY),
			    check->out, check->format);

	summary->errors = lint.errors + tests.errors;
	summary->warnings =
		policy_counts(policy).warnings + lint.warnings + tests.warnings;
	if (check->tables != NULL)
		summary->warnings +=
			policy_lint_tables(policy, &check->tables->tables,
					   check->out, check->format);
	summary->points = lint.points;
	summary->undecided = lint.undecided;
	summary->expectations = run->count;
	summary->tests = run->tests;
	summary->failed = run->failed;
}

static void
check_one(struct check *check, const struct policy_text *given)
{
	auto_policy struct policy *policy = NULL;
	auto_free char *said = NULL;
	size_t size;
	FILE *loading = xmemstream(&said, &size);
	struct policy_summary summary = {.path = given->path};
	struct error err = NO_ERROR;
	int status =
		policy_load_text(&policy, given, loading, check->format, &err);

	fclose(loading);
	if (status == 0 && check->format == DIAGNOSTIC_TEXT)
		summary_write_head(check->out, &summary, policy);
	fputs(said, check->out);
	if (status < 0) {
		fail_to_load(check, &err);
		return;
	}
	examine(check, policy, &summary);
	if (check->format == DIAGNOSTIC_TEXT)
		summary_write_end(check->out, &summary, policy);
	note_status(check, status_of(check, &summary));
}

/* --- All of them ---------------------------------------------------------- */

static int
check_stdin(struct check *check, const char *path, struct error *err)
{
	auto_free char *text = NULL;
	struct policy_text given = {.path = path};

	if (question_read_file(&text, &given.size, "-", POLICY_FILE_MAX, err) <
	    0)
		return fail_in(err, "standard input");
	given.text = text;
	check_one(check, &given);
	return 0;
}

static int
check_all(struct check *check, const struct options *options, struct error *err)
{
	auto_policy_paths struct policy_paths paths = {.count = 0};
	const char *as = options->values[CHECK_STDIN];

	if ((options->positional_count == 0) == (as == NULL))
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy check needs a FILE, or --stdin; see "
			       "--help");
	for (int i = 0; i < options->positional_count; i++)
		if (policy_paths_add(&paths, options->positionals[i], err) < 0)
			return -1;
	for (int i = 0; i < paths.count; i++)
		check_one(check, &(struct policy_text){.path = paths.of[i]});
	return as == NULL ? 0 : check_stdin(check, as, err);
}

/* The tables are read once, before the first file. */
static int
check_with_tables(struct check *check, const struct options *options,
		  struct error *err)
{
	struct policy_tables tables;
	int status;

	if (options->values[CHECK_DB] == NULL)
		return check_all(check, options, err);
	if (policy_tables_read(&tables, options->values[CHECK_DB], err) < 0)
		return -1;
	tables.tables.read_at = tables.read_at;
	check->tables = &tables;
	status = check_all(check, options, err);
	policy_tables_release(&tables);
	return status;
}

/* A linter speaks text unless it is asked otherwise. */
static enum diagnostic_format
format_of(const struct options *options)
{
	if (options->values[CHECK_SARIF] != NULL)
		return DIAGNOSTIC_SARIF;
	return options->values[CHECK_JSON] != NULL ? DIAGNOSTIC_JSON
						   : DIAGNOSTIC_TEXT;
}

/* Diagnostics are the data of `check`: on standard output. */
int
policy_check(const struct options *options)
{
	struct check check = {.format = format_of(options),
			      .strict = options->values[CHECK_STRICT] != NULL};
	bool is_sarif = check.format == DIAGNOSTIC_SARIF;
	auto_free char *results = NULL;
	struct error err = NO_ERROR;
	size_t size;
	int status;

	check.out = is_sarif ? xmemstream(&results, &size) : stdout;
	status = check_with_tables(&check, options, &err);
	if (is_sarif)
		fclose(check.out);
	if (status < 0)
		return policy_report(&err, check.format == DIAGNOSTIC_JSON);
	if (is_sarif)
		sarif_write(stdout, results);
	return check.worst;
}
