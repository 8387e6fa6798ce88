#include "supervisor/execute.h"

#include <time.h>

#include "policy/policy.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/connect.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/execute_phase.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"

#define RETRY_FIRST_MS 50
#define RETRY_LONGEST_MS 2000

static bool
can_retry(const struct run *run, const struct error *err, int attempt)
{
	return err->reason == EXIT_TEMPFAIL && !stop_is_wanted() &&
	       !run->is_cancelled && !database_is_lost(run->work) &&
	       strcmp(err->code, "facts_changed") != 0 &&
	       attempt < policy_settings(run->policy)->max_attempts &&
	       wire_now_ms() < run->deadline;
}

void
execute_pause(int attempt)
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
intent_document(const struct run *run, const struct phase *phase)
{
	struct document *body = document_object();
	struct plan part = phase_plan(run->plan, phase);

	document_text(body, "message",
		      part.count > 0 ? part.sql[0] : "a replay");
	document_number(body, "step", phase->step);
	document_bool(body, "is_labels", phase->is_labels);
	document_add(body, "plan", plan_document(&part, run->catalog));
	document_add(body, "verdict", verdict_document(&run->plan->verdict));
	document_number(body, "records",
			phase->is_labels ? 0 : replay_count(&run->replay));
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

/* A failure that nobody gave a reason is a rollback: nothing was changed, or no
 * more than the labels that an earlier transaction committed. */
static void
name_failure(const struct run *run, struct error *err)
{
	if (err->reason == EXIT_INTERNAL) {
		err->reason = EXIT_ROLLED_BACK;
		err->code = "rolled_back";
	}
	if (run->is_live && err->reason != EXIT_UNKNOWN) {
		err->reason = EXIT_PARTIAL;
		fail_in(err, "the new enum label is live, the rest isn't");
	}
}

/* What this phase has committed isn't all that was asked for: records wait for
 * a transaction of their own. */
static bool
leaves_records(const struct run *run, const struct phase *phase)
{
	return phase->is_labels ||
	       (run->keeps_rows && (run->stream != NULL ||
				    run_witnesses(run) < run->records_count));
}

/* Intent, attempts, and how it ended. */
static int
run_phase(struct run *run, const struct phase *phase, struct error *err)
{
	struct error ignored = NO_ERROR;
	int attempt = 0;

	if (run_record(run, AUDIT_DDL_INTENT, intent_document(run, phase),
		       err) < 0) {
		fail_in(err, "record the intent");
		if (run->is_live)
			name_failure(run, err);
		return -1;
	}
	while (phase_run(run, phase, err) < 0) {
		if (can_retry(run, err, ++attempt)) {
			execute_pause(attempt);
			continue;
		}
		name_failure(run, err);
		run_record(run,
			   err->reason == EXIT_UNKNOWN ? AUDIT_DDL_UNKNOWN
						       : AUDIT_DDL_ABORTED,
			   outcome_document(run, err), &ignored);
		return -1;
	}
	if (run_record(run, AUDIT_DDL_COMMITTED, outcome_document(run, NULL),
		       err) == 0)
		return 0;
	err->reason =
		leaves_records(run, phase) ? EXIT_PARTIAL : EXIT_UNRECORDED;
	return fail_in(err, "the change is live, its record is missing");
}

/* The reply to the first COMMIT may have been lost with its connection. */
static int
reconnect(struct run *run, struct error *err)
{
	struct database *work;

	if (!database_is_lost(run->work))
		return 0;
	if (connect_one(&work, run, "pgmend work", err) < 0) {
		name_failure(run, err);
		return -1;
	}
	database_free(run->work);
	run->work = work;
	database_watch(run->work, run->work_watch);
	return 0;
}

int
execute(struct run *run, struct error *err)
{
	struct phase labels = {.step = 1, .is_labels = true};
	struct phase rest = {.step = 1};

	if (phase_plan(run->plan, &labels).count > 0) {
		if (run_phase(run, &labels, err) < 0 || reconnect(run, err) < 0)
			return -1;
		rest.step = 2;
	}
	return run_phase(run, &rest, err);
}
