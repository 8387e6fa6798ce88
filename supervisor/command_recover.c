#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/configuration.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/recover.h"
#include "supervisor/secret.h"

enum recover_option {
	RECOVER_ALL,
	RECOVER_DB,
	RECOVER_CONFIG,
	RECOVER_JSON,
	RECOVER_TEXT,
	RECOVER_OPTIONS
};

static const struct option_row option_rows[RECOVER_OPTIONS] = {
	[RECOVER_ALL] = {"all", NULL, "runs of other login roles, too", 0},
	[RECOVER_DB] = {"db", "CONNINFO",
			"libpq connection string, no password", 0},
	[RECOVER_CONFIG] = {"config", "FILE",
			    "instead of " CONFIGURATION_DEFAULT, 0},
	[RECOVER_JSON] = {"json", NULL, "answer in JSON", 0},
	[RECOVER_TEXT] = {"text", NULL, "answer in words", 0},
};

static const struct option_table option_table = {
	.usage = "recover [--all] [--db CONNINFO]",
	.about = "Closes the runs that a crash left open: finds out whether "
		 "their changes were\ncommitted, and records it. 21 when that "
		 "can't be told yet.",
	.rows = option_rows,
	.count = RECOVER_OPTIONS,
};

static void
print(const struct recovery *recovery, struct document *runs, bool as_json)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	if (!as_json) {
		printf("%d committed, %d rolled back, %d without a change, %d "
		       "still running, %d unknown\n",
		       recovery->committed, recovery->rolled_back,
		       recovery->ended, recovery->alive, recovery->unknown);
		document_free(runs);
		return;
	}
	document_number(document, "pgmend_recover", 1);
	document_number(document, "exit_code",
			recovery->unknown > 0 ? EXIT_UNKNOWN : EXIT_HEALED);
	document_number(document, "committed", recovery->committed);
	document_number(document, "rolled_back", recovery->rolled_back);
	document_number(document, "without_change", recovery->ended);
	document_number(document, "alive", recovery->alive);
	document_number(document, "unknown", recovery->unknown);
	document_add(document, "runs", runs);
	line = document_print(document);
	puts(line);
}

static int
recover(const struct options *options, bool as_json, struct error *err)
{
	auto_configuration struct configuration *configuration = NULL;
	auto_database struct database *database = NULL;
	auto_secret struct secret key = {0};
	auto_audit struct audit *audit = NULL;
	struct recovery recovery = {
		.is_for_all = options->values[RECOVER_ALL] != NULL,
	};
	const char *db = options->values[RECOVER_DB];

	if (configuration_read(&configuration, options->values[RECOVER_CONFIG],
			       err) < 0 ||
	    database_open(&database, db != NULL ? db : configuration->db,
			  "pgmend recover", err) < 0 ||
	    secret_read(&key, AUDIT_KEY_NAME, getenv(AUDIT_KEY_VARIABLE), err) <
		    0)
		return -1;
	recovery.schema = configuration->audit_schema != NULL
				  ? configuration->audit_schema
				  : AUDIT_SCHEMA_DEFAULT;
	if (audit_open(&audit, database, recovery.schema, key.bytes, key.size,
		       err) < 0)
		return -1;
	recovery.database = database;
	recovery.audit = audit;
	recovery.runs = document_array();
	if (recover_runs(&recovery, err) < 0) {
		document_free(recovery.runs);
		return -1;
	}
	print(&recovery, recovery.runs, as_json);
	if (recovery.unknown == 0)
		return 0;
	return fail_as(err, EXIT_UNKNOWN, "commit_unknown", "%s",
		       recovery.first_unknown);
}

int
command_recover(int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;
	bool as_json = output_is_json(false, false);

	if (options_read(&options, &option_table, argc, argv, &err) < 0)
		return output_error(&err, as_json);
	if (options->wants_help) {
		options_write_help(stdout, &option_table);
		return 0;
	}
	as_json = output_is_json(options->values[RECOVER_JSON] != NULL,
				 options->values[RECOVER_TEXT] != NULL);
	if (recover(options, as_json, &err) == 0)
		return 0;
	/* What was found is printed already. */
	return output_error(&err, as_json && err.reason != EXIT_UNKNOWN);
}
