/* Which table a name means. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/database.h"

/* What a failed statement's target can mean: the name as written, and the
 * path along which an unqualified one is looked up. */
static const char resolve_qualified[] =
	"SELECT c.oid, n.nspname, c.relkind"
	"  FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND c.relname = $2";

/* Every schema of the path counts, not only the first: a name that two of
 * them hold is ambiguous, since nobody knows whose path the pipeline had. */
static const char resolve_unqualified[] =
	"SELECT c.oid, n.nspname, c.relkind"
	"  FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'f', 'm')"
	"   AND n.nspname = ANY ($1::pg_catalog.text[])";

int
catalog_resolve(unsigned *ret_oid, char **ret_schema, struct database *database,
		const struct table_name *name, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *table = name->table;
	const char *where =
		name->schema != NULL ? name->schema : name->search_path;
	const char *parameters[] = {where, table};
	char kind;

	if (database_run(database,
			 name->schema != NULL ? resolve_qualified
					      : resolve_unqualified,
			 2, parameters, &rows, err) < 0)
		return fail_in(err, "find the table '%s'", table);
	if (rows_count(rows) == 0)
		return fail_as(err, EXIT_REFUSED, "no_such_table",
			       "there is no table '%s' in '%s'", table, where);
	if (rows_count(rows) > 1)
		return fail_as(err, EXIT_REFUSED, "ambiguous_target",
			       "'%s' is in more than one schema of '%s': "
			       "qualify it, or give error.schema",
			       table, where);
	kind = rows_text(rows, 0, 2)[0];
	if (kind != 'r' && kind != 'p')
		return fail_as(err, EXIT_REFUSED, "not_a_table",
			       "'%s.%s' is not an ordinary or partitioned "
			       "table (relkind %c)",
			       rows_text(rows, 0, 1), table, kind);
	*ret_oid = (unsigned)rows_number(rows, 0, 0);
	*ret_schema = xstrdup(rows_text(rows, 0, 1));
	return 0;
}

int
catalog_look_up(unsigned *ret_oid, struct database *database,
		const struct catalog *catalog, struct error *err)
{
	const struct table_name name = {
		.schema = catalog->schema,
		.table = catalog->table,
	};
	auto_free char *schema = NULL;
	struct error found = NO_ERROR;

	if (catalog_resolve(ret_oid, &schema, database, &name, &found) == 0)
		return 0;
	*ret_oid = 0;
	if (same_text(found.code, "no_such_table"))
		return 0;
	*err = found;
	return -1;
}

int
catalog_check_name(struct database *database, const struct catalog *catalog,
		   struct error *err)
{
	unsigned oid;

	if (catalog_look_up(&oid, database, catalog, err) < 0)
		return -1;
	if (oid == catalog->oid)
		return 0;
	if (oid == 0)
		return fail_as(err, EXIT_REFUSED, "no_such_table",
			       "there is no table '%s.%s' any more",
			       catalog->schema, catalog->table);
	return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
		       "'%s.%s' is another table now", catalog->schema,
		       catalog->table);
}
