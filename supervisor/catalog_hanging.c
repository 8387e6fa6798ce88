/* Lists for people, by column. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/database.h"

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
