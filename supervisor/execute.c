#include "supervisor/execute.h"

#include <time.h>

#include "policy/policy.h"
#include "policy/statement.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
#include "supervisor/resolve.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

#define RETRY_FIRST_MS 50
#define RETRY_LONGEST_MS 2000

static const char savepoint[] = "SAVEPOINT pgmend_replay";
static const char undo_replay[] = "ROLLBACK TO SAVEPOINT pgmend_replay";

/* One attempt's own things. */
struct attempt {
	struct run *run;
	struct database *work;
	struct catalog *before, *after; /* owned */
	char *replay_sql;		/* owned */
};

static int64_t
since(int64_t start_us)
{
	return jail_now_us() - start_us;
}

/* The timeouts of this transaction, and the lock that tells recovery whether
 * it still lives. */
static int
begin(struct attempt *attempt, struct error *err)
{
	const struct policy_settings settings = policy_settings_for(
		attempt->run->policy, &attempt->run->plan->verdict);
	char lock[24], statement[24], idle[24], key[LOCK_KEY_SIZE];
	const char *parameters[] = {lock, statement, idle, key};

	snprintf(lock, sizeof(lock), "%lld",
		 (long long)settings.lock_timeout_ms);
	snprintf(statement, sizeof(statement), "%lld",
		 (long long)settings.statement_timeout_ms);
	snprintf(idle, sizeof(idle), "%lld",
		 (long long)settings.idle_in_transaction_timeout_ms);
	lock_key(key, "pgmend-transaction", attempt->run->result.run_id);
	if (database_command(attempt->work, "BEGIN", err) < 0)
		return -1;
	return database_run(
		attempt->work,
		"SELECT pg_catalog.set_config('lock_timeout', $1, true),"
		" pg_catalog.set_config('statement_timeout', $2, true),"
		" pg_catalog.set_config("
		"'idle_in_transaction_session_timeout', $3, true),"
		" pg_catalog.pg_advisory_xact_lock($4::pg_catalog.int8)",
		4, parameters, NULL, err);
}

static int
become(struct database *work, const char *role, struct error *err)
{
	if (database_run(work, "SELECT pg_catalog.set_config('role', $1, true)",
			 1, &role, NULL, err) == 0)
		return 0;
	if (strcmp(database_diagnostic(work)->sqlstate, "42501") == 0)
		return fail_as(err, EXIT_USAGE, "owner_not_granted",
			       "the login may not become the table's owner "
			       "'%s': GRANT it, or let a person do the change",
			       role);
	return -1;
}

static bool
is_done_already(const struct attempt *attempt)
{
	const struct plan *plan = attempt->run->plan;

	for (int i = 0; i < plan->count; i++) {
		const struct statement *statement = plan->statements[i];

		for (int a = 0; statement != NULL && a < statement->count; a++)
			if (catalog_column(attempt->before,
					   statement->actions[a].column) !=
			    NULL)
				return true;
	}
	return false;
}

/* Facts may have changed while anyone thought: under the table's lock they are
 * read again, and the judge has the last word (F17). */
static int
judge_again(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct grounds grounds = run->grounds;
	struct hazards hazards = {0};
	struct plan *plan = run->plan;

	if (hazards_read(&hazards, attempt->work, attempt->before, run->loader,
			 err) < 0)
		return -1;
	grounds.catalog = attempt->before;
	grounds.hazards = &hazards;
	plan_judge(plan, &grounds);
	hazards_free(&hazards);
	if (is_done_already(attempt))
		return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
			       "somebody else added the column meanwhile");
	if (plan->verdict.decision != DECISION_ALLOW)
		return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
			       "the catalogue changed meanwhile, and the plan "
			       "is no longer allowed: %s",
			       plan->verdict.reason);
	return 0;
}

/* With a short timeout: DDL that waits in the queue would make every reader
 * behind it wait too. A replay alone needs no more than its own lock. */
