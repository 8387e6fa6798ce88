#include "pgmend.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>

#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/configuration.h"
#include "supervisor/incident.h"
#include "supervisor/rejected.h"
#include "supervisor/replay_first.h"
#include "supervisor/run.h"
#include "supervisor/shared_file.h"
#include "supervisor/signature.h"
#include "supervisor/stream.h"

#define RUN_TIMEOUT_MS (120 * 1000)
#define DEFAULT_POLICY "policies/default.policy"

/* Who may sign; where somebody must, every set must be signed. */
static int
choose_signers(const char **ret_signers, const struct run *run,
	       struct error *err)
{
	const char *configured = run->configuration->policy_signers;
	const char *given = run->options->policy_signers;

	if (configured != NULL && given != NULL)
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--policy-signers: refused, since the "
			       "configuration names policy_signers");
	*ret_signers = configured != NULL ? configured : given;
	return 0;
}

/* A further set can only narrow, but what it says may still deceive. */
static int
add_further_set(struct run *run, const char *path, const char *signers,
		struct error *err)
{
	struct policy *narrower = NULL;
	auto_free char *signer = NULL;

	if (signature_load(&narrower, &signer, path, signers, err) < 0)
		return fail_in(err, "load the policy");
	policy_narrow(run->policy, narrower);
	return 0;
}

/* Where the configuration names a policy, the command line's is one more
 * layer and can only narrow. */
static int
read_policy(struct run *run, struct error *err)
{
	const char *configured =
		run->pipeline != NULL && run->pipeline->policy != NULL
			? run->pipeline->policy
			: run->configuration->policy;
	const char *given = run->options->policy;
	/* The one that applies when nobody names one. */
	auto_free char *built_in = configured == NULL && given == NULL
					   ? shared_file(DEFAULT_POLICY)
					   : NULL;
	const char *base = configured != NULL ? configured
			   : given != NULL    ? given
					      : built_in;
	const char *signers;

	if (choose_signers(&signers, run, err) < 0)
		return -1;
	if (signature_load(&run->policy, &run->policy_signer, base, signers,
			   err) < 0)
		return fail_in(err, "load the policy");
	if (configured == NULL || given == NULL)
		return 0;
	return add_further_set(run, given, signers, err);
}

static int
find_pipeline(struct run *run, struct error *err)
{
	const char *name = run->options->pipeline;

	if (name == NULL)
		return 0;
	run->pipeline = configuration_pipeline(run->configuration, name);
	if (run->pipeline == NULL)
		return fail_as(err, EXIT_USAGE, "no_such_pipeline",
			       "the configuration has no pipeline '%s'", name);
	return 0;
}

/* Flag, incident, pipeline, kind of source: the first that says something. */
static int
choose_rows(struct run *run, struct error *err)
{
	const char *given = run->options->rows;

	if (given != NULL && strcmp(given, "keep") != 0 &&
	    strcmp(given, "prove") != 0)
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--rows is keep or prove, not '%s'", given);
	if (given == NULL && run->incident->rows == ROWS_UNSET &&
	    run->pipeline != NULL)
		given = run->pipeline->rows;
	run->keeps_rows =
		given != NULL
			? strcmp(given, "keep") == 0
			: incident_rows_default(run->incident) == ROWS_KEEP;
	return 0;
}

/* Both are opened while files can be; a dry run writes nothing. */
static int
open_replay(struct run *run, struct error *err)
{
	const struct heal_options *options = run->options;

	if (options->replay == NULL)
		return 0;
	if (!run->keeps_rows)
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--replay writes records for good, and these "
			       "rows are left to the caller: say --rows keep");
	if (stream_open(&run->stream, options->replay, err) < 0)
		return fail_in(err, "--replay");
	if (run->incident->payload_count == 0 && run->incident->sql != NULL &&
	    replay_take_first(&run->incident, run->stream, err) < 0)
		return fail_in(err, "--replay");
	if (options->is_dry_run || options->shows_prompt)
		return 0;
	return rejected_open(&run->rejected, options->replay, err);
}

int
read_inputs(struct run *run, struct error *err)
{
	const struct heal_options *options = run->options;
	int64_t timeout;

	if (configuration_read(&run->configuration, options->config, err) < 0 ||
	    find_pipeline(run, err) < 0 || read_policy(run, err) < 0)
		return -1;
	/* A host may be served without one. */
	if (options->incident != NULL &&
	    incident_read(&run->incident, options->incident, err) < 0)
		return -1;
	timeout = options->timeout_ms != 0 ? options->timeout_ms
		  : run->configuration->timeout_ms != 0
			  ? run->configuration->timeout_ms
			  : RUN_TIMEOUT_MS;
	run->deadline = wire_now_ms() + timeout;
	run->conninfo = options->db != NULL ? options->db
			: run->configuration->db != NULL
				? run->configuration->db
				: "";
	run->schema = run->configuration->audit_schema != NULL
			      ? run->configuration->audit_schema
			      : AUDIT_SCHEMA_DEFAULT;
	if (run->incident != NULL && choose_rows(run, err) < 0)
		return -1;
	return open_replay(run, err);
}

/* Root is needed for nothing: what a run may read has been read, and its
 * workers are jailed by user namespaces as well. */
int
drop_root(struct run *run, struct error *err)
{
	const char *name = run->configuration->user;
	const struct passwd *user;

	if (name == NULL || geteuid() != 0)
		return 0;
	user = getpwnam(name);
	if (user == NULL || user->pw_uid == 0)
		return fail_as(err, EXIT_USAGE, "no_such_user",
			       "user = %s: there is no such user but root",
			       name);
	if (initgroups(name, user->pw_gid) < 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return fail_as(err, EXIT_UNSAFE, "user_not_dropped",
			       "become '%s': %s", name, strerror(errno));
	/* The change made us undumpable, and a worker's id map unwritable; the
	 * lock ends that again. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return fail(err, "dumpable: %s", strerror(errno));
	return 0;
}

int
read_statement(struct run *run, struct error *err)
{
	const char *sql = run->incident->sql;
	struct refusal refusal = {0};

	run->triage = triage_claim(run->incident);
	if (run->triage.class == TRIAGE_TRANSIENT) {
		result_end(&run->result, OUTCOME_TRANSIENT, EXIT_TEMPFAIL,
			   "transient", "%s: try the write itself again",
			   run->triage.meaning);
		return 0;
	}
	if (sql == NULL)
		return fail_as(err, EXIT_REFUSED, "no_statement",
			       "the incident has no statement to replay");
	if (!insert_parse(&run->insert, sql, strlen(sql), &refusal))
		return fail_as(err, EXIT_REFUSED, refusal.floor,
			       "statement.sql can't be replayed: %s",
			       refusal.text);
	return 0;
}
