/* How a transaction that writes begins and ends. */
#include "pgmend.h"

#include "policy/policy.h"
#include "supervisor/database.h"
#include "supervisor/execute.h"
#include "supervisor/stop.h"

int
transaction_begin(struct database *work, const struct policy_settings *settings,
		  struct error *err)
{
	char lock[24], statement[24], idle[24];
	const char *parameters[] = {lock, statement, idle};

	snprintf(lock, sizeof(lock), "%lld",
		 (long long)settings->lock_timeout_ms);
	snprintf(statement, sizeof(statement), "%lld",
		 (long long)settings->statement_timeout_ms);
	snprintf(idle, sizeof(idle), "%lld",
		 (long long)settings->idle_in_transaction_timeout_ms);
	database_bound(work, settings->statement_timeout_ms);
	if (database_command(work, "BEGIN", err) < 0)
		return -1;
	return database_run(
		work,
		"SELECT pg_catalog.set_config('lock_timeout', $1, true),"
		" pg_catalog.set_config('statement_timeout', $2, true),"
		" pg_catalog.set_config("
		"'idle_in_transaction_session_timeout', $3, true)",
		3, parameters, NULL, err);
}

int
transaction_become(struct database *work, const char *owner, struct error *err)
{
	if (database_run(work, "SELECT pg_catalog.set_config('role', $1, true)",
			 1, &owner, NULL, err) == 0)
		return 0;
	if (strcmp(database_diagnostic(work)->sqlstate, "42501") == 0)
		return fail_as(err, EXIT_USAGE, "owner_not_granted",
			       "the login may not become the table's owner "
			       "'%s': GRANT it, or let a person do the change",
			       owner);
	return -1;
}

int
transaction_commit(struct database *work, struct error *err)
{
	const struct statement_run commit = {.sql = "COMMIT", .is_final = true};

	return stop_check(err) < 0
		       ? -1
		       : database_run_meanwhile(work, &commit, NULL, err);
}