static int
lock_table(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	const struct catalog *catalog = run->catalog;
	auto_free char *schema = quote_name(catalog->schema);
	auto_free char *table = quote_name(catalog->table);
	auto_free char *sql = xprintf(
		"LOCK TABLE %s.%s IN ACCESS EXCLUSIVE MODE", schema, table);

	if (run->plan->count == 0)
		return replay_prepare(&attempt->replay_sql, &run->replay,
				      attempt->work, err);
	if (become(attempt->work, catalog->owner, err) < 0 ||
	    database_command(attempt->work, sql, err) < 0)
		return -1;
	return loader_leave(attempt->work, err);
}

/* The lock first: what is read under it stays so. */
static int
lock_and_read(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	const struct catalog *catalog = run->catalog;
	int64_t start = jail_now_us();

	if (lock_table(attempt, err) < 0 ||
	    catalog_check_name(attempt->work, catalog, err) < 0)
		return fail_in(err, "lock %s.%s", catalog->schema,
			       catalog->table);
	run->result.timings_us[TIMING_LOCK_WAIT] += since(start);
	start = jail_now_us();
	if (catalog_read(&attempt->before, attempt->work, catalog->oid,
			 run->loader->role, err) < 0)
		return -1;
	if (judge_again(attempt, err) < 0)
		return -1;
	run->result.timings_us[TIMING_FACTS] += since(start);
	return 0;
}

/* Only what was rendered from typed actions is executed, as the owner. */
static int
change(struct attempt *attempt, struct error *err)
{
	const struct run *run = attempt->run;
	int64_t start = jail_now_us();

	if (run->plan->count == 0)
		return 0;
	if (become(attempt->work, run->catalog->owner, err) < 0)
		return -1;
	for (int i = 0; i < run->plan->count; i++)
		if (database_command(attempt->work, run->plan->sql[i], err) < 0)
			return fail_in(err, "execute the plan");
	attempt->run->result.timings_us[TIMING_DDL] = since(start);
	return loader_leave(attempt->work, err);
}

/* Keys before rows, in the same transaction: a record is written once. */
static int
replay(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct turn_records records = run_records(run);
	enum claim_result claim = CLAIM_NEW;
	int64_t start = jail_now_us();
	int64_t rows = 0;

	if (attempt->replay_sql == NULL &&
	    replay_prepare(&attempt->replay_sql, &run->replay, attempt->work,
			   err) < 0)
		return fail_in(err, "replay");
	if (!run->keeps_rows &&
	    database_command(attempt->work, savepoint, err) < 0)
		return -1;
	if (run->keeps_rows &&
	    turn_claim(&claim, attempt->work, &records, err) < 0)
		return -1;
	if (claim != CLAIM_NEW)
		return fail_as(err, EXIT_TEMPFAIL, "record_claimed",
			       "another run is writing the same record");
	if (replay_run(&rows, &run->replay, attempt->replay_sql, attempt->work,
		       err) < 0 ||
	    replay_check_reach(&run->replay, attempt->work, run->schema, err) <
		    0)
		return -1;
	if (!run->keeps_rows &&
	    (database_command(attempt->work, undo_replay, err) < 0 ||
	     loader_leave(attempt->work, err) < 0))
		return -1;
	run->result.replayed = run->keeps_rows ? rows : 0;
	run->result.timings_us[TIMING_REPLAY] = since(start);
	return 0;
}

static int
verify(struct attempt *attempt, struct error *err)
{
	struct comparison comparison = {
		.before = attempt->before,
		.after = attempt->after,
		.statements = attempt->run->plan->statements,
		.statement_count = attempt->run->plan->count,
	};

	return catalog_verify(attempt->work, &comparison, err);
}

/* After the replay and the deferred constraints: exactly the plan, and not one
 * catalogue row more. Then the marker that proves the COMMIT. */
static int
prove(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct audit_mark mark = {
		.run_id = run->result.run_id,
		.step = 1,
		.sql_hash = run->plan->sha256,
		.intent_hash = audit_last_hash(run->audit),
	};
	int64_t start = jail_now_us();

	if (catalog_read(&attempt->after, attempt->work, run->catalog->oid,
			 run->loader->role, err) < 0 ||
	    verify(attempt, err) < 0)
		return -1;
	run->result.timings_us[TIMING_PROOF] = since(start);
	return audit_mark(attempt->work, run->schema, &mark, err);
}

