/* Which catalogue rows the transaction wrote, and what it locked. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/catalog_holdings.h"
#include "supervisor/database.h"
#include "supervisor/server_version.h"

#define ON(operation) (1u << (operation))
#define ANY (~0u)

/* What each operation writes: rows whose column names something that belongs
 * to the table. "Neighbours" are tables at the other end of a foreign key. */
static const struct {
	const char *catalogue, *column;
	unsigned operations;
	bool of_neighbours;
	int since; /* the first version that does */
} planned[] = {
	{"pg_class", "oid", ANY, false, 0},
	{"pg_class", "oid",
	 ON(OP_ADD_CONSTRAINT) | ON(OP_CREATE_PARTITION) | ON(OP_ALTER_TYPE),
	 true, 0},
	{"pg_attribute", "attrelid", ANY, false, 0},
	{"pg_attrdef", "oid", ANY, false, 0},
	{"pg_index", "indexrelid", ANY, false, 0},
	{"pg_depend", "objid", ANY, false, 0},
	{"pg_shdepend", "objid", ANY, false, 0},
	{"pg_constraint", "oid",
	 ON(OP_ADD_CONSTRAINT) | ON(OP_CREATE_PARTITION) | ON(OP_ALTER_TYPE),
	 false, 0},
	{"pg_constraint", "oid",
	 ON(OP_ADD_COLUMN) | ON(OP_DROP_NOT_NULL) | ON(OP_CREATE_TABLE), false,
	 SERVER_VERSION_18},
	{"pg_trigger", "oid",
	 ON(OP_ADD_CONSTRAINT) | ON(OP_CREATE_PARTITION) | ON(OP_ALTER_TYPE),
	 false, 0},
	{"pg_description", "objoid", ON(OP_COMMENT) | ON(OP_ALTER_TYPE), false,
	 0},
	{"pg_inherits", "inhrelid", ON(OP_CREATE_PARTITION) | ON(OP_ALTER_TYPE),
	 false, 0},
	{"pg_statistic_ext", "oid", ON(OP_ALTER_TYPE), false, 0},
	{"pg_type", "oid", ON(OP_CREATE_PARTITION) | ON(OP_CREATE_TABLE), false,
	 0},
	{"pg_enum", "enumtypid", ON(OP_ADD_ENUM_VALUE), false, 0},
};

/* All that a heal or a trigger could write. Left out: pg_statistic
 * (autovacuum's), and what a plain role can't read. */
static const char *const catalogues[] = {
	"pg_aggregate",
	"pg_amop",
	"pg_amproc",
	"pg_attrdef",
	"pg_attribute",
	"pg_auth_members",
	"pg_cast",
	"pg_class",
	"pg_collation",
	"pg_constraint",
	"pg_conversion",
	"pg_database",
	"pg_db_role_setting",
	"pg_default_acl",
	"pg_depend",
	"pg_description",
	"pg_enum",
	"pg_event_trigger",
	"pg_extension",
	"pg_foreign_data_wrapper",
	"pg_foreign_server",
	"pg_foreign_table",
	"pg_index",
	"pg_inherits",
	"pg_language",
	"pg_largeobject_metadata",
	"pg_namespace",
	"pg_opclass",
	"pg_operator",
	"pg_opfamily",
	"pg_parameter_acl",
	"pg_partitioned_table",
	"pg_policy",
	"pg_proc",
	"pg_publication",
	"pg_publication_namespace",
	"pg_publication_rel",
	"pg_range",
	"pg_rewrite",
	"pg_seclabel",
	"pg_sequence",
	"pg_shdepend",
	"pg_shdescription",
	"pg_shseclabel",
	"pg_statistic_ext",
	"pg_tablespace",
	"pg_transform",
	"pg_trigger",
	"pg_ts_config",
	"pg_ts_config_map",
	"pg_ts_dict",
	"pg_type",
};

/*
 * Sub-transactions (an EXCEPTION block in a trigger) have transaction ids of
 * their own, so a row is ours when it is visible and its writer is still in
 * progress: nobody sees another's uncommitted rows.
 */
