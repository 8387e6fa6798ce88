/*
 * convert_psycopg.c - an exception of psycopg2 or psycopg, as the handler of
 * tests/examples/handover.py writes it: its attributes under their own names,
 * and what execute() was given.
 *
 *     {"pgcode", "diag": {"message_primary", ...}, "query", "params",
 *      "payload", "id", "name", "occurred_at", "exception", "traceback"}
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"

static const struct draft_member members[] = {
	{"id", DRAFT_ID},
	{"name", DRAFT_NAME},
	{"occurred_at", DRAFT_OCCURRED_AT},
	{"exception", DRAFT_CLASS},
	{"traceback", DRAFT_STACKTRACE},
	{"sqlstate", DRAFT_SQLSTATE}, /* psycopg 3 */
	{"pgcode", DRAFT_SQLSTATE},   /* psycopg2 */
	{NULL, DRAFT_TEXTS},
};

static const struct draft_member diag_members[] = {
	{"sqlstate", DRAFT_SQLSTATE},
	{"message_primary", DRAFT_MESSAGE},
	{"message_detail", DRAFT_DETAIL},
	{"message_hint", DRAFT_HINT},
	{"context", DRAFT_CONTEXT},
	{"schema_name", DRAFT_SCHEMA},
	{"table_name", DRAFT_TABLE},
	{"column_name", DRAFT_COLUMN},
	{"datatype_name", DRAFT_DATATYPE},
	{"constraint_name", DRAFT_CONSTRAINT},
	{NULL, DRAFT_TEXTS},
};

/* A driver's error has a code, or at least a statement; any other object isn't
 * one just because it has a message. */
static int
check_form(const struct json *json, struct error *err)
{
	static const char *const marks[] = {"pgcode", "sqlstate", "diag",
					    "query"};

	for (size_t i = 0; i < array_size(marks); i++)
		if (json_member(json, 0, marks[i]) != JSON_NONE)
			return 0;
	return convert_refuse(err, "no exception of psycopg: one of pgcode, "
				   "sqlstate, diag and query wanted");
}

static int
read_diag(struct draft *draft, const struct json *json, int diag,
	  struct error *err)
{
	if (json_type(json, diag) == JSON_NULL)
		return 0;
	if (convert_want(json, diag, JSON_OBJECT, "diag", err) < 0)
		return -1;
	return draft_read(draft, diag_members, json, diag, err);
}

int
convert_psycopg(struct conversion *conversion, const char *text, size_t size,
		struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_json struct json *json = NULL;
	auto_free char *query = NULL, *message = NULL;
	auto_free char *id = convert_hash(text, size);

	if (convert_scan(&json, text, size, err) < 0 ||
	    check_form(json, err) < 0)
		return -1;
	draft_set(&draft, DRAFT_ID, id);
	query = convert_text(json, 0, "query");
	message = convert_text(json, 0, "message");
	if (draft_read(&draft, members, json, 0, err) < 0 ||
	    read_diag(&draft, json, json_member(json, 0, "diag"), err) < 0 ||
	    convert_statement_read(&draft, query, json, 0, err) < 0)
		return -1;
	if (message != NULL)
		message_read(&draft, message);
	return convert_emit(conversion, &draft, err);
}
