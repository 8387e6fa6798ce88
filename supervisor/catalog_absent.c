#include "pgmend.h"

#include "policy/digest.h"
#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/database.h"
#include "supervisor/server_version.h"

#include "absent_sql.h"

/* Columns of absent.sql, in its order. */
enum absent_column {
	ABSENT_SCHEMA,
	ABSENT_OWNER,
	ABSENT_MAY_CREATE,
	ABSENT_GRANTS,
	ABSENT_TWIN,
	ABSENT_PUBLICATIONS,
	ABSENT_DATABASE,
	ABSENT_IN_RECOVERY,
	ABSENT_ROLE,
	ABSENT_REPLICA_LAG,
	ABSENT_STATE,
	ABSENT_COLUMNS
};

void
absence_free(struct absence *absence)
{
	if (absence == NULL)
		return;
	free(absence->grants);
	free(absence->twin);
	free(absence->siblings);
	free(absence);
}

/* --- Facts ---------------------------------------------------------------- */

/* Of a table without rows, columns, or anything that hangs on it. */
static const enum fact none_of[] = {
	FACT_TABLE_ROWS,	 FACT_TABLE_SIZE,	  FACT_TABLE_COLUMNS,
	FACT_TABLE_COLUMNS_USED, FACT_TABLE_VIEWS,	  FACT_TABLE_TRIGGERS,
	FACT_TABLE_FK_IN,	 FACT_TABLE_RLS,	  FACT_TABLE_SUBSCRIBED,
	FACT_TABLE_PARTITIONED,	 FACT_TABLE_IS_PARTITION,
};

static void
set_facts(struct catalog *catalog, const struct rows *rows)
{
	struct facts *facts = &catalog->facts;
	const char *publications = rows_text(rows, 0, ABSENT_PUBLICATIONS);

	for (size_t i = 0; i < array_size(none_of); i++)
		facts_set_number(facts, none_of[i], 0);
	facts_set_number(facts, FACT_TABLE_PUBLISHED, publications != NULL);
	facts_set_text(facts, FACT_TABLE_PUBLICATIONS,
		       xstrdup(publications == NULL ? "" : publications));
	facts_set_text(facts, FACT_TABLE_OWNER, xstrdup(catalog->owner));
	facts_set_text(facts, FACT_DB_NAME,
		       xstrdup(rows_text(rows, 0, ABSENT_DATABASE)));
	facts_set_text(facts, FACT_DB_ROLE,
		       xstrdup(rows_text(rows, 0, ABSENT_ROLE)));
	facts_set_number(facts, FACT_DB_IN_RECOVERY,
			 rows_is_true(rows, 0, ABSENT_IN_RECOVERY));
	if (rows_text(rows, 0, ABSENT_REPLICA_LAG) != NULL)
		facts_set_number(facts, FACT_DB_REPLICA_LAG,
				 rows_number(rows, 0, ABSENT_REPLICA_LAG));
}

/* The catalogue's state is all that the row says but how it does just now. */
static void
hash_row(char ret_hash[65], const struct rows *rows)
{
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	for (int i = 0; i < ABSENT_COLUMNS; i++)
		if (i != ABSENT_REPLICA_LAG)
			fprintf(stream, "%s\n",
				rows_text(rows, 0, i) == NULL
					? ""
					: rows_text(rows, 0, i));
	fclose(stream);
	digest = digest_of(text, size);
	digest_hex(ret_hash, &digest);
}

/* --- Reading -------------------------------------------------------------- */

static struct catalog *
catalog_of_row(const struct rows *rows, const char *table, const char *siblings)
{
	struct catalog *catalog = xcalloc(1, sizeof(*catalog));
	struct absence *absence = xcalloc(1, sizeof(*absence));

	catalog->schema = xstrdup(rows_text(rows, 0, ABSENT_SCHEMA));
	catalog->table = xstrdup(table);
	catalog->owner = xstrdup(rows_text(rows, 0, ABSENT_OWNER));
	catalog->kind = 'r';
	catalog->tree = xstrdup("{}");
	absence->may_create = rows_is_true(rows, 0, ABSENT_MAY_CREATE);
	absence->grants = xstrdup(rows_text(rows, 0, ABSENT_GRANTS));
	absence->twin = xstrdup(rows_text(rows, 0, ABSENT_TWIN));
	absence->siblings = xstrdup(siblings);
	catalog->absence = absence;
	catalog->loader_may_insert = absence->grants == NULL;
	set_facts(catalog, rows);
	hash_row(catalog->hash, rows);
	return catalog;
}

