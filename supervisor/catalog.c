#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/catalog_query.h"
#include "supervisor/database.h"

#include "columns_sql.h"
#include "facts_sql.h"
#include "tree_sql.h"

/* Columns of tree.sql, in its order. */
enum tree_column { TREE_OIDS, TREE_KINDS, TREE_ENUM };

/* Columns of facts.sql, in its order. */
enum facts_column {
	FACTS_SCHEMA,
	FACTS_TABLE,
	FACTS_OWNER,
	FACTS_KIND,
	FACTS_IS_PARTITION,
	FACTS_COLUMNS_USED,
	FACTS_ROWS,
	FACTS_SIZE,
	FACTS_PUBLICATIONS,
	FACTS_SUBSCRIBED,
	FACTS_VIEWS,
	FACTS_TRIGGERS,
	FACTS_FK_IN,
	FACTS_RLS,
	FACTS_DATABASE,
	FACTS_IN_RECOVERY,
	FACTS_ROLE,
	FACTS_RELATIONS,
	FACTS_LOADER_MAY_INSERT,
	FACTS_DEFAULT_PARTITION,
	FACTS_REPLICA_LAG
};

/* Which fact each of them gives; the rest is read one by one. */
static const struct {
	enum facts_column column;
	enum fact fact;
} number_facts[] =
	{
		{FACTS_COLUMNS_USED, FACT_TABLE_COLUMNS_USED},
		{FACTS_ROWS, FACT_TABLE_ROWS},
		{FACTS_SIZE, FACT_TABLE_SIZE},
		{FACTS_VIEWS, FACT_TABLE_VIEWS},
		{FACTS_TRIGGERS, FACT_TABLE_TRIGGERS},
		{FACTS_FK_IN, FACT_TABLE_FK_IN},
		{FACTS_REPLICA_LAG, FACT_DB_REPLICA_LAG},
},
  truth_facts[] = {
	  {FACTS_IS_PARTITION, FACT_TABLE_IS_PARTITION},
	  {FACTS_SUBSCRIBED, FACT_TABLE_SUBSCRIBED},
	  {FACTS_RLS, FACT_TABLE_RLS},
	  {FACTS_IN_RECOVERY, FACT_DB_IN_RECOVERY},
};

static void
read_facts(struct catalog *catalog, const struct rows *rows)
{
	struct facts *facts = &catalog->facts;
	const char *publications = rows_text(rows, 0, FACTS_PUBLICATIONS);

	for (size_t i = 0; i < array_size(number_facts); i++) {
		int column = (int)number_facts[i].column;

		if (rows_text(rows, 0, column) != NULL)
			facts_set_number(facts, number_facts[i].fact,
					 rows_number(rows, 0, column));
	}
	for (size_t i = 0; i < array_size(truth_facts); i++)
		facts_set_number(
			facts, truth_facts[i].fact,
			rows_is_true(rows, 0, (int)truth_facts[i].column));

	facts_set_number(facts, FACT_TABLE_PARTITIONED, catalog->kind == 'p');
	facts_set_number(facts, FACT_TABLE_PUBLISHED, publications != NULL);
	facts_set_text(facts, FACT_TABLE_PUBLICATIONS,
		       xstrdup(publications == NULL ? "" : publications));
	facts_set_text(facts, FACT_TABLE_OWNER, xstrdup(catalog->owner));
	facts_set_text(facts, FACT_DB_NAME,
		       xstrdup(rows_text(rows, 0, FACTS_DATABASE)));
	facts_set_text(facts, FACT_DB_ROLE,
		       xstrdup(rows_text(rows, 0, FACTS_ROLE)));
}

static int
fail_dropped(struct error *err)
{
	return fail_as(err, EXIT_REFUSED, "no_such_table",
		       "the table was dropped meanwhile");
}

/* What the other queries are about; the caller frees ret_kinds. Named one by
 * one, the server plans for as many relations as there are. */
static int
read_tree(struct catalog *catalog, char **ret_kinds, struct database *database,
	  struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *oid = xprintf("%u", catalog->oid);
	const char *parameter = oid;

	if (database_run(database, tree_sql, 1, &parameter, &rows, err) < 0)
		return -1;
	if (rows_count(rows) == 0)
		return fail_dropped(err);
	catalog->tree = xstrdup(rows_text(rows, 0, TREE_OIDS));
	*ret_kinds = xstrdup(rows_text(rows, 0, TREE_KINDS));
	if (rows_text(rows, 0, TREE_ENUM) == NULL)
		return 0;
	catalog->enum_count = rows_count(rows);
	catalog->enums = xcalloc((size_t)rows_count(rows), sizeof(char *));
	for (int i = 0; i < rows_count(rows); i++)
		catalog->enums[i] = xstrdup(rows_text(rows, i, TREE_ENUM));
	return 0;
}

