#include "supervisor/recover.h"

#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/resolve.h"
#include "supervisor/result.h"

#define RECENT_EVENTS "2000"

/* Columns of the query. */
enum open_column {
	OPEN_RUN,
	OPEN_INCIDENT,
	OPEN_FINGERPRINT,
	OPEN_HAS_INTENT,
	OPEN_IS_COMMITTED,
	OPEN_IS_ABORTED,
	OPEN_PLAN,
	OPEN_STEP,
	OPEN_IS_LABELS,
	OPEN_PID,
	OPEN_START,
	OPEN_ROWS,
	OPEN_COLUMNS
};

/* One run that is open. */
struct open_run {
	struct recovery *recovery;
	const struct rows *rows;
	int row;
};

static const char *
text_of(const struct open_run *open, enum open_column column)
{
	return rows_text(open->rows, open->row, column);
}

/* With a `run_id` that one, if it is open, else all. A heal doesn't ask those
 * that are at work whether they live: a herd would ask itself. */
static int
find_open(struct rows **ret_rows, const struct recovery *recovery,
	  const char *run_id, struct error *err)
{
	const char *schema = recovery->schema;
	auto_free char *recent =
		recovery->is_for_recent
			? xprintf(" AND r.received_at >= (SELECT"
				  " pg_catalog.min(l.at) FROM (SELECT e.at"
				  " FROM \"%s\".event e ORDER BY e.seq DESC"
				  " LIMIT " RECENT_EVENTS ") l)",
				  schema)
			: NULL;
	auto_free char *sql = xprintf(
		"SELECT u.run_id, r.incident_id, r.fingerprint, u.has_intent,"
		"   EXISTS (SELECT FROM \"%s\".event e WHERE e.run_id ="
		"           u.run_id AND e.kind = 'ddl.committed'"
		"           AND e.seq > i.seq),"
		"   EXISTS (SELECT FROM \"%s\".event e WHERE e.run_id ="
		"           u.run_id AND e.kind = 'ddl.aborted'"
		"           AND e.seq > i.seq),"
		"   i.body #>> '{plan,sha256}', i.body ->> 'step',"
		"   COALESCE(i.body ->> 'is_labels', 'false') = 'true',"
		"   i.body ->> 'backend_pid',"
		"   i.body ->> 'backend_start',"
		"   (SELECT pg_catalog.count(*) FROM \"%s\".replayed p"
		"     WHERE p.run_id = u.run_id)"
		"  FROM \"%s\".v_unresolved u JOIN \"%s\".run r USING (run_id)"
		"  LEFT JOIN LATERAL (SELECT e.body::pg_catalog.json AS body,"
		"       e.seq"
		"       FROM \"%s\".event e WHERE e.run_id = u.run_id"
		"        AND e.kind = 'ddl.intent' ORDER BY e.seq DESC LIMIT 1)"
		"       i ON true"
		" WHERE %s%s%s ORDER BY r.received_at",
		schema, schema, schema, schema, schema, schema,
		run_id != NULL		  ? "u.run_id = $1::uuid"
		: recovery->is_for_recent ? "NOT u.is_running"
					  : "true",
		recovery->is_for_all ? "" : " AND r.db_role = session_user",
		recent == NULL ? "" : recent);

	if (database_run(recovery->database, sql, run_id != NULL, &run_id,
			 ret_rows, err) < 0)
		return fail_in(err, "look for unresolved runs");
	return 0;
}

static int
record(const struct open_run *open, enum audit_kind kind, struct document *body,
       struct error *err)
{
	auto_document struct document *owned = body;
	auto_free char *text = document_print(owned);

	return audit_append(open->recovery->audit, "supervisor", kind, text,
			    err);
}

/* --- The change ----------------------------------------------------------- */

enum fate { FATE_NONE, FATE_COMMITTED, FATE_PARTIAL, FATE_ROLLED_BACK };

/* Its number; from the second on, new enum labels were committed before. */
static int
step_of(const struct open_run *open)
{
	return (int)rows_number(open->rows, open->row, OPEN_STEP);
}

static enum fate
fate_of_change(const struct open_run *open, bool is_committed)
{
	if (is_committed)
		return rows_is_true(open->rows, open->row, OPEN_IS_LABELS)
			       ? FATE_PARTIAL
			       : FATE_COMMITTED;
	return step_of(open) > 1 ? FATE_PARTIAL : FATE_ROLLED_BACK;
}

/* What became of the change that was intended last, as it was recorded or as
 * the server tells now. */
static int
find_fate(enum fate *ret_fate, const struct open_run *open, struct error *err)
{
	const struct transaction transaction = {
		.run_id = text_of(open, OPEN_RUN),
		.step = step_of(open),
		.schema = open->recovery->schema,
		.backend_pid = text_of(open, OPEN_PID),
		.backend_start = text_of(open, OPEN_START),
	};
	struct document *body;
	bool is_committed;

	*ret_fate = FATE_NONE;
	if (rows_is_true(open->rows, open->row, OPEN_IS_COMMITTED))
		*ret_fate = fate_of_change(open, true);
	else if (rows_is_true(open->rows, open->row, OPEN_IS_ABORTED))
		*ret_fate = fate_of_change(open, false);
	if (*ret_fate != FATE_NONE ||
	    !rows_is_true(open->rows, open->row, OPEN_HAS_INTENT))
		return 0;
	if (resolve_transaction(&is_committed, open->recovery->database,
				&transaction, err) < 0)
		return -1;
	*ret_fate = fate_of_change(open, is_committed);
	body = document_object();
	document_text(body, "plan_sha256", text_of(open, OPEN_PLAN));
	document_text(body, "reason_code", "recovered");
	document_text(body, "message",
		      is_committed ? "the marker is there: it was committed"
				   : "there is no marker: it was rolled back");
	return record(open,
		      is_committed ? AUDIT_DDL_COMMITTED : AUDIT_DDL_ABORTED,
		      body, err);
}

