/* Which tables a host may hear of: the pipeline's, else the incident's, else
 * any that could be healed. */
#include "pgmend.h"

#include "policy/insert.h"
#include "policy/name.h"
#include "supervisor/catalog.h"
#include "supervisor/configuration.h"
#include "supervisor/document.h"
#include "supervisor/host.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"

/* The schema where the pipeline's session would find it; NULL: nowhere. */
static int
find_schema(char **ret_schema, const struct run *run, const char *table,
	    struct error *err)
{
	auto_loader struct loader *loader = NULL;
	struct table_name name = {.table = table};
	unsigned oid;

	if (loader_read(&loader, run->records, run->pipeline, err) < 0)
		return -1;
	name.search_path = loader->schemas;
	if (catalog_resolve(&oid, ret_schema, run->records, &name, err) == 0)
		return 0;
	return err->reason == EXIT_REFUSED ? 0 : -1;
}

/* The incident's table, by its statement; NULL texts where it can't be told. */
static int
find_incident_table(char **ret_schema, char **ret_table, const struct run *run,
		    struct error *err)
{
	const struct incident *incident = run->incident;
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	const char *schema;

	if (incident->sql == NULL ||
	    !insert_parse(&insert, incident->sql, strlen(incident->sql),
			  &refusal))
		return 0;
	schema = insert->schema != NULL ? insert->schema : incident->schema;
	if (schema != NULL)
		*ret_schema = xstrdup(schema);
	else if (find_schema(ret_schema, run, insert->table, err) < 0)
		return -1;
	if (*ret_schema != NULL)
		*ret_table = xstrdup(insert->table);
	return 0;
}

static int
is_incident_table(bool *ret_is, const struct run *run, const char *schema,
		  const char *table, struct error *err)
{
	auto_free char *own_schema = NULL, *own_table = NULL;

	if (find_incident_table(&own_schema, &own_table, run, err) < 0)
		return -1;
	*ret_is = own_table != NULL && strcmp(own_schema, schema) == 0 &&
		  (table == NULL || strcmp(own_table, table) == 0);
	return 0;
}

static bool
is_pipeline_table(const struct pipeline *pipeline, const char *schema,
		  const char *table)
{
	auto_free char *start = xprintf("%s.", schema);

	if (table != NULL)
		return pipeline_has_table(pipeline, schema, table);
	for (int i = 0; i < pipeline->table_count; i++)
		if (strncmp(pipeline->tables[i], start, strlen(start)) == 0)
			return true;
	return false;
}

int
host_check_table(struct tool_answer *ret_answer, struct host *host,
		 const char *schema, const char *table, struct error *err)
{
	const struct run *run = host->run;
	struct refusal refusal = {.floor = NULL};
	bool may = false;

	if (strcmp(schema, run->schema) == 0 ||
	    !name_schema_is_acceptable(schema, &refusal)) {
		tool_refuse(ret_answer, "F13",
			    "not a table that can be healed");
		return 0;
	}
	if (run->pipeline != NULL)
		may = is_pipeline_table(run->pipeline, schema, table);
	else if (run->incident == NULL)
		may = true;
	else if (is_incident_table(&may, run, schema, table, err) < 0)
		return -1;
	if (!may)
		tool_refuse(ret_answer, "F13",
			    "not a table that this server is for");
	return 0;
}

int
host_tables(char **ret_tables, struct host *host, struct error *err)
{
	const struct run *run = host->run;
	const struct pipeline *pipeline = run->pipeline;
	auto_document struct document *list = NULL;
	auto_free char *schema = NULL, *table = NULL, *name = NULL;

	*ret_tables = NULL;
	if (pipeline == NULL && run->incident == NULL)
		return 0;
	list = document_array();
	for (int i = 0; pipeline != NULL && i < pipeline->table_count; i++)
		document_text(list, NULL, pipeline->tables[i]);
	if (pipeline == NULL) {
		if (find_incident_table(&schema, &table, run, err) < 0)
			return -1;
		name = table == NULL ? NULL : xprintf("%s.%s", schema, table);
		document_text(list, NULL, name);
	}
	*ret_tables = document_print(list);
	return 0;
}

int
host_catalog(struct catalog **ret_catalog, struct tool_answer *ret_answer,
	     struct host *host, const struct tool_call *call, struct error *err)
{
	const struct json *json = call->json;
	const struct run *run = host->run;
	auto_free char *schema =
		json_string(json, json_member(json, call->arguments, "schema"));
	auto_free char *table =
		json_string(json, json_member(json, call->arguments, "table"));
	auto_free char *found = NULL;
	struct table_name name = {schema, table, "{}"};
	unsigned oid;

	if (host_check_table(ret_answer, host, schema, table, err) < 0)
		return -1;
	if (ret_answer->document != NULL)
		return 0;
	if (catalog_resolve(&oid, &found, run->records, &name, err) < 0)
		return -1;
	if (call->tool == TOOL_DESCRIBE_TABLE)
		return catalog_read(ret_catalog, run->records, oid,
				    run->pipeline == NULL ? NULL
							  : run->pipeline->role,
				    err);
	/* What the lists ask for is asked by the oid alone. */
	*ret_catalog = xcalloc(1, sizeof(**ret_catalog));
	(*ret_catalog)->oid = oid;
	return 0;
}
