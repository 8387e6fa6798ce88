#include <time.h>

#include "pgmend.h"
#include "policy/lint.h"
#include "policy/policy.h"
#include "supervisor/command_policy.h"
#include "supervisor/explain.h"
#include "supervisor/explain_database.h"
#include "supervisor/facts_document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_words.h"
#include "supervisor/question.h"
#include "supervisor/text.h"

/* The statuses of the policy verbs; EXIT_USAGE is the same as elsewhere. */
#define STATUS_FINDINGS 1
#define STATUS_UNREADABLE 3
#define STATUS_UNDECIDED 4

#define SECONDS_A_DAY (24 * 60 * 60)

#define STDIN_MAX (1 << 20) /* bytes; whatever is judged is far smaller */

/* Reports the error with the policy verbs' own statuses. */
static int
report(struct error *err, bool as_json)
{
	if (same_text(err->code, "policy_unreadable"))
		err->reason = (enum exit_reason)STATUS_UNREADABLE;
	return output_error(err, as_json);
}

/* --- check ---------------------------------------------------------------- */

enum { CHECK_STRICT, CHECK_JSON, CHECK_TEXT, CHECK_OPTIONS };

static const struct option_row check_rows[CHECK_OPTIONS] = {
	[CHECK_STRICT] = {"strict", NULL, "warnings are errors", 0},
	[CHECK_JSON] = {"json", NULL, "one JSON object a diagnostic", 0},
	[CHECK_TEXT] = {"text", NULL, "text for people", 0},
};

static const struct option_table check_table = {
	.usage = "policy check [OPTION]... FILE...",
	.about = "Reads policies as heal would, and says what is wrong.",
	.rows = check_rows,
	.count = CHECK_OPTIONS,
	.positional_max = 64,
};

static void
write_summary(const char *path, const struct policy *policy,
	      const struct lint_result *lint)
{
	struct policy_counts counts = policy_counts(policy);

	printf("%s: %d file%s, %d rules, %d lists, %d settings, %d tests\n",
	       path, counts.files, counts.files == 1 ? "" : "s", counts.rules,
	       counts.lists, counts.settings, counts.tests);
	printf("%d errors, %d warnings, %lld abstract points decided%s\n",
	       lint->errors, counts.warnings + lint->warnings,
	       (long long)lint->points,
	       lint->undecided ? "; not decided: too many facts" : "");
	printf("files   sha256:%s\nmeaning sha256:%s\n",
	       policy_files_hash(policy), policy_meaning_hash(policy));
}

static int
status_of_lint(const struct policy *policy, const struct lint_result *lint,
	       bool strict)
{
	int warnings = policy_counts(policy).warnings + lint->warnings;

	if (lint->errors > 0 || (strict && warnings > 0))
		return STATUS_FINDINGS;
	return strict && lint->undecided ? STATUS_UNDECIDED : 0;
}

/* Diagnostics are the data of `check`: on standard output. */
static int
check_one(const char *path, bool strict, bool as_json)
{
	auto_policy struct policy *policy = NULL;
	struct lint_result lint;
	struct error err = NO_ERROR;

	if (policy_load(&policy, path, stdout, as_json, &err) < 0) {
		if (same_text(err.code, "policy_unreadable"))
			return report(&err, as_json);
		fprintf(stderr, "pgmend: ");
		text_write_escaped(stderr, err.text);
		fputc('\n', stderr);
		return STATUS_FINDINGS;
	}
	lint = policy_lint(policy, (int)(time(NULL) / SECONDS_A_DAY), stdout,
			   as_json);
	if (!as_json)
		write_summary(path, policy, &lint);
	return status_of_lint(policy, &lint, strict);
}

static int
run_check(const struct options *options)
{
	/* A linter speaks text unless it is asked otherwise. */
	bool as_json = options->values[CHECK_JSON] != NULL;
	struct error err = NO_ERROR;
	int worst = 0;

	if (options->positional_count == 0) {
		fail_as(&err, EXIT_USAGE, "usage",
			"policy check needs a FILE; see --help");
		return output_error(&err, as_json);
	}
	for (int i = 0; i < options->positional_count; i++) {
		int one = check_one(options->positionals[i],
				    options->values[CHECK_STRICT] != NULL,
				    as_json);

		worst = one > worst ? one : worst;
	}
	return worst;
}

/* --- explain -------------------------------------------------------------- */

enum {
	EXPLAIN_POLICY,
	EXPLAIN_FACTS,
	EXPLAIN_DB,
	EXPLAIN_TARGET,
	EXPLAIN_REPLAY,
	EXPLAIN_MAPPING,
	EXPLAIN_JSON,
	EXPLAIN_TEXT,
	EXPLAIN_OPTIONS
};

static const struct option_row explain_rows[EXPLAIN_OPTIONS] = {
	[EXPLAIN_POLICY] = {"policy", "FILE", "the lowest layer", 'p'},
	[EXPLAIN_FACTS] = {"facts", "FILE", "facts as JSON", 0},
	[EXPLAIN_DB] = {"db", "CONNINFO", "facts from the catalogue", 0},
	[EXPLAIN_TARGET] = {"target", "SCHEMA.TABLE", "the incident's table",
			    0},
	[EXPLAIN_REPLAY] = {"replay", "SCHEMA.TABLE",
			    "judge a replay into that table", 0},
	[EXPLAIN_MAPPING] = {"mapping", "S.T.COLUMN[:TRANSFORM]",
			     "judge one mapping", 0},
	[EXPLAIN_JSON] = {"json", NULL, "one JSON object", 0},
	[EXPLAIN_TEXT] = {"text", NULL, "text for people", 0},
};

