/* One transaction: lock, facts, change, replay, proof, marker, COMMIT. */
#include "pgmend.h"

#include "policy/policy.h"
#include "policy/statement.h"
#include "sandbox/jail.h"
#include "supervisor/audit.h"
#include "supervisor/batch.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/catalog_holdings.h"
#include "supervisor/database.h"
#include "supervisor/execute.h"
#include "supervisor/execute_phase.h"
#include "supervisor/loader.h"
#include "supervisor/resolve.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

static const char savepoint[] = "SAVEPOINT pgmend_replay";
static const char undo_replay[] = "ROLLBACK TO SAVEPOINT pgmend_replay";

/* One attempt's own things. */
struct attempt {
	struct run *run;
	const struct phase *phase;
	struct database *work;
	struct catalog *before, *after;		 /* owned */
	struct holdings held_before, held_after; /* owned */
	struct replay_form *form;		 /* owned */
	struct turn_records keys;
	struct batch batch;
};

static int64_t
since(int64_t start_us)
{
	return jail_now_us() - start_us;
}

/* With the lock that tells recovery whether this transaction still lives. */
static int
begin(struct attempt *attempt, struct error *err)
{
	const struct policy_settings settings = policy_settings_for(
		attempt->run->policy, &attempt->run->plan->verdict);
	char key[LOCK_KEY_SIZE];
	const char *parameter = key;

	lock_key(key, "pgmend-transaction", attempt->run->result.run_id);
	if (transaction_begin(attempt->work, &settings, err) < 0)
		return -1;
	return database_run(attempt->work,
			    "SELECT pg_catalog.pg_advisory_xact_lock("
			    "$1::pg_catalog.int8)",
			    1, &parameter, NULL, err);
}

/* The part of the plan that this transaction does, and what it did. */
static struct comparison
comparison_of(const struct attempt *attempt, const struct plan *part,
	      const struct catalog *before)
{
	return (struct comparison){
		.before = before,
		.after = attempt->after,
		.held_before = &attempt->held_before,
		.held_after = &attempt->held_after,
		.statements = part->statements,
		.statement_count = part->count,
		.witness = attempt->run->records,
	};
}

/* Somebody else changed just that which the plan is about to change. */
static bool
is_overtaken(const struct attempt *attempt)
{
	struct plan part = phase_plan(attempt->run->plan, attempt->phase);

	for (int s = 0; s < part.count; s++)
		for (int a = 0; part.statements[s] != NULL &&
				a < part.statements[s]->count;
		     a++)
			if (catalog_is_overtaken(
				    attempt->run->catalog, attempt->before,
				    &part.statements[s]->actions[a]))
				return true;
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
	if (is_overtaken(attempt))
		return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
			       "somebody else changed the same meanwhile");
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
	struct plan part = phase_plan(run->plan, attempt->phase);
	struct comparison comparison =
		comparison_of(attempt, &part, run->catalog);
	auto_free char *sql = NULL;

	if (part.count == 0)
		return replay_prepare(&attempt->form,
				      plan_replay(run->plan, &run->replay),
				      attempt->work, err);
	/* What isn't there can't be locked: CREATE TABLE will tell. */
	if (catalog->absence != NULL)
		return 0;
	sql = lock_sql(&comparison);
	if (transaction_become(attempt->work, catalog->owner, err) < 0 ||
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
	int status = lock_table(attempt, err);

	/* In vain or not: policy limits what all runs wait for. */
	run->result.timings_us[TIMING_LOCK_WAIT] += since(start);
	if (status < 0 || catalog_check_name(attempt->work, catalog, err) < 0)
		return fail_in(err, "lock %s.%s", catalog->schema,
			       catalog->table);
	start = jail_now_us();
	if (catalog_read_again(&attempt->before, attempt->work, catalog,
			       run->loader->role, err) < 0)
		return -1;
	if (judge_again(attempt, err) < 0 ||
	    holdings_read(&attempt->held_before, attempt->work, attempt->before,
			  err) < 0)
		return -1;
	run->result.timings_us[TIMING_FACTS] += since(start);
	return 0;
}

/* Only what was rendered from typed actions is executed, as the owner. */
static int
change(struct attempt *attempt, struct error *err)
{
	const struct run *run = attempt->run;
	struct plan part = phase_plan(run->plan, attempt->phase);
	struct comparison comparison =
		comparison_of(attempt, &part, attempt->before);
	int64_t start = jail_now_us();

	if (part.count == 0)
		return 0;
	if (transaction_become(attempt->work, run->catalog->owner, err) < 0)
		return -1;
	for (int i = 0; i < part.count; i++)
		if (statement_execute(attempt->work, part.statements[i],
				      part.sql[i], err) < 0)
			return name_refusal(&comparison, attempt->work, err);
	attempt->run->result.timings_us[TIMING_DDL] += since(start);
	return loader_leave(attempt->work, err);
}

