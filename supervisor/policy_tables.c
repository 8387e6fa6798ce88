#include "pgmend.h"
#include "supervisor/database.h"
#include "supervisor/policy_tables.h"

/* Whatever a rule may be about; system schemas are the floor's business. */
static const char query[] =
	"SELECT n.nspname, c.relname,"
	" pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI')"
	" FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_'"
	" AND n.nspname <> 'information_schema' ORDER BY 1, 2";

int
policy_tables_read(struct policy_tables *ret_tables, const char *conninfo,
		   struct error *err)
{
	auto_database struct database *database = NULL;
	struct policy_tables tables = {.rows = NULL};
	struct lint_table *all;
	int count;

	if (database_open(&database, conninfo, "pgmend check", err) < 0 ||
	    database_run(database, query, 0, NULL, &tables.rows, err) < 0)
		return fail_in(err, "tables");
	count = rows_count(tables.rows);
	all = xcalloc((size_t)count, sizeof(*all));
	for (int i = 0; i < count; i++)
		all[i] = (struct lint_table){rows_text(tables.rows, i, 0),
					     rows_text(tables.rows, i, 1)};
	snprintf(tables.read_at, sizeof(tables.read_at), "%s",
		 count == 0 ? "an empty database"
			    : rows_text(tables.rows, 0, 2));
	tables.tables = (struct lint_tables){.of = all, .count = count};
	*ret_tables = tables;
	return 0;
}

void
policy_tables_release(struct policy_tables *tables)
{
	/* They were made here. */
	free((void *)(uintptr_t)tables->tables.of);
	rows_free(tables->rows);
}
