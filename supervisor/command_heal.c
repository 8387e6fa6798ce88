#include "pgmend.h"

#include <time.h>

#include "supervisor/configuration.h"
#include "supervisor/document.h"
#include "supervisor/heal.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"
#include "supervisor/text.h"

enum heal_option {
	HEAL_PIPELINE,
	HEAL_POLICY,
	HEAL_POLICY_SIGNERS,
	HEAL_DB,
	HEAL_CONFIG,
	HEAL_PLANNER,
	HEAL_ROWS,
	HEAL_REPLAY,
	HEAL_DRY_RUN,
	HEAL_SHOW_PROMPT,
	HEAL_JSON,
	HEAL_TEXT,
	HEAL_TIMEOUT,
	HEAL_OPTIONS
};

static const struct option_row rows[HEAL_OPTIONS] = {
	[HEAL_PIPELINE] = {"pipeline", "NAME",
			   "the pipeline of pgmend.conf that failed", 0},
	[HEAL_POLICY] = {"policy", "FILE",
			 "policy; a further layer where one is configured", 0},
	[HEAL_POLICY_SIGNERS] = {"policy-signers", "FILE",
				 "who may sign policies; each must be signed",
				 0},
	[HEAL_DB] = {"db", "CONNINFO", "libpq connection string, no password",
		     0},
	[HEAL_CONFIG] = {"config", "FILE", "instead of " CONFIGURATION_DEFAULT,
			 0},
	[HEAL_PLANNER] = {"planner", "NAME", "auto, claude or builtin", 0},
	[HEAL_ROWS] = {"rows", "keep|prove",
		       "insert for good, or prove and let the caller retry", 0},
	[HEAL_REPLAY] = {"replay", "FILE.ndjson",
			 "more records; bad ones go to FILE.rejected.ndjson",
			 0},
	[HEAL_DRY_RUN] = {"dry-run", NULL,
			  "say what would be done, and change nothing", 0},
	[HEAL_SHOW_PROMPT] = {"show-prompt", NULL,
			      "print what a model would be asked, and end", 0},
	[HEAL_JSON] = {"json", NULL,
		       "print JSON; the default unless on a terminal", 0},
	[HEAL_TEXT] = {"text", NULL, "print text for people", 0},
	[HEAL_TIMEOUT] = {"timeout", "DURATION", "for the whole run", 0},
};

static const struct option_table table = {
	.usage = "heal [OPTION]... INCIDENT.json | -",
	.about = "Heals the schema drift of one incident and replays its "
		 "record.",
	.rows = rows,
	.count = HEAL_OPTIONS,
	.positional_max = 1,
};

static int
read_options(struct heal_options *ret_options, const struct options *options,
	     struct error *err)
{
	const char *const *values = options->values;
	struct heal_options heal = {
		.pipeline = values[HEAL_PIPELINE],
		.policy = values[HEAL_POLICY],
		.policy_signers = values[HEAL_POLICY_SIGNERS],
		.db = values[HEAL_DB],
		.config = values[HEAL_CONFIG],
		.planner = values[HEAL_PLANNER],
		.rows = values[HEAL_ROWS],
		.replay = values[HEAL_REPLAY],
		.is_dry_run = values[HEAL_DRY_RUN] != NULL,
		.shows_prompt = values[HEAL_SHOW_PROMPT] != NULL,
	};

	if (options->positional_count != 1)
		return fail_as(err, EXIT_USAGE, "no_incident",
			       "name one incident file, or - for standard "
			       "input");
	heal.incident = options->positionals[0];
	if (heal.planner != NULL && strcmp(heal.planner, "auto") != 0 &&
	    strcmp(heal.planner, "claude") != 0 &&
	    strcmp(heal.planner, "builtin") != 0)
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--planner is auto, claude or builtin, not '%s'",
			       heal.planner);
	if (values[HEAL_TIMEOUT] != NULL &&
	    duration_parse(&heal.timeout_ms, values[HEAL_TIMEOUT], err) < 0)
		return fail_in(err, "--timeout");
	*ret_options = heal;
	return 0;
}

/* One object on standard output; on failure the sentence goes to standard
 * error too, for the people who read a scheduler's log. */
static void
print_result(const struct result *result, bool as_json)
{
	if (as_json) {
		auto_document struct document *document =
			result_document(result);
		auto_free char *json = document_print(document);

		printf("%s\n", json);
		if (result->exit != EXIT_HEALED) {
			fprintf(stderr, "pgmend: ");
			text_write_escaped(stderr, result->message);
			fputc('\n', stderr);
		}
	} else {
		result_write_text(stdout, result);
	}
	/* The exit status tells the outcome all the same. */
	if (fflush(stdout) != 0)
		fprintf(stderr, "pgmend: the result could not be written: %s\n",
			strerror(errno));
}

/* Byte for byte what would be sent. */
static void
print_prompt(const struct prompt *prompt)
{
	auto_free char *request = prompt_first_request(prompt);

	printf("%s\n", request);
	fflush(stdout);
}

static bool
wants_json(const struct options *options)
{
	return output_is_json(
		options != NULL && options->values[HEAL_JSON] != NULL,
		options != NULL && options->values[HEAL_TEXT] != NULL);
}

int
command_heal(int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct heal_options heal_options = {0};
	struct run run = {.options = &heal_options};
	struct error err = NO_ERROR;
	int status;

	/* Read by localtime() and friends before the lock closes the files. */
	tzset();
	if (options_read(&options, &table, argc, argv, &err) == 0 &&
	    options->wants_help) {
		options_write_help(stdout, &table);
		return 0;
	}
	stop_listen(wants_json(options));
	if (options == NULL || read_options(&heal_options, options, &err) < 0)
		result_fail(&run.result, &err);
	else
		heal(&run);
	if (heal_options.shows_prompt && run.prompt.request != NULL)
		print_prompt(&run.prompt);
	else
		print_result(&run.result, wants_json(options));
	status = (int)run.result.exit;
	run_free(&run);
	return status;
}
