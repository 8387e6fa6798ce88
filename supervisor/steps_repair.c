#include "pgmend.h"

#include "policy/digest.h"
#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/jail.h"
#include "sandbox/json.h"
#include "supervisor/audit.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/run.h"
#include "supervisor/session.h"
#include "supervisor/worker.h"

/* A fingerprint tells drifts apart, not statements: what was decided about one
 * that asks for more must not stand for a plain one. */
void
run_question(char *ret_hash, const struct run *run)
{
	const struct incident *incident = run->incident;
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *stream;

	ret_hash[0] = '\0';
	if (run->insert == NULL)
		return;
	stream = xmemstream(&text, &size);
	fprintf(stream, "%s\n%s\n%s\n",
		decision_name(run->replay_verdict.decision), incident->sql,
		run->asked);
	for (int i = 0; i < incident->param_count; i++)
		json_write_string(stream, incident->params[i]);
	fclose(stream);
	digest = digest_of(text, size);
	digest_hex(ret_hash, &digest);
}

/* Only what was decided stands: an agent that died or a model that failed is no
 * answer to the drift. */
static bool
is_decision(const struct audit_standing *standing)
{
	const char *code = standing->reason_code;

	return same_text(standing->outcome, "escalated") ||
	       same_text(code, "planner_gave_up") ||
	       same_text(code, "policy_denies") ||
	       (code != NULL && code[0] == 'F' && code[1] >= '0' &&
		code[1] <= '9');
}

/* Was it given to the same question, under the same catalogue and policy? */
static bool
still_stands(const struct audit_standing *standing, const struct run *run)
{
	char question[DIGEST_HEX_SIZE];

	run_question(question, run);
	return is_decision(standing) &&
	       same_text(standing->catalogue, run->catalog->hash) &&
	       same_text(standing->question, question) &&
	       same_text(standing->policy_meaning,
			 policy_meaning_hash(run->policy));
}

/* The audit says whose answer it was; that one is found again, not this. */
static int
repeat_answer(struct run *run, const struct audit_standing *standing,
	      struct error *err)
{
	bool escalated = same_text(standing->outcome, "escalated");
	struct document *body = document_object();

	document_text(body, "with", standing->run_id);
	document_text(body, "message", "the answer of an earlier run stands");
	result_end(
		&run->result, escalated ? OUTCOME_ESCALATED : OUTCOME_REFUSED,
		escalated ? EXIT_ESCALATED : EXIT_REFUSED,
		standing->reason_code,
		"decided before by run %s, and nothing has changed since: %s",
		standing->run_id, standing->message);
	return run_record(run, AUDIT_RUN_COALESCED, body, err);
}

/* The same drift was decided before: that answer stands, without a planner and
 * without another alert, unless what the audit remembers makes it another. */
int
recall_decision(struct run *run, struct error *err)
{
	auto_standing struct audit_standing *standing = NULL;

	if (run->plan == NULL && recall_mapping(&run->plan, run, err) < 0)
		return -1;
	if (run->plan != NULL && run->plan->verdict.decision == DECISION_ALLOW)
		return 0;
	if (audit_standing(&standing, run->records, run->schema,
			   run->result.fingerprint, err) < 0)
		return -1;
	if (standing == NULL || !still_stands(standing, run))
		return 0;
	if (run->plan == NULL && standing->plan != NULL &&
	    recall_proposal(&run->plan, run, standing->plan, err) < 0)
		return -1;
	return run->plan != NULL &&
			       run->plan->verdict.decision == DECISION_ALLOW
		       ? 0
		       : repeat_answer(run, standing, err);
}

/* A planner that gives up after a refusal was refused: the judge's word says
 * more than the planner's. */
static void
end_without_plan(struct run *run, const struct session *session)
{
	result_end(&run->result, OUTCOME_REFUSED, EXIT_REFUSED,
		   run->plan != NULL ? run->plan->reason_code
				     : "planner_gave_up",
		   "the planner gave up: %s", session->gave_up);
}

/* Exactly what would be sent; nobody is asked. */
static int
show_prompt(struct run *run, const struct document *brief)
{
	const char *model = policy_model_id(run->policy);

	prompt_make(&run->prompt, model == NULL ? "none" : model, &run->limits,
		    brief);
	result_end(&run->result, OUTCOME_DRY_RUN, EXIT_PROPOSED, "shown",
		   "this is what a model would be asked");
	return 0;
}

/* The model can't be reached, or said no: the exit code says whether to try
 * again. */
static void
end_without_model(struct run *run, const struct session *session)
{
	enum exit_reason reason = session_model_failure(session->model_failed);

	result_end(&run->result, outcome_of(reason), reason, "model_failed",
		   "the model gave no proposal (%s): %s", session->model_failed,
		   session->gave_up);
}

static void
end_without(struct run *run, const struct session *session)
{
	if (session->model_failed != NULL)
		end_without_model(run, session);
	else if (session->gave_up != NULL)
		end_without_plan(run, session);
}

static int
talk(struct run *run, struct session *session, struct error *err)
{
	int64_t start = jail_now_us();
	int status = session_run(session, err);

	run->result.timings_us[TIMING_MODEL] += jail_now_us() - start;
	run->result.planner = session->planner;
	plan_free(run->plan);
	run->plan = take(session->plan);
	return status;
}

/* What the planner is told, by the trial's word where there was a trial. */
static struct document *
brief_of(const struct run *run)
{
	bool was_tried = !run->trial.works && run->trial.sqlstate[0] != '\0';
	struct document *brief = brief_document(
		&run->grounds, run->triage.drift,
		was_tried ? run->trial.sqlstate : run->incident->sqlstate,
		was_tried ? run->trial.message : run->incident->message);

	if (was_tried)
		brief_add_column(brief, run->trial.column);
	return brief;
}

/* A builtin plan is sure of all but the partitions. */
static struct session
session_of(struct run *run, bool is_with_model)
{
	return (struct session){
		.database = run->work,
		.audit = run->audit,
		.grounds = &run->grounds,
		.tries_changes = !run->options->is_dry_run &&
				 (is_with_model || run->catalog->kind == 'p'),
		.deadline = run->deadline,
	};
}

/* Nobody reads its brief but the jail, which has no way out: it may hold the
 * values that bounds and labels are made of. */
static int
ask_builtin(struct run *run, struct session *session, struct error *err)
{
	auto_document struct document *brief = brief_of(run);

	brief_add_needed(brief, &run->grounds);
	*session = session_of(run, false);
	session->planner = "builtin";
	session->wire = worker_wire(run->worker);
	session->brief = brief;
	return talk(run, session, err);
}

static int
ask_claude(struct run *run, struct session *session,
	   const struct document *brief, struct error *err)
{
	*session = session_of(run, true);
	prepare_model(run, session, brief);
	return talk(run, session, err);
}

int
ask_planner(struct run *run, struct error *err)
{
	auto_document struct document *brief = NULL;
	struct session session = {.gave_up = NULL};
	bool asks_builtin = !asks_model(run) || has_two_planners(run);
	int status = 0;

	if (run->plan != NULL)
		return 0;
	brief = brief_of(run);
	if (run->options->shows_prompt)
		return show_prompt(run, brief);
	if (asks_builtin)
		status = ask_builtin(run, &session, err);
	if (status == 0 && asks_model(run) &&
	    (!asks_builtin || session.gave_up != NULL)) {
		session_free(&session);
		status = ask_claude(run, &session, brief, err);
	}
	if (status == 0)
		end_without(run, &session);
	session_free(&session);
	return status;
}
