/*
 * convert_dbt.c - the failed nodes of dbt's run_results.json.
 *
 * A model's compiled_code is a query and no INSERT, so it becomes no statement;
 * the table is the model's relation. Only errors that the database reported are
 * failures of a write.
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"

#define MARK "Database Error in "

/* The next part of "database"."schema"."table", without its quotes; NULL when
 * that isn't what it is. The caller frees. */
static char *
next_part(const char **cursor)
{
	const char *at = *cursor, *end;

	if (*at != '"')
		return NULL;
	end = strchr(at + 1, '"');
	if (end == NULL || (end[1] != '.' && end[1] != '\0'))
		return NULL;
	*cursor = end[1] == '.' ? end + 2 : end + 1;
	return xstrndup(at + 1, (size_t)(end - at - 1));
}

static void
read_relation(struct draft *draft, const char *relation)
{
	auto_free char *database = next_part(&relation);
	auto_free char *schema = database == NULL ? NULL : next_part(&relation);
	auto_free char *table = schema == NULL ? NULL : next_part(&relation);

	if (table == NULL || *relation != '\0')
		return;
	draft_set(draft, DRAFT_SCHEMA, schema);
	draft_set(draft, DRAFT_TABLE, table);
}

/* When the node was executed, else when the run ended. */
static void
read_time(struct draft *draft, const struct json *json, int result)
{
	int node = json_first(json, json_member(json, result, "timing"));
	auto_free char *ended = convert_text(
		json, json_member(json, 0, "metadata"), "generated_at");

	draft_set(draft, DRAFT_OCCURRED_AT, ended);
	for (; node != JSON_NONE; node = json_next(json, node)) {
		auto_free char *name = convert_text(json, node, "name");
		auto_free char *at = convert_text(json, node, "completed_at");

		if (same_text(name, "execute"))
			draft_set(draft, DRAFT_OCCURRED_AT, at);
	}
}

/* "Database Error in model orders (models/orders.sql)", then the server's
 * message, indented. */
static bool
read_message(struct draft *draft, const char *message)
{
	const char *line;

	if (message == NULL || strstr(message, MARK) == NULL)
		return false;
	line = strchr(strstr(message, MARK), '\n');
	message_read(draft, line == NULL ? message : line);
	draft_set(draft, DRAFT_STACKTRACE, message);
	return true;
}

static int
convert_result(struct conversion *conversion, const struct json *json,
	       int result, struct error *err)
{
	static const struct draft_member members[] = {{"unique_id", DRAFT_TASK},
						      {NULL, DRAFT_TEXTS}};
	auto_draft struct draft draft = {0};
	auto_free char *message = convert_text(json, result, "message");
	auto_free char *sql = convert_text(json, result, "compiled_code");
	auto_free char *relation = convert_text(json, result, "relation_name");
	auto_free char *run = convert_text(
		json, json_member(json, 0, "metadata"), "invocation_id");
	auto_free char *id = NULL;

	if (!read_message(&draft, message))
		return 0;
	if (convert_want(json, json_member(json, result, "unique_id"),
			 JSON_STRING, "unique_id", err) < 0 ||
	    draft_read(&draft, members, json, result, err) < 0)
		return -1;
	if (run == NULL)
		return convert_refuse(err,
				      "metadata.invocation_id: missing, string "
				      "wanted");
	id = xprintf("%s/%s", run, draft.texts[DRAFT_TASK]);
	draft_set(&draft, DRAFT_ID, id);
	draft_set(&draft, DRAFT_RUN, run);
	read_time(&draft, json, result);
	if (relation != NULL)
		read_relation(&draft, relation);
	draft_note(&draft, "compiled_code", sql);
	return convert_emit(conversion, &draft, err);
}

int
convert_dbt(struct conversion *conversion, const char *text, size_t size,
	    struct error *err)
{
	auto_json struct json *json = NULL;
	int results, node;

	if (convert_scan(&json, text, size, err) < 0)
		return -1;
	results = json_member(json, 0, "results");
	if (convert_want(json, results, JSON_ARRAY, "results", err) < 0)
		return -1;
	node = json_first(json, results);
	for (; node != JSON_NONE; node = json_next(json, node)) {
		auto_free char *status = NULL;

		if (convert_want(json, node, JSON_OBJECT, "results[]", err) < 0)
			return -1;
		status = convert_text(json, node, "status");
		if (same_text(status, "error") &&
		    convert_result(conversion, json, node, err) < 0)
			return -1;
	}
	return 0;
}
