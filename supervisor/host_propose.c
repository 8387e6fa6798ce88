/* What becomes of a host's proposal: judged as an agent's is, then stored for a
 * person, or applied where policy says so. */
#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy_mcp.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/heal.h"
#include "supervisor/host.h"
#include "supervisor/incident.h"
#include "supervisor/redact.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"

/* A failure's sentence is the server's, and may quote rows and payloads; the
 * audit has it in full. */
static char *
tellable_message(const struct run *run)
{
	const struct result *result = &run->result;
	const struct incident *incident = run->incident;
	const struct insert *insert = run->insert;
	const char *const names[] = {insert == NULL ? NULL : insert->schema,
				     insert == NULL ? NULL : insert->table};
	const struct redaction redaction = {
		.names = names,
		.name_count = (int)array_size(names),
		.json = incident->json,
		.payloads = incident->payloads,
		.payload_count = incident->payload_count,
	};
	bool is_ours = !same_text(result->reason_code, "server_refuses") &&
		       (result->exit == EXIT_HEALED ||
			result->exit == EXIT_ESCALATED ||
			result->exit == EXIT_REFUSED);

	return is_ours ? xstrdup(result->message)
		       : redact_message(result->message, &redaction);
}

static struct document *
outcome_document(const struct run *run, enum decision verdict)
{
	const struct result *result = &run->result;
	const struct plan *plan = run->plan;
	struct document *document = document_object();
	auto_free char *message = tellable_message(run);

	document_text(document, "verdict", decision_name(verdict));
	document_text(document, "reason_code", result->reason_code);
	document_text(document, "message", message);
	document_text(document, "outcome", outcome_name(result->outcome));
	document_text(document, "run_id", result->run_id);
	if (plan == NULL)
		return document;
	document_text(document, "plan_sha256", plan->sha256);
	document_number(document, "approvers",
			plan->verdict.decision == DECISION_ESCALATE
				? plan->verdict.approvers
				: 0);
	return document;
}

/* Nothing is left to decide: the answer is given again, whatever is proposed.
 */
static bool
is_decided(const struct result *result)
{
	return result->outcome == OUTCOME_ESCALATED ||
	       result->outcome == OUTCOME_HEALED ||
	       result->outcome == OUTCOME_UNKNOWN ||
	       result->exit == EXIT_UNRECORDED || result->exit == EXIT_PARTIAL;
}

/* The very plan may wait already, stored by another run: then it isn't stored
 * twice. */
static int
repeat_waiting(struct run *run, struct error *err)
{
	const char *parameters[] = {run->result.fingerprint, run->plan->sha256};
	auto_rows struct rows *rows = NULL;
	auto_free char *sql =
		xprintf("SELECT v.run_id FROM \"%s\".v_escalation v"
			" WHERE v.fingerprint = $1 AND v.plan_sha256 = $2"
			" ORDER BY v.requested_at LIMIT 1",
			run->schema);
	struct document *body;

	if (database_run(run->records, sql, 2, parameters, &rows, err) < 0)
		return fail_in(err, "look for the plan");
	if (rows_count(rows) == 0)
		return 0;
	result_end(&run->result, OUTCOME_ESCALATED, EXIT_ESCALATED,
		   run->plan->reason_code,
		   "the plan waits for approval since run %s",
		   rows_text(rows, 0, 0));
	body = document_object();
	document_text(body, "with", rows_text(rows, 0, 0));
	document_text(body, "message", "the same plan waits for approval");
	return run_record(run, AUDIT_RUN_COALESCED, body, err);
}

