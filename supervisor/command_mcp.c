#include "pgmend.h"

#include <time.h>

#include "sandbox/wire.h"
#include "supervisor/configuration.h"
#include "supervisor/host.h"
#include "supervisor/mcp.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"

enum mcp_option {
	MCP_INCIDENT,
	MCP_PIPELINE,
	MCP_POLICY,
	MCP_POLICY_SIGNERS,
	MCP_DB,
	MCP_CONFIG,
	MCP_OPTIONS
};

static const struct option_row rows[MCP_OPTIONS] = {
	[MCP_INCIDENT] = {"incident", "FILE",
			  "the incident to be looked into and repaired", 0},
	[MCP_PIPELINE] = {"pipeline", "NAME",
			  "the pipeline of pgmend.conf; only its tables are "
			  "shown",
			  0},
	[MCP_POLICY] = {"policy", "FILE",
			"policy; a further layer where one is configured", 0},
	[MCP_POLICY_SIGNERS] = {"policy-signers", "FILE",
				"who may sign policies; each must be signed",
				0},
	[MCP_DB] = {"db", "CONNINFO", "libpq connection string, no password",
		    0},
	[MCP_CONFIG] = {"config", "FILE", "instead of " CONFIGURATION_DEFAULT,
			0},
};

static const struct option_table table = {
	.usage = "mcp [--incident FILE] [OPTION]...",
	.about = "Serves the guarded tools to an MCP host, on standard input "
		 "and output. What a\nhost proposes is judged as any proposal "
		 "is, and waits for a person unless policy\nlets it be applied "
		 "at once.",
	.rows = rows,
	.count = MCP_OPTIONS,
	.is_plain = true,
};

/* As a heal begins, without a worker: nobody else thinks here. */
static run_step *const opening[] = {
	read_inputs,	 /* configuration, policy set, incident */
	drop_root,	 /* where the configuration names a user */
	connect_records, /* the audit connection; the chain must verify */
	check_role,	 /* the login must not be able to do more */
};

/* Behind the last descriptor that is opened. */
static run_step *const enclosing[] = {
	lock_supervisor, /* from here on no exec, no fork, no new file */
	recover_others,	 /* what a crash left open is closed first */
};

static int
read_options(struct heal_options *ret_options, const struct options *options,
	     struct error *err)
{
	const char *const *values = options->values;

	*ret_options = (struct heal_options){
		.incident = values[MCP_INCIDENT],
		.pipeline = values[MCP_PIPELINE],
		.policy = values[MCP_POLICY],
		.policy_signers = values[MCP_POLICY_SIGNERS],
		.db = values[MCP_DB],
		.config = values[MCP_CONFIG],
	};
	if (same_text(ret_options->incident, "-"))
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--incident needs a file: standard input is "
			       "the host's");
	return 0;
}

static int
take_steps(struct run *run, run_step *const *steps, size_t count,
	   struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i](run, err) < 0)
			return -1;
	return 0;
}

/* Until then a signal ends the process as any. */
static int
start(struct run *run, int *ret_signals, struct error *err)
{
	if (take_steps(run, opening, array_size(opening), err) < 0 ||
	    stop_hold_to_read(ret_signals, err) < 0)
		return -1;
	return take_steps(run, enclosing, array_size(enclosing), err);
}

static int
serve(struct run *run, int signals, struct error *err)
{
	struct session session = {.deadline = WIRE_NO_DEADLINE};
	struct host host = {
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .signals = signals};
	int status;

	host_open(&host, &session, run);
	host_watch(&host);
	status = host_serve(&host, err);
	host_end_run(&host);
	session_free(&session);
	host_close(&host);
	return status;
}

int
command_mcp(int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct heal_options heal_options = {0};
	struct run run = {.options = &heal_options};
	struct error err = NO_ERROR;
	auto_close int signals = -1;
	int status = -1;

	/* Read by localtime() and friends before the lock closes the files. */
	tzset();
	if (options_read(&options, &table, argc, argv, &err) == 0 &&
	    options->wants_help) {
		options_write_help(stdout, &table);
		return 0;
	}
	if (options != NULL &&
	    read_options(&heal_options, options, &err) == 0 &&
	    start(&run, &signals, &err) == 0)
		status = serve(&run, signals, &err);
	run_free(&run);
	/* Standard output is the protocol's, even for an error. */
	return status == 0 ? 0 : output_error(&err, false);
}