static const char own[] =
	"WITH own AS ("
	"    SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"
	"           ::pg_catalog.int8 AS top,"
	"           pg_catalog.pg_current_xact_id()::pg_catalog.xid AS xid,"
	"           $1::pg_catalog.oid[] AS oids,"
	"           $2::pg_catalog.oid[] AS neighbours"
	"), written AS (";

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

/* The conditions under which a row of the catalogue was planned. */
static void
write_planned(FILE *stream, const char *catalogue, unsigned operations,
	      int version)
{
	fputs(" AND NOT (false", stream);
	for (size_t i = 0; i < array_size(planned); i++)
		if (strcmp(planned[i].catalogue, catalogue) == 0 &&
		    planned[i].since <= version &&
		    (planned[i].operations == ANY ||
		     (planned[i].operations & operations) != 0))
			fprintf(stream, " OR x.%s = ANY (own.%s)",
				planned[i].column,
				planned[i].of_neighbours ? "neighbours"
							 : "oids");
	fputc(')', stream);
}

char *
written_query(unsigned operations, int version)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputs(own, stream);
	for (size_t i = 0; i < array_size(catalogues); i++) {
		const char *name = catalogues[i];

		if (!server_version_has(version, name))
			continue;
		fprintf(stream,
			"%s SELECT '%s' AS catalogue,"
			" pg_catalog.count(*) AS rows"
			" FROM pg_catalog.%s x, own"
			" WHERE pg_catalog.age(x.xmin) <="
			" pg_catalog.age(own.xid)"
			" AND pg_catalog.pg_xact_status((own.top"
			" - (pg_catalog.age(x.xmin)"
			" - pg_catalog.age(own.xid)))::pg_catalog.text"
			"::pg_catalog.xid8) = 'in progress'",
			separator, name, name);
		write_planned(stream, name, operations, version);
		separator = " UNION ALL";
	}
	fputs(") SELECT w.catalogue, w.rows FROM written w WHERE w.rows > 0"
	      " ORDER BY 1",
	      stream);
	fclose(stream);
	return text;
}

static unsigned
operations_of(const struct comparison *comparison)
{
	unsigned operations = 0;

	for (int s = 0; s < comparison->statement_count; s++)
		for (int a = 0; a < comparison->statements[s]->count; a++)
			operations |= ON(comparison->statements[s]
						 ->actions[a]
						 .operation);
	return operations;
}

/* An array literal of what belonged to the table before, and does now. */
static char *
oids_of(const struct comparison *comparison, bool neighbours)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputc('{', stream);
	holdings_write(stream, comparison->held_before, neighbours, true);
	fflush(stream);
	holdings_write(stream, comparison->held_after, neighbours, size == 1);
	fputc('}', stream);
	fclose(stream);
	return text;
}

static int
check_rows(struct database *database, const struct comparison *comparison,
	   const char *const *oids, struct error *err)
{
	auto_free char *sql = written_query(operations_of(comparison),
					    database_server_version(database));
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 2, oids, &rows, err) < 0)
		return fail_in(err, "account for what was written");
	if (rows_count(rows) == 0)
		return 0;
	return fail_difference(err,
			       "the transaction also wrote what wasn't "
			       "planned: %s (%s rows)",
			       rows_text(rows, 0, 0), rows_text(rows, 0, 1));
}

/* What nobody else has ever seen was this transaction's own. */
static int
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
static int
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

int
check_written(struct database *database, const struct comparison *comparison,
	      struct error *err)
{
	auto_free char *own_oids = oids_of(comparison, false);
	auto_free char *neighbour_oids = oids_of(comparison, true);
	const char *oids[] = {own_oids, neighbour_oids};

	if (check_rows(database, comparison, oids, err) < 0 ||
	    check_neighbours(database, comparison, neighbour_oids, err) < 0)
		return -1;
	return check_locked(database, comparison, oids, err);
}