static int
decide_and_apply(struct run *run, struct error *err)
{
	if (!policy_applies_proposals(run->policy))
		plan_escalate(run->plan, "mcp-propose",
			      "policy lets no host's proposal be applied "
			      "without a person");
	if (run->plan->verdict.decision == DECISION_ESCALATE &&
	    repeat_waiting(run, err) < 0)
		return -1;
	if (run->result.outcome == OUTCOME_NONE && decide(run, err) < 0)
		return -1;
	if (run->result.outcome != OUTCOME_NONE)
		return 0;
	if (run->is_cancelled)
		return fail_as(err, EXIT_TEMPFAIL, "cancelled",
			       "the call was taken back");
	return apply(run, err);
}

/* Applied, stored, or refused at the last moment; and recorded. */
static void
settle(struct host *host)
{
	struct run *run = host->run;
	struct error err = NO_ERROR;

	host_tell_progress(host, "deciding");
	host->is_applying = true;
	if (decide_and_apply(run, &err) < 0)
		result_fail(&run->result, &err);
	heal_finish(run);
	host->is_applying = false;
}

static int
take_proposal(struct tool_answer *ret_answer, struct session *session,
	      const struct tool_call *call, struct error *err)
{
	struct host *host = session->host;
	struct run *run = host->run;
	enum decision verdict;

	plan_free(run->plan);
	run->plan = NULL;
	session->grounds = &run->grounds;
	session->database = run->work;
	session->audit = run->audit;
	session->planner = peer_name(PEER_HOST);
	if (session_propose(ret_answer, session, call, err) < 0)
		return -1;
	if (ret_answer->is_error)
		return 0;
	if (run->is_cancelled)
		return fail_as(err, EXIT_REFUSED, "cancelled",
			       "the call was taken back");
	document_free(ret_answer->document);
	run->plan = take(session->plan);
	verdict = run->plan->verdict.decision;
	settle(host);
	ret_answer->document = outcome_document(run, verdict);
	ret_answer->is_error = !is_decided(&run->result);
	if (is_decided(&run->result))
		host->decided = document_print(ret_answer->document);
	host_close_run(run);
	return 0;
}

/* The write works, is no drift, or can't be replayed: no repair is wanted. */
static void
tell_needless(struct tool_answer *ret_answer, struct run *run)
{
	struct result *result = &run->result;

	if (result->outcome == OUTCOME_NONE && run->is_resumed)
		result_end(result, OUTCOME_DRY_RUN, EXIT_PROPOSED,
			   "records_left",
			   "an earlier run wrote some of the records: 'pgmend "
			   "heal' with this incident writes the rest");
	if (result->outcome == OUTCOME_NONE)
		result_end(result, OUTCOME_ALREADY_HEALED, EXIT_HEALED,
			   "works_now",
			   "the write works as it is: nothing is to be "
			   "repaired");
	plan_free(run->plan);
	run->plan = NULL;
	ret_answer->is_error = result->outcome != OUTCOME_ALREADY_HEALED;
	ret_answer->document = outcome_document(
		run, ret_answer->is_error ? DECISION_DENY : DECISION_ALLOW);
}

static int
propose(struct tool_answer *ret_answer, struct session *session,
	const struct tool_call *call, struct error *err)
{
	struct run *run = session->host->run;

	if (host_look_into(session->host, err) < 0)
		return -1;
	if (run->result.outcome != OUTCOME_NONE || run->trial.works ||
	    run->is_resumed) {
		tell_needless(ret_answer, run);
		return 0;
	}
	return take_proposal(ret_answer, session, call, err);
}

int
host_propose(struct tool_answer *ret_answer, struct session *session,
	     const struct tool_call *call, struct error *err)
{
	struct host *host = session->host;
	int status;

	if (host_lacks_incident(ret_answer, host->run))
		return 0;
	if (host->decided != NULL) {
		ret_answer->document = document_of(host->decided);
		return 0;
	}
	if (session->proposals >= WIRE_PROPOSALS_MAX) {
		tool_fail(ret_answer, "too_many_proposals",
			  "no more proposals are judged: start again");
		return 0;
	}
	session->proposals++;
	status = propose(ret_answer, session, call, err);
	host_return_turn(host->run);
	return status;
}
