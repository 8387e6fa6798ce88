/* The trial: what the server says of the statement as it is. */
#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/hazard.h"
#include "supervisor/plan.h"
#include "supervisor/record.h"
#include "supervisor/replay.h"

/* Between judgement and trial a neighbour may have added a trigger, or put
 * another table in the place of this one. */
int
grounds_check(const struct grounds *grounds, struct database *database,
	      struct error *err)
{
	const struct catalog *catalog = grounds->catalog;
	struct hazards hazards = {0};
	bool is_same;

	if (catalog_check_name(database, catalog, err) < 0 ||
	    hazards_read(&hazards, database, catalog, grounds->replay->loader,
			 err) < 0)
		return -1;
	is_same = hazards_same(&hazards, grounds->hazards);
	hazards_free(&hazards);
	if (is_same)
		return 0;
	return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
		       "what hangs on the table changed meanwhile");
}

/* A table or view that is written to stays locked, so the locks tell. $1, $2:
 * the target; $3: the audit's schema, whose keys we wrote ourselves. */
static const char written_elsewhere[] =
	"WITH target AS ("
	"    SELECT c.oid, c.relowner FROM pg_catalog.pg_class c"
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"     WHERE n.nspname = $1 AND c.relname = $2"
	"), trusted AS ("
	"    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper"
	"     UNION SELECT t.relowner FROM target t"
	"), written AS ("
	"    SELECT c.oid, c.relowner FROM pg_catalog.pg_locks l"
	"      JOIN pg_catalog.pg_class c ON c.oid = l.relation"
	"      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"     WHERE l.pid = pg_catalog.pg_backend_pid()"
	"       AND l.mode = 'RowExclusiveLock'"
	"       AND c.relkind IN ('r', 'p', 'v', 'f')"
	"       AND n.nspname <> 'pg_catalog'"
	"       AND NOT (c.relname = 'replayed' AND n.nspname ="
	"                COALESCE($3, ''))"
	"       AND c.oid NOT IN (SELECT p.relid FROM target t,"
	"           pg_catalog.pg_partition_tree(t.oid) p)"
	")"
	"SELECT w.oid::pg_catalog.regclass, pg_catalog.pg_get_userbyid(o.role)"
	"  FROM written w CROSS JOIN LATERAL ("
	"       SELECT w.relowner AS role"
	"        UNION ALL SELECT p.proowner FROM pg_catalog.pg_trigger g"
	"                    JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid"
	"                   WHERE g.tgrelid = w.oid AND NOT g.tgisinternal) o"
	" WHERE o.role NOT IN (SELECT oid FROM trusted) ORDER BY 1, 2 LIMIT 1";

int
replay_check_reach(const struct replay *replay, struct database *database,
		   const char *audit_schema, struct error *err)
{
	const char *parameters[] = {replay->insert->schema,
				    replay->insert->table, audit_schema};
	auto_rows struct rows *rows = NULL;

	if (database_run(database, written_elsewhere, 3, parameters, &rows,
			 err) < 0)
		return fail_in(err, "look at what was written");
	if (rows_count(rows) == 0)
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "foreign_code",
		       "a trigger also wrote to %s, where code of '%s' can run",
		       rows_text(rows, 0, 0), rows_text(rows, 0, 1));
}

static int
try_records(const struct replay *replay, const struct replay_form *form,
	    struct database *database, struct error *err)
{
	struct record records[REPLAY_WITNESSES_MAX];
	struct replay_rows rows = {
		.replay = replay,
		.form = form,
		.records = records,
		.count = replay_count(replay),
	};
	int64_t written;

	if (rows.count > REPLAY_WITNESSES_MAX)
		rows.count = REPLAY_WITNESSES_MAX;
	for (int i = 0; i < rows.count; i++)
		records[i] = replay_record(replay, i);
	return replay_run(&written, &rows, database, err);
}

/* What the statement meets, inside a transaction. */
static int
meet(const struct grounds *grounds, struct database *database,
     struct error *err)
{
	auto_form struct replay_form *form = NULL;

	if (replay_prepare(&form, grounds->replay, database, err) < 0 ||
	    grounds_check(grounds, database, err) < 0 ||
	    try_records(grounds->replay, form, database, err) < 0)
		return -1;
	return replay_check_reach(grounds->replay, database, NULL, err);
}

/* True for what the server says of the statement; what we say ourselves, or a
 * connection that is gone, ends the run. */
static bool
is_finding(const struct error *met, const struct database *database)
{
	return !database_is_lost(database) && met->reason != EXIT_USAGE &&
	       met->reason != EXIT_REFUSED && met->reason != EXIT_ROLLED_BACK &&
	       !same_text(met->code, "facts_changed") &&
	       database_diagnostic(database)->sqlstate[0] != '\0';
}

int
replay_meet(struct trial *ret_trial, const struct grounds *grounds,
	    struct database *database, struct error *err)
{
	const struct diagnostic *said;
	struct error met = NO_ERROR;
	struct trial trial = {0};

	trial.works = meet(grounds, database, &met) == 0;
	if (!trial.works && !is_finding(&met, database)) {
		*err = met;
		return -1;
	}
	if (!trial.works) {
		said = database_diagnostic(database);
		memcpy(trial.sqlstate, said->sqlstate, sizeof(trial.sqlstate));
		trial.message = xstrdup(said->message);
		trial.context = xstrdup(said->context);
		trial.column = xstrdup(said->column);
		trial.constraint = xstrdup(said->constraint);
	}
	*ret_trial = trial;
	return 0;
}

int
replay_try(struct trial *ret_trial, const struct grounds *grounds,
	   struct database *database, struct error *err)
{
	struct error ignored = NO_ERROR;

	if (database_command(database, "BEGIN", err) < 0)
		return -1;
	if (replay_meet(ret_trial, grounds, database, err) == 0)
		return database_command(database, "ROLLBACK", err);
	if (!database_is_lost(database))
		database_command(database, "ROLLBACK", &ignored);
	return -1;
}

void
trial_free(struct trial *trial)
{
	free(trial->message);
	free(trial->context);
	free(trial->column);
	free(trial->constraint);
	*trial = (struct trial){0};
}
