/* What becomes of a judged plan: it waits, is refused, or is applied. */
#include "pgmend.h"

#include "policy/policy.h"
#include "supervisor/audit.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/document.h"
#include "supervisor/execute.h"
#include "supervisor/rate.h"
#include "supervisor/replay_rest.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"

static int
store_for_approval(struct run *run, struct error *err)
{
	auto_document struct document *plan =
		plan_document(run->plan, run->catalog);
	auto_free char *text = document_print(plan);
	struct audit_escalation escalation = {
		.plan_sha256 = run->plan->sha256,
		.plan = text,
		.approvers = run->plan->verdict.approvers,
		.fingerprint = run->result.fingerprint,
	};

	return audit_escalate(run->audit, &escalation, err);
}

/* A new table is nobody's but its owner's, unless he has said otherwise for all
 * that he makes: to grant it would be a person's to decide. */
static void
consider_new_table(struct run *run)
{
	const struct absence *absence = run->catalog->absence;
	struct plan *plan = run->plan;
	auto_free char *sentence = NULL;

	if (absence == NULL || plan->count == 0 ||
	    plan->verdict.decision == DECISION_DENY)
		return;
	if (absence->grants != NULL)
		plan_advise(plan, absence->grants);
	if (plan->verdict.decision != DECISION_ALLOW)
		return;
	if (!absence->may_create) {
		sentence = xprintf("it would belong to '%s', and the login may "
				   "not make tables of that role's in '%s'",
				   run->catalog->owner, run->catalog->schema);
		plan_escalate(plan, "table-owner", sentence);
	} else if (absence->grants != NULL) {
		sentence = xprintf("the new table would be closed to the "
				   "pipeline's role: %s",
				   absence->grants);
		plan_escalate(plan, "table-rights", sentence);
	}
}

static bool
adds_column(const struct plan *plan)
{
	for (int s = 0; s < plan->count; s++)
		for (int a = 0; plan->statements[s] != NULL &&
				a < plan->statements[s]->count;
		     a++)
			if (plan->statements[s]->actions[a].operation ==
			    OP_ADD_COLUMN)
				return true;
	return false;
}

int
decide(struct run *run, struct error *err)
{
	const struct verdict *verdict = &run->plan->verdict;

	stop_hold();
	if (rate_reserve(run, err) < 0)
		return -1;
	/* Column grants don't grow with the table: the heal would mend the
	 * table and not the pipeline. */
	if (adds_column(run->plan) && verdict->decision == DECISION_ALLOW &&
	    !run->catalog->loader_may_insert)
		plan_escalate(run->plan, "column-rights",
			      "the pipeline's role has no INSERT right on the "
			      "whole table, so a new column would be closed to "
			      "it");
	consider_new_table(run);
	if (verdict->decision == DECISION_DENY) {
		result_end(&run->result, OUTCOME_REFUSED, EXIT_REFUSED,
			   run->plan->reason_code, "the repair is refused: %s",
			   verdict->reason);
	} else if (verdict->decision == DECISION_ESCALATE) {
		result_end(&run->result, OUTCOME_ESCALATED, EXIT_ESCALATED,
			   run->plan->reason_code,
			   "the plan waits for approval: %s", verdict->reason);
		return store_for_approval(run, err);
	} else if (run->options->is_dry_run) {
		result_end(&run->result, OUTCOME_DRY_RUN, EXIT_PROPOSED,
			   "dry_run", "this would be done: %s",
			   run->plan->count == 0 ? "a replay"
						 : run->plan->sql[0]);
	}
	return 0;
}

/* What depends on the table, for the person who must sort it out. "" when
 * nothing does, or nobody can tell. */
