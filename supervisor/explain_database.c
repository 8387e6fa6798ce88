#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/explain.h"
#include "supervisor/explain_database.h"
#include "supervisor/explain_effects.h"
#include "supervisor/hazard.h"
#include "supervisor/loader.h"
#include "supervisor/plan.h"

struct explain_database {
	struct catalog *catalog; /* NULL: the table isn't there */
	bool is_enum;		 /* then it is an enum type */
	struct hazards hazards;
	struct surroundings surroundings; /* owned */
	char missing[200];		  /* why it isn't */
	char *twin; /* then: what differs from its name only in case */
};

static void
collect(struct facts *facts, const struct statement *statement, int action,
	const void *context)
{
	const struct explain_database *database = context;

	if (database->catalog == NULL && action >= 0)
		statement_foretell(facts, statement, action);
	else if (database->catalog != NULL)
		*facts = action < 0 ? database->catalog->facts
				    : catalog_facts(database->catalog,
						    statement, action);
}

/* Without a table: a new label of an enum, or a new table, whose types can be
 * no enums of its owner's yet. */
static bool
check_without_table(const struct explain_database *database,
		    const struct statement *statement, struct refusal *refusal)
{
	const struct action *first =
		statement == NULL ? NULL : &statement->actions[0];

	if (first == NULL ||
	    (first->operation != OP_CREATE_TABLE &&
	     (first->operation != OP_ADD_ENUM_VALUE || !database->is_enum)))
		return refuse(refusal, "F13", "%s", database->missing);
	if (first->operation == OP_CREATE_TABLE && database->twin != NULL)
		return refuse(refusal, "F11",
			      "'%s' differs from the existing '%s' only in "
			      "case",
			      first->table, database->twin);
	for (int i = 0; i < first->column_count; i++)
		if (!same_text(first->columns[i].type.schema, "pg_catalog"))
			return refuse(refusal, "F10",
				      "the type '%.63s.%.63s' is not "
				      "pg_catalog's",
				      first->columns[i].type.schema,
				      first->columns[i].type.name);
	return true;
}

static bool
check(const struct statement *statement, struct refusal *refusal,
      const void *context)
{
	const struct explain_database *database = context;

	if (database->catalog == NULL)
		return check_without_table(database, statement, refusal);
	if (database->hazards.sentences[HAZARD_FOREIGN] != NULL)
		return refuse(refusal, "F19", "%s",
			      database->hazards.sentences[HAZARD_FOREIGN]);
	return statement == NULL ||
	       plan_suits_catalog(statement, database->catalog, refusal);
}

static void
warn(struct verdict *total, const struct statement *statement,
     const void *context)
{
	const struct explain_database *database = context;
	char *const *hazards = database->hazards.sentences;

	if (statement == NULL) {
		verdict_escalate(total, "F19", hazards[HAZARD_CODE]);
	} else {
		hazards_warn(total, &database->hazards, statement);
	}
	if (statement != NULL && database->catalog != NULL)
		verdict_escalate(total, "side-effect",
				 plan_warning(statement, database->catalog));
}

static char *
describe(const struct statement *statement, int action, const void *context)
{
	const struct explain_database *database = context;

	return database->catalog == NULL
		       ? NULL
		       : effects_text(statement, action, database->catalog,
				      &database->surroundings);
}

static void
detail(struct document *document, const struct statement *statement, int action,
       const void *context)
{
	const struct explain_database *database = context;

	plan_add_effects(document, statement, action, database->catalog);
}

/* A relation that a new table would be mistaken for. */
static int
find_twin(struct explain_database *database, struct database *connection,
	  const char *schema, const char *name, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {schema, name};

	if (database_run(connection,
			 "SELECT c.relname FROM pg_catalog.pg_class c"
			 "  JOIN pg_catalog.pg_namespace n"
			 "    ON n.oid = c.relnamespace"
			 " WHERE n.nspname = $1 AND c.relname <> $2"
			 "   AND pg_catalog.lower(c.relname)"
			 "       = pg_catalog.lower($2)",
			 2, parameters, &rows, err) < 0)
		return -1;
	if (rows_count(rows) > 0)
		database->twin = xstrdup(rows_text(rows, 0, 0));
	return 0;
}

static int
find_enum(struct explain_database *database, struct database *connection,
	  const char *schema, const char *name, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {schema, name};

	if (database_run(connection,
			 "SELECT FROM pg_catalog.pg_type t"
			 "  JOIN pg_catalog.pg_namespace n"
			 "    ON n.oid = t.typnamespace"
			 " WHERE n.nspname = $1 AND t.typname = $2"
			 "   AND t.typtype = 'e'",
			 2, parameters, &rows, err) < 0)
		return -1;
	database->is_enum = rows_count(rows) == 1;
	return 0;
}

static int
read_table(struct explain_database *database, struct database *connection,
	   const char *schema, const char *table, struct error *err)
{
	auto_loader struct loader *loader = NULL;
	auto_free char *found = NULL;
	unsigned oid;

	if (loader_read(&loader, connection, NULL, err) < 0)
		return -1;
	if (catalog_resolve(&oid, &found, connection,
			    &(struct table_name){schema, table, ""}, err) < 0) {
		if (err->reason != EXIT_REFUSED)
			return -1;
		snprintf(database->missing, sizeof(database->missing), "%.190s",
			 err->text);
		if (find_twin(database, connection, schema, table, err) < 0)
			return -1;
		return find_enum(database, connection, schema, table, err);
	}
	if (catalog_read(&database->catalog, connection, oid, NULL, err) < 0 ||
	    catalog_list_hanging(&database->surroundings.hanging, connection,
				 database->catalog, err) < 0 ||
	    catalog_list_rights(&database->surroundings.rights, connection,
				database->catalog, err) < 0)
		return -1;
	return hazards_read(&database->hazards, connection, database->catalog,
			    loader, err);
}

/* The table that the question is about; a statement that isn't understood is
 * about none, and refused without the catalogue. */
static int
read_target(struct explain_database *database, struct database *connection,
	    const struct question *question, struct error *err)
{
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	if (question->table != NULL)
		return read_table(database, connection, question->schema,
				  question->table, err);
	if (question->sql == NULL || !statement_parse(&statement, question->sql,
						      question->size, &refusal))
		return 0;
	return read_table(database, connection, statement->actions[0].schema,
			  action_relation(&statement->actions[0]), err);
}

int
explain_database_read(struct explain_database **ret_database,
		      struct question *question, struct database *connection,
		      struct error *err)
{
	struct explain_database *database = xcalloc(1, sizeof(*database));

	if (read_target(database, connection, question, err) < 0) {
		explain_database_free(database);
		return -1;
	}
	question->collect = collect;
	question->check = check;
	question->warn = warn;
	question->describe = describe;
	question->detail = detail;
	question->context = database;
	*ret_database = database;
	return 0;
}

int
explain_database_open(struct explain_database **ret_database,
		      struct question *question, const char *conninfo,
		      struct error *err)
{
	auto_database struct database *connection = NULL;

	if (database_open(&connection, conninfo, "pgmend explain", err) < 0)
		return -1;
	return explain_database_read(ret_database, question, connection, err);
}

void
explain_database_free(struct explain_database *database)
{
	if (database == NULL)
		return;
	catalog_free(database->catalog);
	hazards_free(&database->hazards);
	column_texts_free(&database->surroundings.hanging);
	column_texts_free(&database->surroundings.rights);
	free(database->twin);
	free(database);
}