static int
read_table(struct catalog *catalog, struct database *database,
	   const char *kinds, const char *role, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = catalog_query(
		facts_sql, database_server_version(database), kinds);
	const char *parameters[] = {catalog->tree, role};

	if (database_run(database, sql, 2, parameters, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1)
		return fail_dropped(err);
	catalog->schema = xstrdup(rows_text(rows, 0, FACTS_SCHEMA));
	catalog->table = xstrdup(rows_text(rows, 0, FACTS_TABLE));
	catalog->owner = xstrdup(rows_text(rows, 0, FACTS_OWNER));
	catalog->kind = rows_text(rows, 0, FACTS_KIND)[0];
	catalog->relation_count = (int)rows_number(rows, 0, FACTS_RELATIONS);
	catalog->loader_may_insert =
		rows_is_true(rows, 0, FACTS_LOADER_MAY_INSERT);
	catalog->has_default_partition =
		rows_is_true(rows, 0, FACTS_DEFAULT_PARTITION);
	read_facts(catalog, rows);
	return 0;
}

static int
read_columns(struct catalog *catalog, struct database *database,
	     const char *kinds, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = catalog_query(
		columns_sql, database_server_version(database), kinds);
	const char *parameter = catalog->tree;

	if (database_run(database, sql, 1, &parameter, &rows, err) < 0)
		return -1;
	catalog->column_count = rows_count(rows);
	facts_set_number(&catalog->facts, FACT_TABLE_COLUMNS,
			 catalog->column_count);
	catalog->columns = xcalloc((size_t)catalog->column_count,
				   sizeof(*catalog->columns));
	for (int i = 0; i < catalog->column_count; i++) {
		struct column *column = &catalog->columns[i];

		column->name = xstrdup(rows_text(rows, i, 0));
		column->type = xstrdup(rows_text(rows, i, 1));
		column->qualified_type = xstrdup(rows_text(rows, i, 2));
		column->time_oid = (unsigned)rows_number(rows, i, 3);
		column->is_array = rows_is_true(rows, i, 4);
		column->not_null = rows_is_true(rows, i, 5);
		column->has_default = rows_is_true(rows, i, 6);
		column->is_generated = rows_is_true(rows, i, 7);
		column->is_indexed = rows_is_true(rows, i, 8);
		column->in_key = rows_is_true(rows, i, 9);
		column->is_checked = rows_is_true(rows, i, 10);
		column->collation = xstrdup(rows_text(rows, i, 11));
		column->views = (int)rows_number(rows, i, 12);
		column->planted_casts = xstrdup(rows_text(rows, i, 13));
	}
	return 0;
}

int
catalog_read(struct catalog **ret_catalog, struct database *database,
	     unsigned oid, const char *role, struct error *err)
{
	auto_catalog struct catalog *catalog = xcalloc(1, sizeof(*catalog));
	auto_free char *kinds = NULL;

	catalog->oid = oid;
	if (read_tree(catalog, &kinds, database, err) < 0 ||
	    read_table(catalog, database, kinds, role, err) < 0 ||
	    read_columns(catalog, database, kinds, err) < 0 ||
	    snapshot_read_kinds(&catalog->snapshot, database, catalog->tree,
				kinds, err) < 0)
		return fail_in(err, "read the catalogue");
	snapshot_hash(catalog->hash, &catalog->snapshot);
	*ret_catalog = take(catalog);
	return 0;
}

void
catalog_free(struct catalog *catalog)
{
	static const enum fact owned[] = {FACT_TABLE_PUBLICATIONS,
					  FACT_TABLE_OWNER, FACT_DB_NAME,
					  FACT_DB_ROLE};

	if (catalog == NULL)
		return;
	for (int i = 0; i < catalog->column_count; i++) {
		free(catalog->columns[i].name);
		free(catalog->columns[i].type);
		free(catalog->columns[i].qualified_type);
		free(catalog->columns[i].collation);
		free(catalog->columns[i].planted_casts);
	}
	for (int i = 0; i < catalog->enum_count; i++)
		free(catalog->enums[i]);
	for (size_t i = 0; i < array_size(owned); i++)
		free((char *)catalog->facts.of[owned[i]].text);
	free(catalog->columns);
	free(catalog->enums);
	snapshot_free(&catalog->snapshot);
	free(catalog->schema);
	free(catalog->table);
	free(catalog->owner);
	free(catalog->tree);
	absence_free(catalog->absence);
	free(catalog);
}

void
catalog_cleanup(struct catalog **catalog)
{
	catalog_free(*catalog);
}

const struct column *
catalog_column(const struct catalog *catalog, const char *name)
{
	for (int i = 0; i < catalog->column_count; i++)
		if (strcmp(catalog->columns[i].name, name) == 0)
			return &catalog->columns[i];
	return NULL;
}

bool
catalog_has_enum(const struct catalog *catalog, const char *schema,
		 const char *name)
{
	if (!same_text(schema, catalog->schema))
		return false;
	for (int i = 0; i < catalog->enum_count; i++)
		if (strcmp(catalog->enums[i], name) == 0)
			return true;
	return false;
}
