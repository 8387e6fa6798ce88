#include "pgmend.h"

#include "sandbox/jail.h"
#include "supervisor/audit.h"
#include "supervisor/catalog.h"
#include "supervisor/configuration.h"
#include "supervisor/courier.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/endpoint.h"
#include "supervisor/heal.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
#include "supervisor/rejected.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"
#include "supervisor/stream.h"
#include "supervisor/uuid.h"
#include "supervisor/worker.h"
#include "policy/insert.h"
#include "policy/policy.h"

/* The order of a run. */
static run_step *const steps[] = {
	read_inputs,	 /* configuration, policy set, incident */
	drop_root,	 /* where the configuration names a user */
	read_statement,	 /* understood in full, or refused */
	choose_planner,	 /* builtin, or Claude where it can be asked */
	spawn_courier,	 /* only then; takes longest to warm up */
	spawn_worker,	 /* warms up and seals itself meanwhile */
	attest_worker,	 /* proven sealed from outside, or no run */
	connect_records, /* the audit connection; the chain must verify */
	check_role,	 /* the login must not be able to do more */
	start_courier,	 /* proven sealed, then handed its key */
	lock_supervisor, /* from here on no exec, no fork, no new file */
	recover_others,	 /* what a crash left open is closed first */
	find_target,	 /* the one table, bound to the pipeline */
	open_record,	 /* the run stands in the audit */
	take_turn,	 /* one run at a time for one drift */
	read_facts,	 /* the catalogue, and whose code would run */
	check_repeat,	 /* was this record written before? */
	judge_statement, /* may the replay run at all? */
	try_statement,	 /* the trial tells the truth */
	recall_decision, /* an earlier answer stands */
	ask_planner,	 /* a proposal, judged */
	decide,		 /* allow, escalate or deny */
	apply,		 /* change and replay in one transaction */
};

/* What run.finished says: the result, and what the next run on this drift
 * compares before it lets an earlier answer stand. */
static struct document *
finished_document(const struct run *run)
{
	struct document *body = result_document(&run->result);
	char question[65];

	run_question(question, run);
	document_text(body, "question", question);
	document_text(body, "catalogue",
		      run->catalog == NULL ? NULL : run->catalog->hash);
	document_text(body, "policy_meaning", run->result.policy_meaning);
	document_text(body, "plan_sha256",
		      run->plan == NULL ? NULL : run->plan->sha256);
	return body;
}

/* Nobody may take the records for written because the change is live. */
static void
end_unrecorded(struct result *result, const char *why)
{
	auto_free char *met = xstrdup(result->message);

	if (result->exit == EXIT_PARTIAL)
		result_end(result, OUTCOME_HEALED, EXIT_PARTIAL,
			   "closing_record_missing",
			   "%s; and the closing record could not be written: "
			   "run 'pgmend recover'",
			   met);
	else
		result_end(result, OUTCOME_HEALED, EXIT_UNRECORDED,
			   "closing_record_missing",
			   "the change is live, but its closing record could "
			   "not be written (%s): run 'pgmend recover'",
			   why);
}

/* The outcome goes to the audit; a change that is live without its closing
 * record is an outcome of its own. */
static void
record_outcome(struct run *run)
{
	struct error err = NO_ERROR;
	struct result *result = &run->result;

	if (run->audit == NULL)
		return;
	if (run_begin(run, &err) == 0 &&
	    run_record(run, AUDIT_RUN_FINISHED, finished_document(run), &err) ==
		    0)
		return;
	if (result->exit == EXIT_UNKNOWN)
		return;
	if (run->is_live)
		end_unrecorded(result, err.text);
	else
		result_fail(result, &err);
}

static void
collect(struct run *run)
{
	struct result *result = &run->result;

	result->catalog = run->catalog;
	result->plan = run->plan;
	result->replay =
		run->plan == NULL ? NULL : plan_replay(run->plan, &run->replay);
	if (run->incident != NULL)
		result->incident_id = run->incident->id;
	if (run->catalog != NULL)
		result->database = run->catalog->facts.of[FACT_DB_NAME].text;
	if (run->policy != NULL) {
		result->policy_files = policy_files_hash(run->policy);
		result->policy_meaning = policy_meaning_hash(run->policy);
		result->policy_signer = run->policy_signer;
	}
}

static void
collect_audit(struct run *run)
{
	struct result *result = &run->result;

	if (run->audit == NULL)
		return;
	result->chain_id = audit_chain_id(run->audit);
	result->audit_seq = audit_last_seq(run->audit);
	result->audit_hash = audit_last_hash(run->audit);
}

void
heal_finish(struct run *run)
{
	collect(run);
	note_model(run);
	run->result.timings_us[TIMING_TOTAL] = jail_now_us() - run->started_us;
	record_outcome(run);
	collect_audit(run);
}

void
heal(struct run *run)
{
	struct error err = NO_ERROR;

	run->started_us = jail_now_us();
	uuid_v7(run->result.run_id);
	for (size_t i = 0; i < array_size(steps); i++) {
		if (steps[i](run, &err) < 0)
			result_fail(&run->result, &err);
		if (run->result.outcome != OUTCOME_NONE)
			break;
	}
	stop_hold();
	heal_finish(run);
}

void
run_forget(struct run *run)
{
	plan_free(run->plan);
	run->plan = NULL;
	free(run->table_name);
	run->table_name = NULL;
	free(run->records_list);
	run->records_list = NULL;
	trial_free(&run->trial);
	run->trial = (struct trial){0};
	suspects_free(&run->suspects);
	run->suspects = (struct suspects){0};
	replay_free(&run->replay);
	run->replay = (struct replay){0};
	hazards_free(&run->hazards);
	run->hazards = (struct hazards){0};
	catalog_free(run->catalog);
	run->catalog = NULL;
	loader_free(run->loader);
	run->loader = NULL;
	insert_free(run->insert);
	run->insert = NULL;
	run->grounds = (struct grounds){.policy = NULL};
	run->replay_verdict = (struct verdict){.floor = NULL};
}

void
run_free(struct run *run)
{
	run_forget(run);
	stream_free(run->stream);
	rejected_free(run->rejected);
	rejections_free(&run->result.rejections);
	audit_free(run->audit);
	secret_wipe(&run->audit_key);
	database_free(run->work);
	database_free(run->records);
	worker_free(run->worker);
	worker_free(run->second);
	courier_free(run->courier);
	endpoint_free(run->endpoint);
	prices_free(run->prices);
	prompt_free(&run->prompt);
	incident_free(run->incident);
	policy_free(run->policy);
	free(run->policy_signer);
	configuration_free(run->configuration);
}
