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
catalog_check_name(struct database *database, const struct catalog *catalog,
		   struct error *err)
{
	const struct table_name name = {
		.schema = catalog->schema,
		.table = catalog->table,
	};
	auto_free char *schema = NULL;
	unsigned oid;

	if (catalog_resolve(&oid, &schema, database, &name, err) < 0)
		return -1;
	if (oid == catalog->oid)
		return 0;
	return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
		       "'%s.%s' is another table now", catalog->schema,
		       catalog->table);
}

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

/* --- By column ------------------------------------------------------------ */

/* Of the table and its partitions ($1). A column's own default doesn't hang on
 * it; what hangs on the table are the blockers of any column. */
static const char hanging[] =
	"SELECT pg_catalog.pg_describe_object("
	"           h.classid, h.objid, h.objsubid), h.attname"
	"  FROM (SELECT d.classid, d.objid, d.objsubid, a.attname"
	"          FROM pg_catalog.pg_depend d"
	"          JOIN pg_catalog.pg_attribute a"
	"            ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
	"          LEFT JOIN pg_catalog.pg_attrdef f"
	"            ON d.classid = 'pg_catalog.pg_attrdef'"
	"::pg_catalog.regclass AND f.oid = d.objid"
	"         WHERE d.refclassid = 'pg_catalog.pg_class'"
	"::pg_catalog.regclass"
	"           AND d.refobjid = ANY ($1::pg_catalog.oid[])"
	"           AND d.refobjsubid > 0"
	"           AND (f.adnum IS NULL OR f.adnum <> d.refobjsubid)"
	"         UNION"
	"        SELECT d.classid, d.objid, d.objsubid, NULL"
	"          FROM pg_catalog.pg_depend d"
	"         WHERE d.refclassid = 'pg_catalog.pg_class'"
	"::pg_catalog.regclass"
	"           AND d.refobjid = ANY ($1::pg_catalog.oid[])"
	"           AND d.deptype = 'n' AND d.classid IN ("
	"               'pg_catalog.pg_rewrite'::pg_catalog.regclass,"
	"               'pg_catalog.pg_policy'::pg_catalog.regclass,"
	"               'pg_catalog.pg_trigger'::pg_catalog.regclass,"
	"               'pg_catalog.pg_proc'::pg_catalog.regclass)) h"
	" ORDER BY 2, 1";

/* The owner's own go without saying. */
static const char rights[] =
	"SELECT r.role || ' ' || pg_catalog.string_agg("
	"           pg_catalog.lower(r.privilege), ', ' ORDER BY r.privilege),"
	"       r.attname"
	"  FROM (SELECT CASE WHEN x.grantee = 0 THEN 'everybody'"
	"                    ELSE pg_catalog.pg_get_userbyid(x.grantee)"
	"                         ::pg_catalog.text END AS role,"
	"               x.privilege_type AS privilege, g.attname"
	"          FROM pg_catalog.pg_class c"
	"         CROSS JOIN LATERAL ("
	"               SELECT c.relacl AS acl, NULL::pg_catalog.name AS "
	"attname"
	"                UNION ALL"
	"               SELECT a.attacl, a.attname"
	"                 FROM pg_catalog.pg_attribute a"
	"                WHERE a.attrelid = c.oid AND a.attnum > 0"
	"                  AND NOT a.attisdropped) g"
	"         CROSS JOIN LATERAL pg_catalog.aclexplode(g.acl) x"
	"         WHERE c.oid = ($1::pg_catalog.oid[])[1]"
	"           AND x.grantee <> c.relowner) r"
	" GROUP BY r.role, r.attname ORDER BY 2, 1";

static int
list_by_column(struct column_texts *ret_texts, struct database *database,
	       const struct catalog *catalog, const char *sql,
	       struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameter = catalog->tree;
	struct column_texts texts;

	if (database_run(database, sql, 1, &parameter, &rows, err) < 0)
		return -1;
	texts.count = rows_count(rows);
	texts.items = xcalloc((size_t)texts.count, sizeof(*texts.items));
	for (int i = 0; i < texts.count; i++) {
		texts.items[i].text = xstrdup(rows_text(rows, i, 0));
		texts.items[i].column = xstrdup(rows_text(rows, i, 1));
	}
	*ret_texts = texts;
	return 0;
}

int
catalog_list_hanging(struct column_texts *ret_texts, struct database *database,
		     const struct catalog *catalog, struct error *err)
{
	return list_by_column(ret_texts, database, catalog, hanging, err);
}

int
catalog_list_rights(struct column_texts *ret_texts, struct database *database,
		    const struct catalog *catalog, struct error *err)
{
	return list_by_column(ret_texts, database, catalog, rights, err);
}

void
column_texts_free(struct column_texts *texts)
{
	for (int i = 0; i < texts->count; i++) {
		free(texts->items[i].text);
		free(texts->items[i].column);
	}
	free(texts->items);
	*texts = (struct column_texts){.items = NULL};
}