/* The witnesses: what they prove, others rely on. */
static int
write_witnesses(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct batch *batch = &attempt->batch;

	attempt->keys = run_records(run);
	batch->replay = plan_replay(run->plan, &run->replay);
	batch->form = attempt->form;
	batch->keys = run->keeps_rows ? &attempt->keys : NULL;
	batch->database = attempt->work;
	if (batch_write(batch, run->records_list, run_witnesses(run), err) <
		    0 ||
	    batch_check(batch, err) < 0)
		return -1;
	if (batch->repeated > 0)
		return fail_as(err, EXIT_TEMPFAIL, "record_claimed",
			       "another run is writing the same record");
	return replay_check_reach(batch->replay, attempt->work, run->schema,
				  err);
}

/* Keys before rows, in the same transaction: a record is written once. */
static int
replay(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	int64_t start = jail_now_us();

	if (attempt->phase->is_labels)
		return 0;
	if (attempt->form == NULL &&
	    replay_prepare(&attempt->form, plan_replay(run->plan, &run->replay),
			   attempt->work, err) < 0)
		return fail_in(err, "replay");
	if (!run->keeps_rows &&
	    database_command(attempt->work, savepoint, err) < 0)
		return -1;
	if (write_witnesses(attempt, err) < 0)
		return -1;
	if (!run->keeps_rows &&
	    (database_command(attempt->work, undo_replay, err) < 0 ||
	     loader_leave(attempt->work, err) < 0))
		return -1;
	run->result.timings_us[TIMING_REPLAY] = since(start);
	return 0;
}

static int
verify(struct attempt *attempt, struct error *err)
{
	struct plan part = phase_plan(attempt->run->plan, attempt->phase);
	struct comparison comparison =
		comparison_of(attempt, &part, attempt->before);

	if (catalog_verify(attempt->work, &comparison, err) < 0)
		return -1;
	return part.count == 0
		       ? 0
		       : catalog_check_promise(attempt->work, &comparison, err);
}

/* After the replay and the deferred constraints: exactly the plan, and not one
 * catalogue row more. Then the marker that proves the COMMIT. */
static int
prove(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct audit_mark mark = {
		.run_id = run->result.run_id,
		.step = attempt->phase->step,
		.sql_hash = run->plan->sha256,
		.intent_hash = audit_last_hash(run->audit),
	};
	int64_t start = jail_now_us();

	if (catalog_read_again(&attempt->after, attempt->work, run->catalog,
			       run->loader->role, err) < 0 ||
	    holdings_read(&attempt->held_after, attempt->work, attempt->after,
			  err) < 0 ||
	    verify(attempt, err) < 0)
		return -1;
	run->result.timings_us[TIMING_PROOF] += since(start);
	return audit_mark(attempt->work, run->schema, &mark, err);
}

static int
commit(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	int64_t start = jail_now_us();

	if (run->is_cancelled)
		return fail_as(err, EXIT_TEMPFAIL, "cancelled",
			       "nobody waits for the change any more");
	if (transaction_commit(attempt->work, err) < 0) {
		if (!database_is_lost(attempt->work))
			return fail_in(err, "commit");
		if (resolve_commit(run, attempt->phase->step, err) < 0)
			return -1;
	}
	run->is_live = true;
	/* A new table's: the rest of the records is written to it. */
	run->catalog->oid = attempt->after->oid;
	if (!attempt->phase->is_labels)
		run_take_batch(run, &attempt->batch);
	run->result.timings_us[TIMING_COMMIT] += since(start);
	return 0;
}

int
phase_run(struct run *run, const struct phase *phase, struct error *err)
{
	struct attempt attempt = {
		.run = run,
		.phase = phase,
		.work = run->work,
	};
	struct error ignored = NO_ERROR;
	int status = -1;

	if (begin(&attempt, err) == 0 && lock_and_read(&attempt, err) == 0 &&
	    change(&attempt, err) == 0 && replay(&attempt, err) == 0 &&
	    prove(&attempt, err) == 0)
		status = commit(&attempt, err);
	if (status < 0 && !database_is_lost(run->work))
		database_command(run->work, "ROLLBACK", &ignored);
	batch_reset(&attempt.batch);
	catalog_free(attempt.before);
	catalog_free(attempt.after);
	holdings_free(&attempt.held_before);
	holdings_free(&attempt.held_after);
	replay_form_free(attempt.form);
	return status;
}