static int
commit(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	int64_t start = jail_now_us();

	if (database_command(attempt->work, "COMMIT", err) < 0) {
		if (!database_is_lost(attempt->work))
			return fail_in(err, "commit");
		if (resolve_commit(run, err) < 0)
			return -1;
	}
	run->is_live = true;
	run->result.timings_us[TIMING_COMMIT] = since(start);
	return 0;
}

static int
run_attempt(struct run *run, struct error *err)
{
	struct attempt attempt = {.run = run, .work = run->work};
	struct error ignored = NO_ERROR;
	int status = -1;

	if (begin(&attempt, err) == 0 && lock_and_read(&attempt, err) == 0 &&
	    change(&attempt, err) == 0 && replay(&attempt, err) == 0 &&
	    prove(&attempt, err) == 0)
		status = commit(&attempt, err);
	if (status < 0) {
		run->result.replayed = 0;
		if (!database_is_lost(run->work))
			database_command(run->work, "ROLLBACK", &ignored);
	}
	catalog_free(attempt.before);
	catalog_free(attempt.after);
	free(attempt.replay_sql);
	return status;
}

static bool
can_retry(const struct run *run, const struct error *err, int attempt)
{
	return err->reason == EXIT_TEMPFAIL && !database_is_lost(run->work) &&
	       strcmp(err->code, "facts_changed") != 0 &&
	       attempt < policy_settings(run->policy)->max_attempts &&
	       wire_now_ms() < run->deadline;
}

/* Doubling, with jitter: runs that met the same lock don't meet again. */
static void
wait_before(int attempt)
{
	int64_t most = RETRY_FIRST_MS << (attempt < 6 ? attempt : 6);
	struct timespec pause;

	if (most > RETRY_LONGEST_MS)
		most = RETRY_LONGEST_MS;
	most = most / 2 + jail_now_us() % (most / 2 + 1);
	pause.tv_sec = most / 1000;
	pause.tv_nsec = most % 1000 * 1000000;
	nanosleep(&pause, NULL);
}

static struct document *
intent_document(const struct run *run)
{
	struct document *body = document_object();

	document_text(body, "message",
		      run->plan->count > 0 ? run->plan->sql[0] : "a replay");
	document_add(body, "plan", plan_document(run->plan, run->catalog));
	document_add(body, "verdict", verdict_document(&run->plan->verdict));
	document_number(body, "records", replay_count(&run->replay));
	document_bool(body, "keep", run->keeps_rows);
	document_number(body, "backend_pid", database_backend_pid(run->work));
	document_text(body, "backend_start", database_backend_start(run->work));
	return body;
}

static struct document *
outcome_document(const struct run *run, const struct error *err)
{
	struct document *body = document_object();

	document_text(body, "plan_sha256", run->plan->sha256);
	document_number(body, "rows", run->result.replayed);
	document_text(body, "reason_code", err == NULL ? "ok" : err->code);
	document_text(body, "message", err == NULL ? NULL : err->text);
	return body;
}

/* A failure that nobody gave a reason is a rollback; nothing was changed. */
static void
name_failure(struct error *err)
{
	if (err->reason != EXIT_INTERNAL)
		return;
	err->reason = EXIT_ROLLED_BACK;
	err->code = "rolled_back";
}

int
execute(struct run *run, struct error *err)
{
	struct error ignored = NO_ERROR;
	int attempt = 0;

	if (run_record(run, AUDIT_DDL_INTENT, intent_document(run), err) < 0)
		return fail_in(err, "record the intent");
	while (run_attempt(run, err) < 0) {
		if (can_retry(run, err, ++attempt)) {
			wait_before(attempt);
			continue;
		}
		name_failure(err);
		run_record(run,
			   err->reason == EXIT_UNKNOWN ? AUDIT_DDL_UNKNOWN
						       : AUDIT_DDL_ABORTED,
			   outcome_document(run, err), &ignored);
		return -1;
	}
	if (run_record(run, AUDIT_DDL_COMMITTED, outcome_document(run, NULL),
		       err) == 0)
		return 0;
	err->reason = EXIT_UNRECORDED;
	return fail_in(err, "the change is live, its record is missing");
}
