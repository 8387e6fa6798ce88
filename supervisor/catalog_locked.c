/* What the transaction locked, and what became of its neighbours. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

/* What was dropped left no row, but a lock: on the object, or on its table. */
static const char locked[] =
	"SELECT CASE WHEN l.locktype = 'relation'"
	"       THEN 'pg_class' ELSE l.classid::pg_catalog.regclass"
	"                             ::pg_catalog.text END,"
	"       COALESCE(l.relation, l.objid)"
	"  FROM pg_catalog.pg_locks l"
	" WHERE l.pid = pg_catalog.pg_backend_pid()"
	"   AND l.mode = 'AccessExclusiveLock'"
	"   AND l.locktype IN ('object', 'relation')"
	"   AND COALESCE(l.relation, l.objid) <> ALL"
	" ($1::pg_catalog.oid[] || $2::pg_catalog.oid[]) ORDER BY 1, 2";

/* A rewrite makes a table of its own for a moment, with a type; a new type and
 * then a new default another default. */
static const char existed[] =
	"SELECT c.oid FROM pg_catalog.pg_class c"
	" WHERE $1 = 'pg_class' AND c.oid = $2::pg_catalog.oid"
	" UNION ALL"
	" SELECT t.oid FROM pg_catalog.pg_type t"
	" WHERE $1 = 'pg_type' AND t.oid = $2::pg_catalog.oid"
	" UNION ALL"
	" SELECT d.oid FROM pg_catalog.pg_attrdef d"
	" WHERE $1 = 'pg_attrdef' AND d.oid = $2::pg_catalog.oid";

static bool
is_made_for_a_moment(const char *catalogue)
{
	return strcmp(catalogue, "pg_class") == 0 ||
	       strcmp(catalogue, "pg_type") == 0 ||
	       strcmp(catalogue, "pg_attrdef") == 0;
}

/* What nobody else has ever seen was this transaction's own. */
int
check_locked(struct database *database, const struct comparison *comparison,
	     const char *const *oids, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(database, locked, 2, oids, &rows, err) < 0)
		return fail_in(err, "account for what was locked");
	for (int i = 0; i < rows_count(rows); i++) {
		const char *object[] = {rows_text(rows, i, 0),
					rows_text(rows, i, 1)};
		auto_rows struct rows *found = NULL;

		if (database_run(comparison->witness, existed, 2, object,
				 &found, err) < 0)
			return fail_in(err, "account for what was locked");
		if (rows_count(found) > 0 || !is_made_for_a_moment(object[0]))
			return fail_difference(
				err,
				"the transaction also locked or dropped what "
				"wasn't planned: %s %s",
				object[0], object[1]);
	}
	return 0;
}

/*
 * A table at the other end of a foreign key gets triggers, and its row in
 * pg_class says so: of that row, nothing else may differ from what the witness
 * sees.
 */
int
check_neighbours(struct database *database, const struct comparison *comparison,
		 const char *neighbours, struct error *err)
{
	static const char sql[] =
		"SELECT c.oid::pg_catalog.regclass, ROW(c.relname,"
		"       c.relnamespace, c.reltype, c.relowner, c.relam,"
		"       c.relfilenode, c.reltablespace, c.relacl, c.reloptions,"
		"       c.relkind, c.relnatts, c.relrowsecurity,"
		"       c.relforcerowsecurity, c.relreplident, c.relhasrules,"
		"       c.relpersistence)"
		"  FROM pg_catalog.pg_class c"
		" WHERE c.oid = ANY ($1::pg_catalog.oid[]) ORDER BY c.oid";
	auto_rows struct rows *now = NULL, *before = NULL;

	if (database_run(database, sql, 1, &neighbours, &now, err) < 0 ||
	    database_run(comparison->witness, sql, 1, &neighbours, &before,
			 err) < 0)
		return fail_in(err, "compare the neighbours");
	if (rows_count(now) != rows_count(before))
		return fail_difference(err, "a neighbour came or went");
	for (int i = 0; i < rows_count(now); i++)
		if (!same_text(rows_text(now, i, 1), rows_text(before, i, 1)))
			return fail_difference(
				err, "not planned: %s became %.150s",
				rows_text(now, i, 0), rows_text(now, i, 1));
	return 0;
}
