/* Which catalogue rows the transaction wrote. */
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
 * progress: nobody sees another's uncommitted rows. "given" tells the
 * parameters' types where no condition does.
 */
static const char own[] =
	"WITH own AS MATERIALIZED ("
	"    SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"
	"           ::pg_catalog.int8 AS top,"
	"           pg_catalog.age(pg_catalog.pg_current_xact_id()"
	"                          ::pg_catalog.xid) AS age"
	"), given AS ("
	"    SELECT $1::pg_catalog.oid[], $2::pg_catalog.oid[]"
	"), written AS (";

/* The conditions under which a row of the catalogue was planned. */
static void
write_planned(FILE *stream, const char *catalogue, unsigned operations,
	      int version)
{
	fputs("(false", stream);
	for (size_t i = 0; i < array_size(planned); i++)
		if (strcmp(planned[i].catalogue, catalogue) == 0 &&
		    planned[i].since <= version &&
		    (planned[i].operations == ANY ||
		     (planned[i].operations & operations) != 0))
			fprintf(stream,
				" OR x.%s = ANY ($%d::pg_catalog.oid[])",
				planned[i].column,
				planned[i].of_neighbours ? 2 : 1);
	fputc(')', stream);
}

/* Which catalogues are to be looked through, and for what. */
struct search {
	bool of[array_size(catalogues)];
	bool for_planned; /* else for what wasn't planned */
};

static char *
search_query(const struct search *search, unsigned operations, int version)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputs(own, stream);
	for (size_t i = 0; i < array_size(catalogues); i++) {
		const char *name = catalogues[i];

		if (!search->of[i] || !server_version_has(version, name))
			continue;
		fprintf(stream,
			"%s SELECT '%s' AS catalogue,"
			" pg_catalog.count(*) AS rows"
			" FROM pg_catalog.%s x, own"
			" WHERE pg_catalog.age(x.xmin) <= own.age"
			" AND pg_catalog.pg_xact_status((own.top"
			" - (pg_catalog.age(x.xmin) - own.age))"
			"::pg_catalog.text::pg_catalog.xid8) = 'in progress'"
			" AND %s",
			separator, name, name,
			search->for_planned ? "" : "NOT ");
		write_planned(stream, name, operations, version);
		separator = " UNION ALL";
	}
	fputs(") SELECT w.catalogue, w.rows FROM written w WHERE w.rows > 0"
	      " ORDER BY 1",
	      stream);
	fclose(stream);
	return text;
}

static struct search
search_all(void)
{
	struct search search = {.for_planned = false};

	for (size_t i = 0; i < array_size(catalogues); i++)
		search.of[i] = true;
	return search;
}

char *
written_query(unsigned operations, int version)
{
	struct search search = search_all();

	return search_query(&search, operations, version);
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

/* All catalogues but those in which nothing was written. */
static struct search
search_written(const struct comparison *comparison)
{
	struct search search = {.for_planned = false};

	for (size_t i = 0; i < array_size(catalogues); i++)
		search.of[i] = holdings_written(comparison->held_before,
						comparison->held_after,
						catalogues[i]) != 0;
	return search;
}

static bool
is_empty(const struct search *search)
{
	for (size_t i = 0; i < array_size(catalogues); i++)
		if (search->of[i])
			return false;
	return true;
}

/*
 * Where as many planned rows are there to be seen as were written at all,
 * nothing else was. More than were written: the count is wrong, and nothing is
 * concluded from any.
 */
static int
leave_out_accounted(struct search *search, struct database *database,
		    const struct comparison *comparison,
		    const char *const *oids, struct error *err)
{
	struct search planned_rows = *search;
	auto_free char *sql = NULL;
	auto_rows struct rows *rows = NULL;

	planned_rows.for_planned = true;
	sql = search_query(&planned_rows, operations_of(comparison),
			   database_server_version(database));
	if (database_run(database, sql, 2, oids, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows_count(rows); i++) {
		const char *name = rows_text(rows, i, 0);
		int64_t seen = rows_number(rows, i, 1);
		int64_t written = holdings_written(
			comparison->held_before, comparison->held_after, name);

		if (seen > written) {
			*search = search_all();
			return 0;
		}
		for (size_t c = 0; c < array_size(catalogues); c++)
			if (strcmp(catalogues[c], name) == 0)
				search->of[c] = seen < written;
	}
	return 0;
}

/* All are counted, or none is. */
static bool
is_counted(const struct comparison *comparison)
{
	return holdings_written(comparison->held_before, comparison->held_after,
				"pg_class") >= 0;
}

static int
check_rows(struct database *database, const struct comparison *comparison,
	   const char *const *oids, struct error *err)
{
	struct search search = search_written(comparison);
	auto_free char *sql = NULL;
	auto_rows struct rows *rows = NULL;

	if (is_empty(&search))
		return 0;
	if (is_counted(comparison) &&
	    leave_out_accounted(&search, database, comparison, oids, err) < 0)
		return fail_in(err, "account for what was written");
	if (is_empty(&search))
		return 0;
	sql = search_query(&search, operations_of(comparison),
			   database_server_version(database));
	if (database_run(database, sql, 2, oids, &rows, err) < 0)
		return fail_in(err, "account for what was written");
	if (rows_count(rows) == 0)
		return 0;
	return fail_difference(err,
			       "the transaction also wrote what wasn't "
			       "planned: %s (%s rows)",
			       rows_text(rows, 0, 0), rows_text(rows, 0, 1));
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
