/* What earlier runs were told by a planner: a thousand incidents of one drift
 * ask once, even where the table isn't changed, or not yet. */
#include "pgmend.h"

#include "supervisor/database.h"
#include "supervisor/run.h"

/* A replay with the mappings of a plan's document; NULL when it has none. */
static int
read_plan(struct plan **ret_plan, const char *body, struct error *err)
{
	auto_plan struct plan *plan = plan_of_replay();
	auto_json struct json *json = NULL;
	int node;

	if (json_scan(&json, body, strlen(body), err) < 0)
		return fail_in(err, "read an earlier plan");
	node = json_member(json, json_member(json, 0, "plan"), "mapping");
	if (plan_read_mappings(plan, json, node) != NULL)
		return fail(err, "an earlier plan has no readable mapping");
	if (plan->mapping_count > 0) {
		free(plan->diagnosis);
		plan->diagnosis =
			xstrdup("the fields are mapped as an earlier run did");
	}
	*ret_plan = take(plan);
	return 0;
}

int
recall_plan_of(struct plan **ret_plan, struct run *run, const char *run_id,
	       struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql =
		xprintf("SELECT body FROM \"%s\".event WHERE run_id ="
			" $1::pg_catalog.uuid AND kind = 'ddl.intent'"
			" ORDER BY seq DESC LIMIT 1",
			run->schema);

	if (database_run(run->records, sql, 1, &run_id, &rows, err) < 0)
		return fail_in(err, "look for the earlier plan");
	if (rows_count(rows) > 0)
		return read_plan(ret_plan, rows_text(rows, 0, 0), err);
	*ret_plan = plan_of_replay();
	return 0;
}

int
recall_healer(char ret_run_id[UUID_TEXT_SIZE], struct run *run,
	      struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {run->result.fingerprint,
				    run->result.run_id};
	auto_free char *sql = xprintf(
		"SELECT e.run_id FROM \"%s\".event e"
		" WHERE e.kind = 'run.finished'"
		" AND e.body::pg_catalog.json ->> 'fingerprint' = $1"
		" AND e.body::pg_catalog.json ->> 'outcome' = 'healed'"
		" AND e.seq > (SELECT pg_catalog.min(r.seq) FROM \"%s\".event r"
		"               WHERE r.run_id = $2::pg_catalog.uuid)"
		" ORDER BY e.seq LIMIT 1",
		run->schema, run->schema);

	if (database_run(run->records, sql, 2, parameters, &rows, err) < 0)
		return fail_in(err, "look for who healed the drift");
	snprintf(ret_run_id, UUID_TEXT_SIZE, "%s",
		 rows_count(rows) == 0 ? "" : rows_text(rows, 0, 0));
	return 0;
}

/* The last run that healed this drift for this very statement. */
static int
find_healed(struct rows **ret_rows, struct run *run, struct error *err)
{
	char question[65];
	const char *parameters[] = {run->result.fingerprint, question};
	auto_free char *sql = xprintf(
		"SELECT e.body FROM \"%s\".event e"
		" WHERE e.kind = 'run.finished'"
		" AND e.body::pg_catalog.json ->> 'fingerprint' = $1"
		" AND e.body::pg_catalog.json ->> 'question' = $2"
		" AND e.body::pg_catalog.json ->> 'outcome' = 'healed'"
		" AND e.body::pg_catalog.json #> '{plan,mapping,0}' IS NOT NULL"
		" ORDER BY e.seq DESC LIMIT 1",
		run->schema);

	run_question(question, run);
	if (database_run(run->records, sql, 2, parameters, ret_rows, err) < 0)
		return fail_in(err, "look for an earlier mapping");
	return 0;
}

/* Judged and tried like any other; NULL where it isn't allowed or doesn't work
 * any more. Takes the plan. */
static int
use_if_good(struct plan **ret_plan, struct plan *candidate, struct run *run,
	    struct error *err)
{
	auto_plan struct plan *plan = candidate;
	struct trial trial = {0};
	struct grounds grounds;
	bool works = true;

	plan_judge(plan, &run->grounds);
	if (plan->verdict.decision != DECISION_ALLOW)
		return 0;
	/* What a change of the schema leads to shows when it is made. */
	if (plan->count == 0) {
		grounds = plan_grounds(plan, &run->grounds);
		if (replay_try(&trial, &grounds, run->work, err) < 0)
			return fail_in(err, "try an earlier mapping");
		works = trial.works;
		trial_free(&trial);
	}
	if (works)
		*ret_plan = take(plan);
	return 0;
}

int
recall_mapping(struct plan **ret_plan, struct run *run, struct error *err)
{
	auto_plan struct plan *plan = NULL;
	auto_rows struct rows *rows = NULL;

	if (find_healed(&rows, run, err) < 0)
		return -1;
	if (rows_count(rows) == 0)
		return 0;
	if (read_plan(&plan, rows_text(rows, 0, 0), err) < 0)
		return -1;
	return use_if_good(ret_plan, take(plan), run, err);
}

/* Action by action, as each was rendered. False when there are too many. */
static bool
read_statements(struct plan *plan, const struct json *json)
{
	int list = json_member(json, json_member(json, 0, "plan"), "actions");

	for (int node = json_first(json, list); node != JSON_NONE;
	     node = json_next(json, node)) {
		char *sql = json_string(json, json_member(json, node, "sql"));

		if (sql == NULL || plan->count == PLAN_STATEMENTS_MAX) {
			free(sql);
			return false;
		}
		plan->proposed[plan->count++] = sql;
	}
	return true;
}

int
recall_proposal(struct plan **ret_plan, struct run *run, const char *body,
		struct error *err)
{
	auto_plan struct plan *plan = NULL;
	auto_json struct json *json = NULL;

	if (read_plan(&plan, body, err) < 0 ||
	    json_scan(&json, body, strlen(body), err) < 0)
		return fail_in(err, "read an earlier proposal");
	if (!read_statements(plan, json) ||
	    (plan->count == 0 && plan->mapping_count == 0))
		return 0;
	free(plan->diagnosis);
	plan->diagnosis = json_string(
		json,
		json_member(json, json_member(json, 0, "plan"), "diagnosis"));
	return use_if_good(ret_plan, take(plan), run, err);
}
