/* What a new table must be: its columns in their order, the owner's, and no
 * more. */
#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

/* --- Any new table of the owner's ----------------------------------------- */

/* What the owner lets others do with any table that he makes there. */
static const char default_rights[] =
	"WITH made AS ("
	"    SELECT c.relowner, c.relnamespace, c.relacl,"
	"           pg_catalog.acldefault('r', c.relowner) AS initial"
	"      FROM pg_catalog.pg_class c"
	"     WHERE c.oid = $1::pg_catalog.regclass"
	"), has AS ("
	"    SELECT e.* FROM made m, pg_catalog.aclexplode("
	"           COALESCE(m.relacl, m.initial)) e"
	"), planned AS ("
	"    SELECT e.* FROM made m LEFT JOIN pg_catalog.pg_default_acl d"
	"        ON d.defaclrole = m.relowner AND d.defaclnamespace = 0"
	"       AND d.defaclobjtype = 'r', pg_catalog.aclexplode("
	"           COALESCE(d.defaclacl, m.initial)) e"
	"     UNION"
	"    SELECT e.* FROM made m JOIN pg_catalog.pg_default_acl d"
	"        ON d.defaclrole = m.relowner"
	"       AND d.defaclnamespace = m.relnamespace"
	"       AND d.defaclobjtype = 'r',"
	"           pg_catalog.aclexplode(d.defaclacl) e"
	")"
	"SELECT NOT EXISTS (TABLE has EXCEPT TABLE planned)"
	"   AND NOT EXISTS (TABLE planned EXCEPT TABLE has)";

/* Rights other than those stay unexpected, and so a difference. */
static int
expect_rights(struct expectations *expectations, const char *relation,
	      struct error *err)
{
	const struct snapshot *after =
		&expectations->comparison->after->snapshot;
	auto_free char *object = xprintf("relation %s", relation);
	auto_rows struct rows *rows = NULL;

	if (snapshot_find(after, object) < 0)
		return fail_difference(err, "the %s isn't there", object);
	if (database_run(expectations->database, default_rights, 1, &relation,
			 &rows, err) < 0)
		return fail_in(err, "compare the new table's rights");
	if (rows_is_true(rows, 0, 0))
		expect(expectations, EXPECT_IS, object, "acl",
		       snapshot_value(after, object, "acl"));
	return 0;
}

/* As the other connection has it set: this one's may have been changed. */
static int
expect_access_method(struct expectations *expectations, const char *object,
		     struct error *err)
{
	static const char sql[] =
		"SELECT a.oid FROM pg_catalog.pg_am a WHERE a.amname ="
		" pg_catalog.current_setting('default_table_access_method')";
	auto_rows struct rows *rows = NULL;

	if (database_run(expectations->comparison->witness, sql, 0, NULL, &rows,
			 err) < 0)
		return fail_in(err, "read the access method");
	expect(expectations, EXPECT_IS, object, "access_method",
	       rows_count(rows) == 0 ? NULL : rows_text(rows, 0, 0));
	return 0;
}

int
expect_relation(struct expectations *expectations, const char *relation,
		struct error *err)
{
	const struct catalog *before = expectations->comparison->before;
	auto_free char *object = xprintf("relation %s", relation);

	expect(expectations, EXPECT_IS, object, "kind", "r");
	expect(expectations, EXPECT_IS, object, "owner", before->owner);
	expect(expectations, EXPECT_IS, object, "replica_identity", "d");
	expect(expectations, EXPECT_IS, object, "persistence", "p");
	expect(expectations, EXPECT_IS, object, "tablespace", "0");
	if (expect_access_method(expectations, object, err) < 0)
		return -1;
	return expect_rights(expectations, relation, err);
}

/* --- CREATE TABLE --------------------------------------------------------- */

/* Their order is in no property; nor is a column that came and went. */
static int
check_columns(const struct catalog *after, const struct action *action,
	      struct error *err)
{
	const struct fact_value *used =
		&after->facts.of[FACT_TABLE_COLUMNS_USED];

	if (after->column_count != action->column_count ||
	    used->number != action->column_count)
		return fail_difference(
			err, "the new table has had %lld columns, not %d",
			(long long)used->number, action->column_count);
	for (int i = 0; i < action->column_count; i++)
		if (strcmp(after->columns[i].name, action->columns[i].column) !=
		    0)
			return fail_difference(
				err, "column %d of the new table is %s, not %s",
				i + 1, after->columns[i].name,
				action->columns[i].column);
	return 0;
}

int
expect_table(struct expectations *expectations, const struct action *action,
	     struct error *err)
{
	const struct comparison *comparison = expectations->comparison;
	auto_free char *relation = table_name_of(comparison);

	if (expect_relation(expectations, relation, err) < 0 ||
	    check_columns(comparison->after, action, err) < 0)
		return -1;
	for (int i = 0; i < action->column_count; i++)
		if (expect_new_column(expectations, relation,
				      &action->columns[i], err) < 0)
			return -1;
	return 0;
}
