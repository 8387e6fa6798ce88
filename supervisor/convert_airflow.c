/*
 * convert_airflow.c - what an on_failure_callback has in its context, written
 * as JSON: {"dag_id", "run_id", "task_id", "map_index", "try_number",
 * "exception", "log_url", "occurred_at"}, and where the task knows them "sql",
 * "params" and "payload", as for psycopg.
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"

static const struct draft_member members[] = {
	{"dag_id", DRAFT_NAME},
	{"run_id", DRAFT_RUN},
	{"task_id", DRAFT_TASK},
	{"log_url", DRAFT_URL},
	{"occurred_at", DRAFT_OCCURRED_AT},
	{"exception", DRAFT_STACKTRACE},
	{"exception_class", DRAFT_CLASS},
	{"pgcode", DRAFT_SQLSTATE},
	{NULL, DRAFT_TEXTS},
};

/* The parts of a try's identity. A retry is another failure: it may meet
 * another drift. */
static const struct {
	const char *name;
	bool is_wanted;
} id_parts[] = {
	{"dag_id", true},     {"run_id", true}, {"task_id", true},
	{"map_index", false}, /* -1, or not there: the task isn't mapped */
	{"try_number", true},
};

static int
read_id(struct draft *draft, const struct json *json, struct error *err)
{
	auto_free char *id = NULL;
	size_t size;
	FILE *out = xmemstream(&id, &size);
	int missing = -1;

	for (size_t i = 0; i < array_size(id_parts); i++) {
		int node = json_member(json, 0, id_parts[i].name);
		auto_free char *part = json_is(json, node, JSON_NUMBER)
					       ? json_raw_copy(json, node)
					       : json_string(json, node);

		if (part != NULL &&
		    (id_parts[i].is_wanted || !same_text(part, "-1")))
			fprintf(out, "%s%s", i == 0 ? "" : "/", part);
		else if (part == NULL && id_parts[i].is_wanted)
			missing = (int)i;
	}
	fclose(out);
	if (missing >= 0)
		return convert_refuse(err,
				      "%s: missing, a text or number "
				      "wanted",
				      id_parts[missing].name);
	draft_set(draft, DRAFT_ID, id);
	return 0;
}

/* The task's own statement, else the one that the exception quotes. */
static int
read_statement(struct draft *draft, const struct json *json,
	       const char *exception, struct error *err)
{
	auto_free char *sql = convert_text(json, 0, "sql");

	if (sql == NULL)
		sql = message_statement(exception);
	return convert_statement_read(draft, sql, json, 0, err);
}

int
convert_airflow(struct conversion *conversion, const char *text, size_t size,
		struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_json struct json *json = NULL;
	auto_free char *exception = NULL;

	if (convert_scan(&json, text, size, err) < 0 ||
	    convert_want(json, json_member(json, 0, "exception"), JSON_STRING,
			 "exception", err) < 0)
		return -1;
	exception = convert_text(json, 0, "exception");
	if (draft_read(&draft, members, json, 0, err) < 0 ||
	    read_id(&draft, json, err) < 0 ||
	    read_statement(&draft, json, exception, err) < 0)
		return -1;
	message_read(&draft, exception);
	return convert_emit(conversion, &draft, err);
}
