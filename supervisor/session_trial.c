#include "pgmend.h"

#include "supervisor/document.h"
#include "supervisor/execute_trial.h"
#include "supervisor/plan.h"
#include "supervisor/session.h"
#include "supervisor/session_trial.h"
#include "supervisor/triage.h"

/* A plan that changes nothing but the statement is tried as a plain replay. */
static int
try_plan(struct trial *ret_trial, const struct session *session,
	 const struct plan *plan, struct error *err)
{
	struct grounds mapped = plan_grounds(plan, session->grounds);

	if (plan->verdict.decision != DECISION_ALLOW)
		return 0;
	if (plan->count > 0 && session->tries_changes)
		return execute_try(ret_trial, plan, session->grounds,
				   session->database, err);
	if (plan->count > 0 || plan->mapping_count == 0)
		return 0;
	return replay_try(ret_trial, &mapped, session->database, err);
}

int
session_try(struct session *session, struct plan *plan, struct error *err)
{
	struct trial trial = {.works = true};

	if (try_plan(&trial, session, plan, err) < 0)
		return fail_in(err, "try the plan");
	if (trial.works)
		return 0;
	plan_deny(plan, "trial_failed",
		  triage(trial.sqlstate, trial.context).meaning,
		  trial.sqlstate);
	if (session->model == NULL && session->host == NULL) {
		document_free(session->new_brief);
		session->new_brief =
			execute_trial_brief(session->grounds, &trial);
		session->brief = session->new_brief;
	}
	trial_free(&trial);
	return 0;
}
