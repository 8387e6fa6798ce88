#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/database.h"
#include "supervisor/explain.h"
#include "supervisor/explain_database.h"
#include "supervisor/explain_effects.h"
#include "supervisor/hazard.h"
#include "supervisor/loader.h"
#include "supervisor/plan.h"

struct explain_database {
	struct catalog *catalog; /* NULL: there is none, and can be none */
	bool is_enum;		 /* then it is an enum type */
	struct hazards hazards;
	struct surroundings surroundings; /* owned */
	char missing[200];		  /* why it isn't */
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

/* Without a table: a new label of an enum. */
static bool
check_without_table(const struct explain_database *database,
		    const struct statement *statement, struct refusal *refusal)
{
	return (database->is_enum && statement != NULL &&
		statement->actions[0].operation == OP_ADD_ENUM_VALUE) ||
	       refuse(refusal, "F13", "%s", database->missing);
}

static bool
check(const struct statement *statement, struct refusal *refusal,
      const void *context)
{
	const struct explain_database *database = context;

	if (database->catalog == NULL ||
	    (database->catalog->absence != NULL && statement == NULL))
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

/* A table that can be made; without a schema for it there is nothing. */
static int
read_absent(struct explain_database *database, struct database *connection,
	    const struct table_name *name, struct error *err)
{
	const struct absent_reader reader = {.siblings = "[]"};
	struct error found = NO_ERROR;

	if (catalog_read_absent(&database->catalog, connection, name, &reader,
				&found) == 0 ||
	    found.reason == EXIT_REFUSED)
		return 0;
	*err = found;
	return -1;
}

static int
read_catalog(struct explain_database *database, struct database *connection,
	     const struct table_name *name, struct error *err)
{
	auto_free char *found = NULL;
	unsigned oid;

	if (catalog_resolve(&oid, &found, connection, name, err) == 0)
		return catalog_read(&database->catalog, connection, oid, NULL,
				    err);
	if (err->reason != EXIT_REFUSED)
		return -1;
	snprintf(database->missing, sizeof(database->missing), "%.190s",
		 err->text);
	if (find_enum(database, connection, name->schema, name->table, err) < 0)
		return -1;
	return database->is_enum ? 0
				 : read_absent(database, connection, name, err);
}

static int
read_table(struct explain_database *database, struct database *connection,
	   const char *schema, const char *table, struct error *err)
{
	const struct table_name name = {schema, table, ""};
	auto_loader struct loader *loader = NULL;

	if (loader_read(&loader, connection, NULL, err) < 0 ||
	    read_catalog(database, connection, &name, err) < 0)
		return -1;
	if (database->catalog == NULL)
		return 0;
	if (catalog_list_hanging(&database->surroundings.hanging, connection,
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
	free(database);
}
