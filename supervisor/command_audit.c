#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/audit_log.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/secret.h"
#include "supervisor/uuid.h"

#define LOG_LAST "100"

enum verify_option {
	VERIFY_DB,
	VERIFY_SCHEMA,
	VERIFY_JSON,
	VERIFY_TEXT,
	VERIFY_OPTIONS
};

static const struct option_row verify_rows[VERIFY_OPTIONS] = {
	[VERIFY_DB] = {"db", "CONNINFO", "the database", 0},
	[VERIFY_SCHEMA] = {"schema", "NAME", "the audit schema (pgmend)", 0},
	[VERIFY_JSON] = {"json", NULL, "answer in JSON", 0},
	[VERIFY_TEXT] = {"text", NULL, "answer in words", 0},
};

static const struct option_table verify_table = {
	.usage = "audit verify [--db CONNINFO] [--schema NAME]",
	.about = "Recomputes the whole audit chain; 40 when it doesn't verify. "
		 "MACs are checked\nwith the secret " AUDIT_KEY_NAME
		 " (in $CREDENTIALS_DIRECTORY, or the file named\n"
		 "by " AUDIT_KEY_VARIABLE ").",
	.rows = verify_rows,
	.count = VERIFY_OPTIONS,
};

enum log_option {
	LOG_DB,
	LOG_SCHEMA,
	LOG_RUN,
	LOG_LAST_EVENTS,
	LOG_JSON,
	LOG_TEXT,
	LOG_OPTIONS
};

static const struct option_row log_rows[LOG_OPTIONS] = {
	[LOG_DB] = {"db", "CONNINFO", "the database", 0},
	[LOG_SCHEMA] = {"schema", "NAME", "the audit schema (pgmend)", 0},
	[LOG_RUN] = {"run", "RUN", "only the events of this run", 0},
	[LOG_LAST_EVENTS] = {"last", "N",
			     "at most so many, the last ones (" LOG_LAST ")",
			     0},
	[LOG_JSON] = {"json", NULL, "one object a line, complete", 0},
	[LOG_TEXT] = {"text", NULL, "one line an event, the gist", 0},
};

static const struct option_table log_table = {
	.usage = "audit log [--db CONNINFO] [--schema NAME] [--run RUN] "
		 "[--last N]",
	.about = "Shows events of the audit chain, the oldest first.",
	.rows = log_rows,
	.count = LOG_OPTIONS,
};

static const char *
schema_or_default(const char *schema)
{
	return schema == NULL ? AUDIT_SCHEMA_DEFAULT : schema;
}

/* The tables aren't there, or not for this role. */
static int
explain_missing(const struct database *database, const char *schema,
		struct error *err)
{
	static const char *const states[] = {"42P01", "3F000", "42501"};
	const char *state = database_diagnostic(database)->sqlstate;

	for (size_t i = 0; i < array_size(states); i++)
		if (strcmp(state, states[i]) == 0)
			return fail_as(err, EXIT_USAGE, "audit_missing",
				       "this database has no audit schema %s "
				       "that this role may read",
				       schema);
	return -1;
}

static void
print_broken(const struct audit_report *report, const struct error *err)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	document_number(document, "pgmend_audit", 1);
	document_bool(document, "ok", false);
	document_number(document, "exit_code", err->reason);
	document_text(document, "reason_code", err->code);
	if (report->broken_seq > 0)
		document_number(document, "seq", report->broken_seq);
	document_text(document, "message", err->text);
	line = document_print(document);
	puts(line);
}

static void
print_report(const struct audit_report *report)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	document_number(document, "pgmend_audit", 1);
	document_bool(document, "ok", true);
	document_text(document, "chain_id", report->chain_id);
	document_number(document, "events", report->events);
	document_number(document, "first_seq", report->first_seq);
	document_number(document, "last_seq", report->last_seq);
	document_number(document, "with_mac", report->with_mac);
	document_number(document, "mac_checked", report->mac_checked);
	document_text(document, "head", report->head);
	line = document_print(document);
	puts(line);
}

static void
write_report(const struct audit_report *report)
{
	printf("the audit chain verifies: %lld events, head %s\n",
	       (long long)report->events, report->head);
	if (report->mac_checked > 0)
		printf("%lld of them carry a MAC of the key\n",
		       (long long)report->mac_checked);
	else if (report->with_mac > 0)
		printf("%lld of them carry a MAC, not checked without the "
		       "key\n",
		       (long long)report->with_mac);
}

/* Whoever owns the tables can rewrite a chain without MACs as a whole. */
static int
check_any_mac(const struct audit_report *report, const struct secret *key,
	      struct error *err)
{
	if (key->bytes == NULL || report->events == 0 || report->with_mac > 0)
		return 0;
	return fail_as(err, EXIT_AUDIT_BROKEN, "audit_broken",
		       "the audit chain is broken: there is a key, but not one "
		       "event carries a MAC");
}

