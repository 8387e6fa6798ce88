/*
 * The incident's run in the hands of a host: the steps of a heal, taken again
 * at every look, and no lock kept while a host thinks. The run begins with the
 * first look and ends with the proposal that was taken, or with the host.
 */
#include "pgmend.h"

#include "sandbox/jail.h"
#include "supervisor/audit.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/connect.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/facts_document.h"
#include "supervisor/heal.h"
#include "supervisor/host.h"
#include "supervisor/incident.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"
#include "supervisor/turn.h"
#include "supervisor/uuid.h"

/* What a look consists of, and what a host hears meanwhile. */
static const struct {
	run_step *step;
	const char *about;
} looks[] = {
	{read_statement, "reading the statement"},
	{find_target, "finding the table"},
	{open_record, "opening the record"},
	{take_turn, "waiting for the turn"},
	{read_facts, "reading the catalogue"},
	{check_repeat, "looking for the record"},
	{judge_statement, "judging the replay"},
	{try_statement, "trying the write"},
};

static void
renew_run(struct run *run)
{
	run_forget(run);
	rejections_free(&run->result.rejections);
	run->result = (struct result){.planner = peer_name(PEER_HOST)};
	run->is_begun = false;
	run->is_live = false;
	run->is_resumed = false;
	run->started_us = jail_now_us();
	uuid_v7(run->result.run_id);
}

void
host_return_turn(struct run *run)
{
	struct error ignored = NO_ERROR;

	if (run->result.fingerprint[0] != '\0')
		turn_return(run->records, run->result.fingerprint, &ignored);
}

int
host_look_into(struct host *host, struct error *err)
{
	struct run *run = host->run;

	if (run->result.run_id[0] == '\0')
		renew_run(run);
	run_forget(run);
	run->result.outcome = OUTCOME_NONE;
	run->is_resumed = false;
	for (size_t i = 0; i < array_size(looks); i++) {
		host_tell_progress(host, looks[i].about);
		if (looks[i].step(run, err) < 0) {
			/* One that didn't begin has no row to be resumed by. */
			if (looks[i].step == open_record)
				host_close_run(run);
			return -1;
		}
		if (run->is_cancelled)
			return fail_as(err, EXIT_REFUSED, "cancelled",
				       "the call was taken back");
		if (run->result.outcome != OUTCOME_NONE)
			break;
	}
	return 0;
}

bool
host_lacks_incident(struct tool_answer *ret_answer, const struct run *run)
{
	if (run->incident == NULL)
		tool_fail(ret_answer, "no_incident",
			  "this server has no incident: start it with "
			  "--incident FILE");
	return run->incident == NULL;
}

/* --- What was found ------------------------------------------------------- */

static struct facts
all_facts(const struct run *run)
{
	struct facts facts = run->catalog->facts;

	for (int i = 0; i < FACTS; i++)
		if (run->grounds.facts.of[i].known)
			facts.of[i] = run->grounds.facts.of[i];
	return facts;
}

/* As the planner would be told, and the facts. */
static struct document *
found_document(const struct run *run)
{
	bool was_tried = !run->trial.works && run->trial.sqlstate[0] != '\0';
	struct facts facts = all_facts(run);
	struct document *document = brief_document(
		&run->grounds, run->triage.drift,
		was_tried ? run->trial.sqlstate : run->incident->sqlstate,
		was_tried ? run->trial.message : run->incident->message);

	if (was_tried)
		brief_add_column(document, run->trial.column);
	document_add(document, "facts", facts_document_of(&facts));
	return document;
}

static struct document *
check_document(const struct run *run)
{
	const struct result *result = &run->result;
	bool is_known = run->grounds.policy != NULL;
	struct document *document =
		is_known ? found_document(run) : document_object();

	document_text(document, "run_id", result->run_id);
	document_text(document, "triage", triage_class_name(run->triage.class));
	document_bool(document, "works", run->trial.works);
	if (result->outcome == OUTCOME_NONE)
		return document;
	document_text(document, "outcome", outcome_name(result->outcome));
	document_text(document, "reason_code", result->reason_code);
	if (!is_known)
		document_text(document, "message", result->message);
	return document;
}

int
answer_check_incident(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	struct host *host = session->host;
	struct run *run = host->run;
	int status;

	if (host_lacks_incident(ret_answer, run))
		return 0;
	status = host_look_into(host, err);
	if (status == 0)
		ret_answer->document = check_document(run);
	host_return_turn(run);
	return status;
}

/* --- Its beginning and end ------------------------------------------------ */

void
host_close_run(struct run *run)
{
	struct error ignored = NO_ERROR;

	audit_release(run->audit, &ignored);
	run->is_begun = false;
	run->result.run_id[0] = '\0';
}

void
host_watch(struct host *host)
{
	database_watch(host->run->records, &host->watches[HOST_RECORDS]);
	host->run->work_watch = &host->watches[HOST_WORK];
	database_watch(host->run->work, host->run->work_watch);
}

static bool
is_connected(const struct run *run)
{
	return run->audit != NULL && !database_is_lost(run->records) &&
	       run->work != NULL && !database_is_lost(run->work);
}

/* The record of a lost connection's run is closed as any that a crash left
 * open. */
int
host_reconnect(struct host *host, struct error *err)
{
	struct run *run = host->run;
	int64_t deadline = run->deadline;

	if (is_connected(run))
		return 0;
	audit_free(run->audit);
	run->audit = NULL;
	database_free(run->records);
	run->records = NULL;
	database_free(run->work);
	run->work = NULL;
	renew_run(run);
	/* A server that is busy isn't waited for: the host may ask again. */
	run->deadline = 0;
	if (connect_both(run, err) < 0)
		return -1;
	run->deadline = deadline;
	host_watch(host);
	if (audit_open(&run->audit, run->records, run->schema,
		       run->audit_key.bytes, run->audit_key.size, err) < 0)
		return -1;
	return recover_others(run, err);
}

/* Not as refused: that would stand for the drift's next run. */
void
host_end_run(struct host *host)
{
	struct run *run = host->run;

	if (!run->is_begun)
		return;
	host->is_applying = true;
	if (run->result.outcome == OUTCOME_NONE)
		result_end(&run->result, OUTCOME_DRY_RUN, EXIT_PROPOSED,
			   "host_left",
			   "the host looked, and left without a repair");
	heal_finish(run);
}
