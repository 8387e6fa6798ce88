#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/connect.h"
#include "supervisor/database.h"
#include "supervisor/resolve.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

/* By pid and start: pids are used again. */
static int
end_backend(struct database *database, const struct transaction *transaction,
	    struct error *err)
{
	const char *parameters[] = {transaction->backend_pid,
				    transaction->backend_start};

	return database_run(
		database,
		"SELECT pg_catalog.pg_terminate_backend(a.pid)"
		"  FROM pg_catalog.pg_stat_activity a"
		" WHERE a.pid = $1::pg_catalog.int4"
		"   AND a.backend_start = $2::pg_catalog.timestamptz",
		2, parameters, NULL, err);
}

/* Has it, waits for it, and gives it back: what it stood for has ended. */
static int
wait_for_end(struct database *database, const char *key, struct error *err)
{
	auto_free char *holder = NULL;

	if (database_run(database,
			 "SELECT pg_catalog.pg_advisory_lock("
			 "$1::pg_catalog.int8)",
			 1, &key, NULL, err) == 0)
		return database_run(database,
				    "SELECT pg_catalog.pg_advisory_unlock("
				    "$1::pg_catalog.int8)",
				    1, &key, NULL, err);
	if (strcmp(database_diagnostic(database)->sqlstate, "55P03") != 0)
		return -1;
	holder = lock_holder(database, key);
	return fail_in(err, "its transaction's lock is held by %s",
		       holder == NULL ? "nobody any more" : holder);
}

int
resolve_transaction(bool *ret_committed, struct database *database,
		    const struct transaction *transaction, struct error *err)
{
	const struct audit_mark mark = {
		.run_id = transaction->run_id,
		.step = transaction->step,
	};
	char key[LOCK_KEY_SIZE];

	lock_key(key, "pgmend-transaction", transaction->run_id);
	if (end_backend(database, transaction, err) == 0 &&
	    wait_for_end(database, key, err) == 0 &&
	    audit_has_mark(ret_committed, database, transaction->schema, &mark,
			   err) == 0)
		return 0;
	err->reason = EXIT_UNKNOWN;
	err->code = "commit_unknown";
	return -1;
}

int
resolve_commit(struct run *run, int step, struct error *err)
{
	auto_database struct database *database = NULL;
	char pid[16];
	const struct transaction transaction = {
		.run_id = run->result.run_id,
		.step = step,
		.schema = run->schema,
		.backend_pid = pid,
		.backend_start = database_backend_start(run->work),
	};
	bool is_committed;

	snprintf(pid, sizeof(pid), "%d", database_backend_pid(run->work));
	if (connect_one(&database, run, "pgmend resolve", err) < 0 ||
	    resolve_transaction(&is_committed, database, &transaction, err) <
		    0) {
		fail_in(err, "the reply to COMMIT was lost");
		err->reason = EXIT_UNKNOWN;
		err->code = "commit_unknown";
		return -1;
	}
	if (is_committed)
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "commit_lost",
		       "the connection was lost at COMMIT, and the "
		       "transaction was rolled back");
}