static int
verify(struct audit_report *ret_report, const struct options *options,
       struct error *err)
{
	const char *schema = schema_or_default(options->values[VERIFY_SCHEMA]);
	auto_database struct database *database = NULL;
	auto_secret struct secret key = {0};

	if (audit_check_schema(schema, err) < 0 ||
	    secret_read(&key, AUDIT_KEY_NAME, getenv(AUDIT_KEY_VARIABLE), err) <
		    0 ||
	    database_open(&database, options->values[VERIFY_DB], "pgmend audit",
			  err) < 0)
		return -1;
	if (audit_verify(
		    ret_report, database,
		    &(struct audit_scope){schema, false, key.bytes, key.size},
		    err) < 0)
		return explain_missing(database, schema, err);
	return check_any_mac(ret_report, &key, err);
}

static int
run_verify(const struct options *options)
{
	bool as_json = output_is_json(options->values[VERIFY_JSON] != NULL,
				      options->values[VERIFY_TEXT] != NULL);
	struct audit_report report = {0};
	struct error err = NO_ERROR;

	if (verify(&report, options, &err) < 0) {
		if (err.reason == EXIT_AUDIT_BROKEN && as_json)
			print_broken(&report, &err);
		return output_error(&err,
				    as_json && err.reason != EXIT_AUDIT_BROKEN);
	}
	if (as_json)
		print_report(&report);
	else
		write_report(&report);
	return 0;
}

static int
check_log_options(const struct options *options, struct error *err)
{
	const char *run = options->values[LOG_RUN];
	const char *last = options->values[LOG_LAST_EVENTS];
	unsigned char bytes[16];

	if (run != NULL && !uuid_bytes(bytes, run))
		return fail_as(err, EXIT_USAGE, "usage",
			       "--run %s is no run id", run);
	if (last != NULL && (last[0] == '\0' || strlen(last) > 9 ||
			     strspn(last, "0123456789") != strlen(last)))
		return fail_as(err, EXIT_USAGE, "usage",
			       "--last %s is no number", last);
	return 0;
}

static int
show_log(const struct options *options, bool as_json, struct error *err)
{
	const char *last = options->values[LOG_LAST_EVENTS];
	struct audit_log log = {
		.schema = schema_or_default(options->values[LOG_SCHEMA]),
		.run_id = options->values[LOG_RUN],
		.last = last == NULL ? LOG_LAST : last,
		.as_json = as_json,
	};
	auto_database struct database *database = NULL;

	if (check_log_options(options, err) < 0 ||
	    audit_check_schema(log.schema, err) < 0 ||
	    database_open(&database, options->values[LOG_DB], "pgmend audit",
			  err) < 0)
		return -1;
	if (audit_log_write(stdout, database, &log, err) < 0)
		return explain_missing(database, log.schema, err);
	return 0;
}

static int
run_log(const struct options *options)
{
	bool as_json = output_is_json(options->values[LOG_JSON] != NULL,
				      options->values[LOG_TEXT] != NULL);
	struct error err = NO_ERROR;

	if (show_log(options, as_json, &err) < 0)
		return output_error(&err, as_json);
	return 0;
}

static const struct subcommand {
	const char *name;
	const struct option_table *table;
	int (*run)(const struct options *options);
} subcommands[] = {
	{"verify", &verify_table, run_verify},
	{"log", &log_table, run_log},
};

static int
refuse_subcommand(const char *name)
{
	struct error err = NO_ERROR;

	fail_as(&err, EXIT_USAGE, "usage",
		"'audit%s%s' is no command; there are 'audit verify' and "
		"'audit log'",
		*name == '\0' ? "" : " ", name);
	return output_error(&err, output_is_json(false, false));
}

static int
run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;

	if (options_read(&options, subcommand->table, argc, argv, &err) < 0)
		return output_error(&err, output_is_json(false, false));
	if (options->wants_help) {
		options_write_help(stdout, subcommand->table);
		return 0;
	}
	return subcommand->run(options);
}

int
command_audit(int argc, char **argv)
{
	const char *name = argc < 2 ? "" : argv[1];

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		for (size_t i = 0; i < array_size(subcommands); i++) {
			fputs(i == 0 ? "" : "\n", stdout);
			options_write_help(stdout, subcommands[i].table);
		}
		return 0;
	}
	for (size_t i = 0; i < array_size(subcommands); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return run_subcommand(&subcommands[i], argc - 1,
					      argv + 1);
	return refuse_subcommand(name);
}