static int
read_row(struct rows **ret_rows, struct database *database,
	 const struct table_name *name, const struct absent_reader *reader,
	 struct error *err)
{
	auto_free char *sql = server_version_query(
		absent_sql, database_server_version(database));
	auto_rows struct rows *only = NULL;
	const char *parameters[] = {name->search_path, name->table,
				    reader->role, reader->siblings};

	if (name->schema != NULL) {
		if (database_run(database, "SELECT ARRAY[$1::pg_catalog.text]",
				 1, &name->schema, &only, err) < 0)
			return -1;
		parameters[0] = rows_text(only, 0, 0);
	}
	return database_run(database, sql, 4, parameters, ret_rows, err);
}

static int
check_row(const struct rows *rows, const struct table_name *name,
	  struct error *err)
{
	bool is_there = rows_count(rows) > 0;

	if (name->schema != NULL && !is_there)
		return fail_as(err, EXIT_REFUSED, "no_such_table",
			       "there is no schema '%s' for the table '%s'",
			       name->schema, name->table);
	if (name->schema == NULL &&
	    (!is_there || !rows_is_true(rows, 0, ABSENT_MAY_CREATE)))
		return fail_as(err, EXIT_REFUSED, "ambiguous_target",
			       "there is no table '%s', and no schema of '%s' "
			       "in which it could be made: qualify it, or give "
			       "error.schema",
			       name->table, name->search_path);
	return 0;
}

/* An index or a sequence of that name is no table, and in the way of one. */
static int
check_free(struct database *database, const struct catalog *catalog,
	   struct error *err)
{
	unsigned oid;

	if (catalog_look_up(&oid, database, catalog, err) < 0)
		return -1;
	return oid == 0 ? 0
			: fail_as(err, EXIT_TEMPFAIL, "facts_changed",
				  "'%s.%s' is there now", catalog->schema,
				  catalog->table);
}

int
catalog_read_absent(struct catalog **ret_catalog, struct database *database,
		    const struct table_name *name,
		    const struct absent_reader *reader, struct error *err)
{
	auto_catalog struct catalog *catalog = NULL;
	auto_rows struct rows *rows = NULL;

	if (read_row(&rows, database, name, reader, err) < 0)
		return fail_in(err, "look for a place for '%s'", name->table);
	if (check_row(rows, name, err) < 0)
		return -1;
	catalog = catalog_of_row(rows, name->table, reader->siblings);
	/* Roles are in the snapshot, so that a grant in the middle shows. */
	if (snapshot_read(&catalog->snapshot, database, catalog->tree, err) <
		    0 ||
	    check_free(database, catalog, err) < 0)
		return -1;
	*ret_catalog = take(catalog);
	return 0;
}

int
catalog_read_again(struct catalog **ret_catalog, struct database *database,
		   const struct catalog *known, const char *role,
		   struct error *err)
{
	const struct table_name name = {
		.schema = known->schema,
		.table = known->table,
	};
	struct absent_reader reader = {.role = role};
	unsigned oid = known->oid;

	if (oid == 0 && catalog_look_up(&oid, database, known, err) < 0)
		return -1;
	if (oid != 0)
		return catalog_read(ret_catalog, database, oid, role, err);
	reader.siblings = known->absence->siblings;
	return catalog_read_absent(ret_catalog, database, &name, &reader, err);
}

/* --- The floor's part ----------------------------------------------------- */

bool
absence_suits(const struct statement *statement, const struct catalog *catalog,
	      struct refusal *refusal)
{
	if (catalog->absence == NULL)
		return true;
	for (int i = 0; i < statement->count; i++)
		if (statement->actions[i].operation != OP_CREATE_TABLE)
			return refuse(refusal, "F13",
				      "there is no table %.63s.%.63s: it can "
				      "be made, and nothing else",
				      catalog->schema, catalog->table);
	if (catalog->absence->twin == NULL)
		return true;
	return refuse(refusal, "F11",
		      "'%.63s' differs from the existing '%.63s' only in case",
		      catalog->table, catalog->absence->twin);
}
