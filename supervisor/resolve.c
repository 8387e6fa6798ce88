#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/database.h"
#include "supervisor/resolve.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

/* By pid and start: pids are used again. */
static int
end_backend(struct database *database, const struct run *run, struct error *err)
{
	char pid[16];
	const char *parameters[] = {pid, database_backend_start(run->work)};

	snprintf(pid, sizeof(pid), "%d", database_backend_pid(run->work));
	return database_run(
		database,
		"SELECT pg_catalog.pg_terminate_backend(a.pid)"
		"  FROM pg_catalog.pg_stat_activity a"
		" WHERE a.pid = $1::pg_catalog.int4"
		"   AND a.backend_start = $2::pg_catalog.timestamptz",
		2, parameters, NULL, err);
}

/* Waits as long as the session's lock_timeout lets it. */
static int
wait_for_end(struct database *database, const struct run *run,
	     struct error *err)
{
	char key[LOCK_KEY_SIZE];
	const char *parameter = key;

	lock_key(key, "pgmend-transaction", run->result.run_id);
	return database_run(database,
			    "SELECT pg_catalog.pg_advisory_lock("
			    "$1::pg_catalog.int8)",
			    1, &parameter, NULL, err);
}

int
resolve_commit(struct run *run, int step, struct error *err)
{
	auto_database struct database *database = NULL;
	const struct audit_mark mark = {
		.run_id = run->result.run_id,
		.step = step,
	};
	bool is_marked;

	if (database_open(&database, run->conninfo, "pgmend resolve", err) <
		    0 ||
	    end_backend(database, run, err) < 0 ||
	    wait_for_end(database, run, err) < 0 ||
	    audit_has_mark(&is_marked, database, run->schema, &mark, err) < 0) {
		fail_in(err, "the reply to COMMIT was lost");
		err->reason = EXIT_UNKNOWN;
		err->code = "commit_unknown";
		return -1;
	}
	if (is_marked)
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "commit_lost",
		       "the connection was lost at COMMIT, and the "
		       "transaction was rolled back");
}