static const struct option_table explain_table = {
	.usage = "policy explain -p FILE [OPTION]... [--] SQL | -",
	.about = "Judges one statement and says why; exit 0 once it is judged.",
	.rows = explain_rows,
	.count = EXPLAIN_OPTIONS,
	.positional_max = 1,
};

/* What explain holds while it works. */
struct explanation {
	struct policy *policy;
	struct facts_document facts;
	struct explain_database *database; /* with --db */
	struct question_texts texts;
	struct question question;
};

static void
explanation_release(struct explanation *explanation)
{
	policy_free(explanation->policy);
	facts_document_release(&explanation->facts);
	explain_database_free(explanation->database);
	question_texts_release(&explanation->texts);
}

/* Given facts are the same for every action; nothing is derived. */
static void
collect_given(struct facts *facts, const struct statement *statement,
	      int action, const void *context)
{
	(void)statement;
	(void)action;
	*facts = *(const struct facts *)context;
}

/* Where the facts come from: a file, or nowhere, and then all are unknown. */
static int
collect_facts(struct explanation *explanation, const struct options *options,
	      struct error *err)
{
	const char *path = options->values[EXPLAIN_FACTS];
	auto_free char *text = NULL;
	size_t size;

	if (options->values[EXPLAIN_DB] != NULL && path != NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "facts come from --facts or from --db, not "
			       "from both");
	if (options->values[EXPLAIN_DB] != NULL)
		return explain_database_open(&explanation->database,
					     &explanation->question,
					     options->values[EXPLAIN_DB], err);
	explanation->question.collect = collect_given;
	explanation->question.context = &explanation->facts.facts;
	if (path == NULL)
		return 0;
	if (question_read_file(&text, &size, path, STDIN_MAX, err) < 0 ||
	    facts_document_read(&explanation->facts, text, size, err) < 0)
		return fail_in(err, "%s", path);
	return 0;
}

static int
read_question(struct explanation *explanation, const struct options *options,
	      struct error *err)
{
	const struct question_words words = {
		.sql = options->positional_count > 0 ? options->positionals[0]
						     : NULL,
		.target = options->values[EXPLAIN_TARGET],
		.replay = options->values[EXPLAIN_REPLAY],
		.mapping = options->values[EXPLAIN_MAPPING],
	};

	return question_read(&explanation->question, &explanation->texts,
			     &words, err);
}

static int
answer_question(const struct options *options, bool as_json, struct error *err)
{
	struct explanation explanation = {.policy = NULL};
	struct answer answer = {.count = 0};
	const char *path = options->values[EXPLAIN_POLICY];
	int status = -1;

	if (path == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy explain needs -p FILE; see --help");
	if (read_question(&explanation, options, err) == 0 &&
	    collect_facts(&explanation, options, err) == 0 &&
	    policy_load(&explanation.policy, path, stderr, false, err) == 0) {
		explain(&answer, explanation.policy, &explanation.question);
		if (as_json)
			answer_write_json(stdout, &answer);
		else
			answer_write_text(stdout, &answer);
		status = 0;
	}
	answer_release(&answer);
	explanation_release(&explanation);
	return status;
}

static int
run_explain(const struct options *options)
{
	bool as_json = output_is_json(options->values[EXPLAIN_JSON] != NULL,
				      options->values[EXPLAIN_TEXT] != NULL);
	struct error err = NO_ERROR;

	if (answer_question(options, as_json, &err) == 0)
		return 0;
	return report(&err, as_json);
}

/* --- Verbs ---------------------------------------------------------------- */

static const struct verb {
	const char *name;
	const struct option_table *table;
	int (*run)(const struct options *options);
} verbs[] = {
	{"check", &check_table, run_check},
	{"explain", &explain_table, run_explain},
	{"facts", &policy_facts_table, policy_facts},
	{"ops", &policy_ops_table, policy_ops},
	{"floor", &policy_floor_table, policy_floor},
};

static int
run_verb(const struct verb *verb, int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;

	if (options_read(&options, verb->table, argc, argv, &err) < 0)
		return output_error(&err, output_is_json(false, false));
	if (options->wants_help) {
		options_write_help(stdout, verb->table);
		return 0;
	}
	return verb->run(options);
}

static void
write_verbs(FILE *out)
{
	fprintf(out, "usage: pgmend policy VERB [OPTION]...\n\n");
	for (size_t i = 0; i < array_size(verbs); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name,
			verbs[i].table->about);
}

int
command_policy(int argc, char **argv)
{
	struct error err = NO_ERROR;

	if (argc < 2) {
		write_verbs(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		write_verbs(stdout);
		return 0;
	}
	for (size_t i = 0; i < array_size(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return run_verb(&verbs[i], argc - 1, argv + 1);
	fail_as(&err, EXIT_USAGE, "usage",
		"policy %s: unknown; there are check, explain, facts, ops and "
		"floor",
		argv[1]);
	return output_error(&err, output_is_json(false, false));
}
