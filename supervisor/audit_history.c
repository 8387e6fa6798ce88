#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/database.h"

int
audit_is_marked(bool *ret_is_marked, struct database *database,
		const char *schema, const char *run_id, struct error *err)
{
	auto_free char *sql = xprintf("SELECT FROM \"%s\".applied "
				      "WHERE run_id OPERATOR(pg_catalog.=) "
				      "$1::pg_catalog.uuid",
				      schema);
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 1, &run_id, &rows, err) < 0)
		return fail_in(err, "look for the commit marker");
	*ret_is_marked = rows_count(rows) > 0;
	return 0;
}

int
audit_has_mark(bool *ret_has_mark, struct database *database,
	       const char *schema, const struct audit_mark *mark,
	       struct error *err)
{
	auto_free char *sql = xprintf("SELECT FROM \"%s\".applied "
				      "WHERE run_id OPERATOR(pg_catalog.=) "
				      "$1::pg_catalog.uuid "
				      "AND step OPERATOR(pg_catalog.=) "
				      "$2::pg_catalog.int4",
				      schema);
	auto_rows struct rows *rows = NULL;
	char step[16];
	const char *parameters[] = {mark->run_id, step};

	snprintf(step, sizeof(step), "%d", mark->step);
	if (database_run(database, sql, 2, parameters, &rows, err) < 0)
		return fail_in(err, "look for the commit marker");
	*ret_has_mark = rows_count(rows) > 0;
	return 0;
}

static struct audit_standing *
standing_of(const struct rows *rows)
{
	struct audit_standing *standing = xcalloc(1, sizeof(*standing));

	standing->run_id = xstrdup(rows_text(rows, 0, 0));
	standing->outcome = xstrdup(rows_text(rows, 0, 1));
	standing->reason_code = xstrdup(rows_text(rows, 0, 2));
	standing->message = xstrdup(rows_text(rows, 0, 3));
	standing->catalogue = xstrdup(rows_text(rows, 0, 4));
	standing->policy_meaning = xstrdup(rows_text(rows, 0, 5));
	standing->plan_sha256 = xstrdup(rows_text(rows, 0, 6));
	standing->question = xstrdup(rows_text(rows, 0, 7));
	standing->plan = xstrdup(rows_text(rows, 0, 8));
	return standing;
}

int
audit_standing(struct audit_standing **ret_standing, struct database *database,
	       const char *schema, const char *fingerprint, struct error *err)
{
	/* A decider without a file is the floor, a warning or the server, who
	 * would say the same again; `default` is policy. What an MCP host
	 * proposed waits for a person, whatever the facts, and is no answer for
	 * a heal: else a host could keep one from healing, or have it apply
	 * what the host may not. */
	auto_free char *sql = xprintf(
		"SELECT e.run_id, j.body ->> 'outcome', "
		"j.body ->> 'reason_code', j.body ->> 'message', "
		"j.body ->> 'catalogue', j.body ->> 'policy_meaning', "
		"j.body ->> 'plan_sha256', j.body ->> 'question', "
		"CASE WHEN j.body ->> 'reason_code' IN ('policy_escalates', "
		"'policy_denies') AND j.body #>> '{policy,floor}' IS NULL "
		"AND NOT EXISTS (SELECT FROM json_array_elements("
		"j.body #> '{policy,decided_by}') d (decider) "
		"WHERE d.decider ->> 'file' IS NULL "
		"AND d.decider ->> 'label' <> 'default') THEN e.body END "
		"FROM \"%s\".event e "
		"CROSS JOIN LATERAL (SELECT e.body::json AS body) j "
		"WHERE e.kind = 'run.finished' "
		"AND e.body::json ->> 'fingerprint' = $1 "
		"AND j.body ->> 'outcome' IN ('escalated', 'refused') "
		"AND j.body #>> '{model,planner}' IS DISTINCT FROM 'host' "
		"AND NOT EXISTS (SELECT FROM \"%s\".event c "
		"WHERE c.run_id = e.run_id AND c.kind = 'run.coalesced') "
		"ORDER BY e.seq DESC LIMIT 1",
		schema, schema);
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 1, &fingerprint, &rows, err) < 0)
		return fail_in(err, "look for an answer that stands");
	*ret_standing = rows_count(rows) == 0 ? NULL : standing_of(rows);
	return 0;
}

void
audit_standing_free(struct audit_standing *standing)
{
	if (standing == NULL)
		return;
	free(standing->run_id);
	free(standing->outcome);
	free(standing->reason_code);
	free(standing->message);
	free(standing->catalogue);
	free(standing->policy_meaning);
	free(standing->plan_sha256);
	free(standing->question);
	free(standing->plan);
	free(standing);
}

void
audit_standing_cleanup(struct audit_standing **standing)
{
	audit_standing_free(*standing);
}

int
audit_unresolved(struct rows **ret_rows, struct database *database,
		 const char *schema, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT u.run_id, u.has_intent, u.has_marker, "
		"(SELECT e.body FROM \"%s\".event e WHERE e.run_id = u.run_id "
		"AND e.kind = 'ddl.intent' ORDER BY e.seq DESC LIMIT 1) "
		"FROM \"%s\".v_unresolved u WHERE NOT u.is_running "
		"ORDER BY u.received_at",
		schema, schema);

	if (database_run(database, sql, 0, NULL, ret_rows, err) < 0)
		return fail_in(err, "look for unresolved runs");
	return 0;
}
