#include "supervisor/rate.h"

#include "pgmend.h"

#include "policy/policy.h"
#include "policy/policy_model.h"
#include "supervisor/catalog.h"
#include "supervisor/configuration.h"
#include "supervisor/database.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

static const enum fact rates[] = {
	FACT_RATE_TABLE_HOUR,	FACT_RATE_TABLE_DAY, FACT_RATE_SCHEMA_DAY,
	FACT_RATE_PIPELINE_DAY, FACT_RATE_TOTAL_DAY,
};

static const char *
pipeline_of(const struct run *run)
{
	return run->pipeline == NULL ? NULL : run->pipeline->name;
}

/* What waits for people under the same fingerprint is this very change. */
int
rate_facts(struct run *run, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = xprintf(
		"SELECT pg_catalog.count(*) FILTER (WHERE r.is_here"
		"         AND r.at > pg_catalog.clock_timestamp()"
		"                    - '1 hour'::pg_catalog.interval),"
		"       pg_catalog.count(*) FILTER (WHERE r.is_here),"
		"       pg_catalog.count(*) FILTER (WHERE r.schema_name = $3),"
		"       CASE WHEN $5::pg_catalog.text IS NOT NULL THEN"
		"         pg_catalog.count(*) FILTER (WHERE r.pipeline = $5) "
		"END,"
		"       pg_catalog.count(*)"
		"  FROM (SELECT v.*, v.schema_name = $3 AND v.table_name = $4"
		"                    AS is_here"
		"          FROM \"%s\".v_reservation v"
		"         WHERE v.at > pg_catalog.clock_timestamp()"
		"                      - '1 day'::pg_catalog.interval"
		"           AND v.run_id <> $1::pg_catalog.uuid"
		"           AND (v.is_applied OR v.is_in_flight"
		"                OR v.fingerprint <> $2)) r",
		run->schema);
	const char *parameters[] = {run->result.run_id, run->result.fingerprint,
				    run->catalog->schema, run->catalog->table,
				    pipeline_of(run)};

	if (database_run(run->records, sql, 5, parameters, &rows, err) < 0)
		return fail_in(err, "count the changes");
	for (size_t i = 0; i < array_size(rates); i++)
		if (rows_text(rows, 0, (int)i) != NULL)
			facts_set_number(&run->grounds.facts, rates[i],
					 rows_number(rows, 0, (int)i));
	return 0;
}

/* --- Waiting for locks -----------------------------------------------------
 */

/* What the runs of the last hour on this table waited for its lock. */
static int
lock_waits(int64_t *ret_ms, struct run *run, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *table =
		xprintf("%s.%s", run->catalog->schema, run->catalog->table);
	auto_free char *sql = xprintf(
		"SELECT COALESCE(pg_catalog.sum((e.body::pg_catalog.json"
		"         #>> '{timing_ms,lock_wait}')::pg_catalog.numeric), 0)"
		"       ::pg_catalog.int8"
		"  FROM \"%s\".event e WHERE e.kind = 'run.finished'"
		"   AND e.at > pg_catalog.clock_timestamp()"
		"              - '1 hour'::pg_catalog.interval"
		"   AND e.body::pg_catalog.json #>> '{target,table}' = $1",
		run->schema);

	if (database_run(run->records, sql, 1, (const char *const[]){table},
			 &rows, err) < 0)
		return fail_in(err, "add up the waiting for locks");
	*ret_ms = rows_number(rows, 0, 0);
	return 0;
}

static int
check_lock_budget(struct run *run, struct error *err)
{
	int64_t most = policy_lock_wait_hour(run->policy);
	int64_t waited;

	if (most < 0)
		return 0;
	if (lock_waits(&waited, run, err) < 0)
		return -1;
	if (waited < most)
		return 0;
	return fail_as(err, EXIT_TEMPFAIL, "lock_budget",
		       "runs waited %lld ms for locks of '%s.%s' in the last "
		       "hour, and policy lets them wait %lld ms",
		       (long long)waited, run->catalog->schema,
		       run->catalog->table, (long long)most);
}

/* --- The reservation --------------------------------------------------------
 */

static int
reserve(struct run *run, struct error *err)
{
	const char *parameters[] = {run->result.run_id, run->result.fingerprint,
				    run->catalog->schema, run->catalog->table,
				    pipeline_of(run)};
	auto_free char *sql =
		xprintf("INSERT INTO \"%s\".reservation (run_id, fingerprint,"
			" schema_name, table_name, pipeline)"
			" VALUES ($1::pg_catalog.uuid, $2, $3, $4, $5)",
			run->schema);

	return database_run(run->records, sql, 5, parameters, NULL, err);
}

/* An answer that isn't allow stays: facts under the lock only take away. */
static int
judge_and_reserve(struct run *run, struct error *err)
{
	if (rate_facts(run, err) < 0)
		return -1;
	if (run->plan->verdict.decision == DECISION_ALLOW)
		plan_judge(run->plan, &run->grounds);
	return run->plan->verdict.decision == DECISION_DENY ? 0
							    : reserve(run, err);
}

int
rate_reserve(struct run *run, struct error *err)
{
	struct error ignored = NO_ERROR;
	char key[LOCK_KEY_SIZE];
	int status;

	if (run->plan->count == 0 || run->options->is_dry_run ||
	    run->plan->verdict.decision == DECISION_DENY)
		return 0;
	lock_key(key, "pgmend-rate", run->schema);
	if (check_lock_budget(run, err) < 0 ||
	    lock_hold(run->records, key, err) < 0)
		return fail_in(err, "reserve the change");
	status = judge_and_reserve(run, err);
	if (lock_return(run->records, key, status == 0 ? err : &ignored) < 0)
		status = -1;
	return status == 0 ? 0 : fail_in(err, "reserve the change");
}
