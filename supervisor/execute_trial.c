#include "pgmend.h"

#include "policy/policy.h"
#include "policy/statement.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/execute.h"
#include "supervisor/execute_phase.h"
#include "supervisor/execute_trial.h"
#include "supervisor/loader.h"
#include "supervisor/plan.h"
#include "supervisor/triage.h"

/* A new label can't be used before COMMIT; and of a check's making an answer
 * would tell, bit by bit, the values that nobody was told. */
static bool
is_not_to_be_tried(const struct plan *plan)
{
	for (int s = 0; s < plan->count; s++)
		for (int a = 0; a < plan->statements[s]->count; a++) {
			enum operation operation =
				plan->statements[s]->actions[a].operation;

			if (operation == OP_ADD_ENUM_VALUE ||
			    operation == OP_ADD_CONSTRAINT)
				return true;
		}
	return false;
}

/* Nobody who waits for the table waits long. */
static int
begin(struct database *work, const struct grounds *grounds, struct error *err)
{
	char wait[24];
	const char *parameters[] = {wait, grounds->catalog->owner};

	snprintf(wait, sizeof(wait), "%lld",
		 (long long)policy_settings(grounds->policy)->lock_timeout_ms);
	if (database_command(work, "BEGIN", err) < 0)
		return -1;
	return database_run(work,
			    "SELECT pg_catalog.set_config('lock_timeout', $1,"
			    " true), pg_catalog.set_config('role', $2, true)",
			    2, parameters, NULL, err);
}

/* As the change itself does it: the lock, another look, the statements. */
static int
change(const struct plan *plan, const struct grounds *grounds, const char *lock,
       struct database *work, struct error *err)
{
	if (begin(work, grounds, err) < 0 ||
	    database_command(work, lock, err) < 0 ||
	    loader_leave(work, err) < 0 ||
	    grounds_check(grounds, work, err) < 0 ||
	    transaction_become(work, grounds->catalog->owner, err) < 0)
		return -1;
	for (int i = 0; i < plan->count; i++)
		if (statement_execute(work, plan->statements[i], plan->sql[i],
				      err) < 0)
			return -1;
	return loader_leave(work, err);
}

int
execute_try(struct trial *ret_trial, const struct plan *plan,
	    const struct grounds *grounds, struct database *work,
	    struct error *err)
{
	const struct comparison comparison = {
		.before = grounds->catalog,
		.statements = plan->statements,
		.statement_count = plan->count,
	};
	struct promise promise = catalog_promise(&comparison);
	struct grounds mapped = plan_grounds(plan, grounds);
	struct trial trial = {.works = true};
	struct error unsaid = NO_ERROR;
	auto_free char *lock = NULL;

	if (promise.may_rewrite || promise.may_scan ||
	    is_not_to_be_tried(plan)) {
		*ret_trial = trial;
		return 0;
	}
	lock = lock_sql(&comparison);
	if (change(plan, grounds, lock, work, &unsaid) == 0 &&
	    replay_meet(&trial, &mapped, work, &unsaid) == 0 && !trial.works &&
	    triage(trial.sqlstate, trial.context).class != TRIAGE_DRIFT) {
		trial_free(&trial);
		trial.works = true;
	}
	*ret_trial = trial;
	return database_command(work, "ROLLBACK", err);
}

struct document *
execute_trial_brief(const struct grounds *grounds, const struct trial *trial)
{
	struct triage found =
		triage_trial(trial, grounds->suspects, grounds, false);
	struct document *brief = brief_document(
		grounds, found.drift, trial->sqlstate, trial->message);

	brief_add_column(brief, trial->column);
	brief_add_needed(brief, grounds);
	return brief;
}