static char *
blockers_of(struct run *run)
{
	struct error ignored = NO_ERROR;
	char **texts = NULL;
	char *list = NULL;
	size_t size;
	FILE *stream = xmemstream(&list, &size);
	int count = 0;

	catalog_list_blockers(&texts, &count, run->records, run->catalog,
			      &ignored);
	for (int i = 0; i < count; i++) {
		fprintf(stream, "%s%s", i == 0 ? "; on it depend: " : ", ",
			texts[i]);
		free(texts[i]);
	}
	free(texts);
	fclose(stream);
	return list;
}

/* Nothing was changed: the server refused what the policy allowed. */
static int
hand_over(struct run *run, const struct error *refusal, struct error *err)
{
	auto_free char *blockers = blockers_of(run);

	plan_escalate(run->plan, "server-refuses", refusal->text);
	result_end(&run->result, OUTCOME_ESCALATED, EXIT_ESCALATED,
		   refusal->code, "the server refuses the change: %s%s",
		   refusal->text, blockers);
	return store_for_approval(run, err);
}

/* More of the incident's records wait for a transaction of their own. */
int
run_witnesses(const struct run *run)
{
	int64_t most = policy_settings(run->policy)->batch_rows;

	if (most > REPLAY_WITNESSES_MAX || most < 1)
		most = REPLAY_WITNESSES_MAX;
	return run->records_count < most ? run->records_count : (int)most;
}

/* The drift is gone: healed by the run that this one waited for, or before. It
 * is said in the audit while nothing is written yet. */
static int
find_healer(enum outcome *ret_outcome, struct run *run, struct error *err)
{
	char run_id[UUID_TEXT_SIZE] = "";
	struct document *body;

	*ret_outcome = OUTCOME_ALREADY_HEALED;
	if (run->has_waited && recall_healer(run_id, run, err) < 0)
		return -1;
	if (run_id[0] == '\0')
		return 0;
	*ret_outcome = OUTCOME_COALESCED;
	body = document_object();
	document_text(body, "with", run_id);
	document_text(body, "message", "the run that was waited for healed it");
	return run_record(run, AUDIT_RUN_COALESCED, body, err);
}

/* Every record is in the table or in the rejected file, or it is said so. */
static int
end_applied(struct run *run, enum outcome outcome, struct error *err)
{
	struct result *result = &run->result;
	bool is_kept = run->rejected != NULL || result->rejected == 0;

	if (run->rejections_lost.text[0] != '\0') {
		*err = run->rejections_lost;
		err->reason = EXIT_PARTIAL;
		return -1;
	}
	result_end(result, outcome, is_kept ? EXIT_HEALED : EXIT_PARTIAL,
		   is_kept ? "ok" : "records_rejected", "%s; %s",
		   outcome == OUTCOME_HEALED ? run->plan->diagnosis
		   : outcome == OUTCOME_COALESCED
			   ? "the run that was waited for healed the table"
			   : "the table was healed before",
		   !run->keeps_rows ? "the write works: retry it"
		   : result->rejected == 0
			   ? "the record is written: don't retry it"
		   : run->rejected != NULL
			   ? "what was rejected is in the rejected file"
			   : "some records were rejected: see the result");
	return 0;
}

int
apply(struct run *run, struct error *err)
{
	bool is_change = run->plan->count > 0 || run->plan->mapping_count > 0;
	enum outcome outcome = OUTCOME_HEALED;
	struct error met = NO_ERROR;

	if (!is_change && find_healer(&outcome, run, err) < 0)
		return -1;
	if (!is_change && !run->keeps_rows) {
		result_end(&run->result, outcome, EXIT_HEALED, "works_now",
			   "the write works as it is; the caller "
			   "retries it");
		return 0;
	}
	if (!run->is_resumed && execute(run, &met) < 0) {
		if (met.reason == EXIT_ESCALATED)
			return hand_over(run, &met, err);
		*err = met;
		return -1;
	}
	if (run->keeps_rows &&
	    replay_rest(run, run->is_resumed ? 0 : run_witnesses(run), err) < 0)
		return -1;
	return end_applied(run, outcome, err);
}