/* --- The run -------------------------------------------------------------- */

static const struct {
	enum outcome outcome;
	enum exit_reason exit;
	const char *message;
} endings[] = {
	[FATE_NONE] = {OUTCOME_TRANSIENT, EXIT_TEMPFAIL,
		       "the run ended before it changed anything"},
	[FATE_COMMITTED] = {OUTCOME_HEALED, EXIT_HEALED,
			    "the run ended after its change was committed; "
			    "records that it left are replayed by the same "
			    "command"},
	[FATE_PARTIAL] = {OUTCOME_ERROR, EXIT_PARTIAL,
			  "the run ended after a new enum label was committed; "
			  "nothing else of it was"},
	[FATE_ROLLED_BACK] = {OUTCOME_ROLLED_BACK, EXIT_ROLLED_BACK,
			      "the run ended, and its change was rolled back"},
};

/* A run that only went on with records had no change to intend. */
static enum fate
fate_of_run(enum fate fate, int64_t records)
{
	return fate == FATE_NONE && records > 0 ? FATE_COMMITTED : fate;
}

static struct document *
finished_document(const struct open_run *open, enum fate fate)
{
	struct document *body = document_object();
	struct document *replay = document_object();
	int64_t records = rows_number(open->rows, open->row, OPEN_ROWS);

	document_number(body, "pgmend_result", 1);
	document_text(body, "run_id", text_of(open, OPEN_RUN));
	document_text(body, "incident_id", text_of(open, OPEN_INCIDENT));
	document_text(body, "outcome", outcome_name(endings[fate].outcome));
	document_number(body, "exit_code", endings[fate].exit);
	document_text(body, "reason_code", "recovered");
	document_text(body, "fingerprint", text_of(open, OPEN_FINGERPRINT));
	document_number(replay, "records", records);
	document_add(body, "replay", replay);
	document_text(body, "plan_sha256", text_of(open, OPEN_PLAN));
	document_text(body, "message", endings[fate].message);
	return body;
}

static void
count(struct recovery *recovery, const struct open_run *open, enum fate fate)
{
	struct document *one = document_object();

	document_text(one, "run_id", text_of(open, OPEN_RUN));
	document_text(one, "incident_id", text_of(open, OPEN_INCIDENT));
	document_text(one, "outcome", outcome_name(endings[fate].outcome));
	document_text(one, "message", endings[fate].message);
	document_add(recovery->runs, NULL, one);
	recovery->committed += fate == FATE_COMMITTED || fate == FATE_PARTIAL;
	recovery->rolled_back += fate == FATE_ROLLED_BACK;
	recovery->ended += fate == FATE_NONE;
}

static int
close_run(const struct open_run *open, struct error *err)
{
	struct recovery *recovery = open->recovery;
	enum fate fate;

	if (find_fate(&fate, open, err) < 0)
		return -1;
	fate = fate_of_run(fate, rows_number(open->rows, open->row, OPEN_ROWS));
	if (record(open, AUDIT_RUN_FINISHED, finished_document(open, fate),
		   err) < 0)
		return -1;
	count(recovery, open, fate);
	return 0;
}

static void
count_unknown(struct recovery *recovery, const struct open_run *open,
	      const struct error *why)
{
	struct document *one = document_object();

	document_text(one, "run_id", text_of(open, OPEN_RUN));
	document_text(one, "incident_id", text_of(open, OPEN_INCIDENT));
	document_text(one, "outcome", outcome_name(OUTCOME_UNKNOWN));
	document_text(one, "message", why->text);
	document_add(recovery->runs, NULL, one);
	if (recovery->unknown++ == 0)
		snprintf(recovery->first_unknown,
			 sizeof(recovery->first_unknown), "%.255s", why->text);
}

/* Another recovery may have closed it before its lock was ours. */
static int
close_if_open(struct recovery *recovery, const char *run_id, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	struct error why = NO_ERROR;
	struct open_run open;

	if (find_open(&rows, recovery, run_id, err) < 0)
		return -1;
	open = (struct open_run){recovery, rows, 0};
	if (rows_count(rows) == 0 || close_run(&open, &why) == 0)
		return 0;
	*err = why;
	if (why.reason != EXIT_UNKNOWN || database_is_lost(recovery->database))
		return -1;
	count_unknown(recovery, &open, &why);
	return 0;
}

static int
recover_one(struct recovery *recovery, const char *run_id, struct error *err)
{
	struct error why = NO_ERROR;

	if (audit_resume(recovery->audit, run_id, &why) < 0) {
		*err = why;
		recovery->alive += same_text(why.code, "run_is_alive");
		return same_text(why.code, "run_is_alive") ? 0 : -1;
	}
	if (close_if_open(recovery, run_id, err) < 0)
		return -1;
	return audit_release(recovery->audit, err);
}

int
recover_runs(struct recovery *recovery, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (find_open(&rows, recovery, NULL, err) < 0)
		return -1;
	for (int i = 0; i < rows_count(rows); i++) {
		const char *run_id = rows_text(rows, i, OPEN_RUN);

		if (recover_one(recovery, run_id, err) < 0)
			return fail_in(err, "recover run %s", run_id);
	}
	return 0;
}
