#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/database.h"
#include "supervisor/model.h"
#include "supervisor/model_day.h"
#include "supervisor/turn.h"

/* What other runs of this database spent and asked in the last 24 hours. */
static int
read_spent(struct model *model, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *schema = quote_name(model->schema);
	const char *parameters[] = {model->run_id, model->fingerprint};
	/* worst_microusd grows within a run: its last value is the run's. */
	auto_free char *sql = xprintf(
		"SELECT COALESCE(pg_catalog.sum(r.worst), 0)::pg_catalog.int8,"
		" COALESCE(pg_catalog.sum(r.calls), 0)::pg_catalog.int8,"
		" COALESCE(pg_catalog.sum(r.calls) FILTER (WHERE EXISTS"
		"   (SELECT FROM %s.run u WHERE u.run_id = r.run_id"
		"       AND u.fingerprint = $2)), 0)::pg_catalog.int8"
		"  FROM (SELECT e.run_id, pg_catalog.max((e.body"
		"::pg_catalog.json ->> 'worst_microusd')::pg_catalog.int8)"
		" AS worst, pg_catalog.count(*) AS calls"
		"  FROM %s.event e"
		" WHERE e.kind = 'model.requested'"
		" AND e.at > pg_catalog.clock_timestamp()"
		" - '1 day'::pg_catalog.interval"
		" AND e.run_id <> $1::pg_catalog.uuid"
		" AND e.body::pg_catalog.json ->> 'worst_microusd' IS NOT NULL"
		" GROUP BY e.run_id) r",
		schema, schema);

	if (database_run(model->database, sql, 2, parameters, &rows, err) < 0)
		return fail_in(err, "add up what models cost today");
	model->gate.spent_today_microusd = rows_number(rows, 0, 0);
	model->gate.calls_today = rows_number(rows, 0, 1);
	model->gate.calls_fingerprint_today = rows_number(rows, 0, 2);
	return 0;
}

int
model_day_open(struct model *model, struct error *err)
{
	struct error ignored = NO_ERROR;
	char key[LOCK_KEY_SIZE];

	lock_key(key, "pgmend-model", model->schema);
	if (lock_hold(model->database, key, err) < 0)
		return fail_in(err, "add up what models cost");
	if (read_spent(model, err) == 0)
		return 0;
	lock_return(model->database, key, &ignored);
	return -1;
}

int
model_day_close(struct model *model, struct error *err)
{
	char key[LOCK_KEY_SIZE];

	lock_key(key, "pgmend-model", model->schema);
	return lock_return(model->database, key, err);
}
