/* Lists for planners and people, about the whole table. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/database.h"

/* The first column of all rows about the table. */
static int
list_texts(char ***ret_texts, int *ret_count, struct database *database,
	   const struct catalog *catalog, const char *sql, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	char oid[16];
	const char *parameter = oid;
	char **texts;

	snprintf(oid, sizeof(oid), "%u", catalog->oid);
	if (database_run(database, sql, 1, &parameter, &rows, err) < 0)
		return -1;
	texts = xcalloc((size_t)rows_count(rows), sizeof(*texts));
	for (int i = 0; i < rows_count(rows); i++)
		texts[i] = xstrdup(rows_text(rows, i, 0));
	*ret_texts = texts;
	*ret_count = rows_count(rows);
	return 0;
}

int
catalog_list_constraints(char ***ret_texts, int *ret_count,
			 struct database *database,
			 const struct catalog *catalog, struct error *err)
{
	static const char sql[] =
		"SELECT pg_catalog.quote_ident(k.conname) || ' '"
		"    || pg_catalog.pg_get_constraintdef(k.oid)"
		"  FROM pg_catalog.pg_constraint k"
		" WHERE k.conrelid = $1::pg_catalog.oid"
		/* NOT NULL is the column's own, though 18 has a row for it. */
		"   AND k.contype <> 'n' ORDER BY 1";

	return list_texts(ret_texts, ret_count, database, catalog, sql, err);
}

int
catalog_list_dependents(char ***ret_texts, int *ret_count,
			struct database *database,
			const struct catalog *catalog, struct error *err)
{
	static const char sql[] =
		"SELECT DISTINCT pg_catalog.pg_describe_object("
		"           d.classid, d.objid, d.objsubid)"
		"  FROM pg_catalog.pg_depend d"
		" WHERE d.refclassid = 'pg_catalog.pg_class'"
		"::pg_catalog.regclass"
		"   AND d.refobjid = $1::pg_catalog.oid ORDER BY 1";

	return list_texts(ret_texts, ret_count, database, catalog, sql, err);
}

int
catalog_list_blockers(char ***ret_texts, int *ret_count,
		      struct database *database, const struct catalog *catalog,
		      struct error *err)
{
	static const char sql[] =
		"SELECT DISTINCT pg_catalog.pg_describe_object("
		"           d.classid, d.objid, d.objsubid)"
		"  FROM pg_catalog.pg_depend d"
		" WHERE d.refclassid = 'pg_catalog.pg_class'"
		"::pg_catalog.regclass"
		"   AND (d.refobjid = $1::pg_catalog.oid OR d.refobjid IN ("
		"        SELECT t.relid FROM pg_catalog.pg_partition_tree("
		"               $1::pg_catalog.oid) t))"
		"   AND d.deptype = 'n'"
		"   AND d.classid IN ("
		"       'pg_catalog.pg_rewrite'::pg_catalog.regclass,"
		"       'pg_catalog.pg_policy'::pg_catalog.regclass,"
		"       'pg_catalog.pg_trigger'::pg_catalog.regclass,"
		"       'pg_catalog.pg_proc'::pg_catalog.regclass)"
		" ORDER BY 1";

	return list_texts(ret_texts, ret_count, database, catalog, sql, err);
}
