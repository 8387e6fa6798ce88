#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/jail.h"
#include "supervisor/audit.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/run.h"
#include "supervisor/stream.h"

/* More than policy lets a run replay: nothing is begun that can't be ended. */
static bool
has_too_many_records(const struct run *run)
{
	int64_t count = run->records_count;

	if (run->stream != NULL)
		count += stream_count(run->stream);
	return count > policy_settings(run->policy)->replay_rows;
}

int
judge_statement(struct run *run, struct error *err)
{
	if (has_too_many_records(run))
		return fail_as(
			err, EXIT_REFUSED, "too_many_records",
			"policy lets a run replay %lld records at most",
			(long long)policy_settings(run->policy)->replay_rows);
	if (run->stream != NULL && run->insert->parameter_count == 0)
		return fail_as(err, EXIT_USAGE, "bad_option",
			       "--replay: the statement takes nothing from a "
			       "record");
	run->replay_verdict = judge_replay(&run->grounds);
	if (run->replay_verdict.decision != DECISION_DENY)
		return 0;
	plan_free(run->plan);
	run->plan = plan_of_replay();
	plan_judge(run->plan, &run->grounds);
	result_end(&run->result, OUTCOME_REFUSED, EXIT_REFUSED,
		   run->plan->reason_code, "the replay is refused: %s",
		   run->replay_verdict.reason);
	return 0;
}

static struct document *
evidence_document(const struct run *run)
{
	struct document *body = document_object();
	const struct incident *incident = run->incident;

	document_text(body, "incident_sqlstate", incident->sqlstate);
	document_text(body, "incident_message", incident->message);
	document_bool(body, "trial_works", run->trial.works);
	document_text(body, "trial_sqlstate", run->trial.sqlstate);
	document_text(body, "class", triage_class_name(run->triage.class));
	document_text(body, "drift", run->triage.drift);
	document_add(body, "suspects", suspects_document(&run->grounds));
	document_text(body, "message",
		      run->trial.works ? "the write works now"
				       : run->triage.meaning);
	document_text(body, "catalogue", run->catalog->hash);
	return body;
}

/* The trial's own word on what is wrong; the incident's was a hint. */
static void
end_unless_drift(struct run *run)
{
	const char *meaning = run->triage.meaning;
	const char *state = run->trial.sqlstate;

	if (run->triage.class == TRIAGE_TRANSIENT)
		result_end(&run->result, OUTCOME_TRANSIENT, EXIT_TEMPFAIL,
			   "transient", "%s (%s): try again later", meaning,
			   state);
	else if (run->triage.class != TRIAGE_DRIFT)
		result_end(&run->result, OUTCOME_NOT_DRIFT, EXIT_REFUSED,
			   "not_drift",
			   "%s (%s): no change of the schema "
			   "mends that",
			   meaning, state);
}

static bool
lacks_column(const struct run *run)
{
	for (int i = 0; i < run->insert->column_count; i++)
		if (catalog_column(run->catalog, run->insert->columns[i]) ==
		    NULL)
			return true;
	return false;
}

/* True when nothing is left to ask a planner: the write works, or it is said
 * to lack a column, which is there, and a person must allow the replay. */
static bool
is_replay_alone(const struct run *run)
{
	return run->trial.works ||
	       (run->replay_verdict.decision != DECISION_ALLOW &&
		same_text(run->triage.drift, "missing_column") &&
		!lacks_column(run));
}

/* What the trial's error is about. The server names one column at most, and
 * more may be wrong: each is asked alone where the error is about any. */
static int
investigate(struct run *run, struct error *err)
{
	static const char *const of_columns[] = {
		"22", "23502", "23514", "42703", "42804", "42846", "428C9"};
	const struct trial *trial = &run->trial;
	bool is_key = false;

	for (size_t i = 0; i < array_size(of_columns); i++)
		if (strncmp(trial->sqlstate, of_columns[i],
			    strlen(of_columns[i])) == 0 &&
		    suspects_find(&run->suspects, &run->grounds, run->work,
				  err) < 0)
			return fail_in(err, "look for the column");
	if (strcmp(trial->sqlstate, "23502") == 0 &&
	    suspect_is_key(&is_key, run->catalog, trial->column, run->work,
			   err) < 0)
		return -1;
	run->grounds.suspects = &run->suspects;
	run->triage =
		triage_trial(trial, &run->suspects, &run->grounds, is_key);
	return 0;
}

/* Without a trial the incident's word is all there is: was the check that it
 * tells of one for a partition? */
static void
read_claim(struct run *run)
{
	const struct incident *incident = run->incident;
	struct trial claim = {
		.sqlstate = "23514",
		.context = incident->context,
		.constraint = incident->constraint == NULL
				      ? (char[]){""}
				      : incident->constraint,
	};

	if (same_text(incident->sqlstate, claim.sqlstate))
		run->triage = triage_trial(&claim, &run->suspects,
					   &run->grounds, false);
}

/* Nothing of the incident's runs unless the replay was allowed. Where it is
 * escalated a person decides, and the catalogue alone shows the drift. */
int
try_statement(struct run *run, struct error *err)
{
	int64_t start = jail_now_us();

	if (run->is_resumed) {
		plan_judge(run->plan, &run->grounds);
		return 0;
	}
	if (run->replay_verdict.decision == DECISION_ALLOW) {
		if (replay_try(&run->trial, &run->grounds, run->work, err) < 0)
			return fail_in(err, "trial");
		if (!run->trial.works && investigate(run, err) < 0)
			return -1;
		run->result.timings_us[TIMING_TRIAL] = jail_now_us() - start;
	} else {
		read_claim(run);
	}
	if (run_record(run, AUDIT_EVIDENCE_COLLECTED, evidence_document(run),
		       err) < 0)
		return -1;
	if (is_replay_alone(run)) {
		run->plan = plan_of_replay();
		plan_judge(run->plan, &run->grounds);
		return 0;
	}
	end_unless_drift(run);
	return 0;
}
