/* What a host alone may call, with an incident or without one. */
#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/explain.h"
#include "supervisor/explain_database.h"
#include "supervisor/explain_write.h"
#include "supervisor/host.h"
#include "supervisor/redact.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"

#define RUNS_DEFAULT 20

/* --- explain_statement ---------------------------------------------------- */

/* A statement that isn't understood is about no table, and is judged without
 * one; an enum is its schema's. */
static int
check_statement(struct tool_answer *ret_answer, struct host *host,
		const char *sql, struct error *err)
{
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!statement_parse(&statement, sql, strlen(sql), &refusal))
		return 0;
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];
		bool is_enum = action->operation == OP_ADD_ENUM_VALUE;

		if (host_check_table(ret_answer, host, action->schema,
				     is_enum ? NULL : action_relation(action),
				     err) < 0)
			return -1;
		if (ret_answer->document != NULL)
			return 0;
	}
	return 0;
}

int
answer_explain_statement(struct tool_answer *ret_answer,
			 struct session *session, const struct tool_call *call,
			 struct error *err)
{
	struct run *run = session->host->run;
	auto_free char *sql =
		json_string(call->json, json_member(call->json, call->arguments,
						    "statement"));
	struct question question = {
		.kind = QUESTION_STATEMENT, .sql = sql, .size = strlen(sql)};
	struct explain_database *facts = NULL;
	struct answer answer;

	if (check_statement(ret_answer, session->host, sql, err) < 0)
		return -1;
	if (ret_answer->document != NULL)
		return 0;
	if (explain_database_read(&facts, &question, run->records, err) < 0)
		return -1;
	explain(&answer, run->policy, &question);
	ret_answer->document = explained_document(
		&(struct explained){&answer, &question, run->policy},
		DECISIONS);
	answer_release(&answer);
	explain_database_free(facts);
	return 0;
}

/* --- list_runs ------------------------------------------------------------ */

/* In the order of the query's columns. */
static const char *const run_members[] = {
	"run_id",  "incident_id", "received_at", "finished_at",
	"outcome", "reason_code", "table",	 "pipeline",
	"planner", "fingerprint", "plan_sha256",
};

/* The source's word; it may be made of a person's. */
#define MEMBER_INCIDENT_ID 1

static struct document *
runs_document(const struct rows *rows)
{
	struct document *document = document_object();
	struct document *list = document_array();

	for (int row = 0; row < rows_count(rows); row++) {
		struct document *one = document_object();

		for (int i = 0; i < (int)array_size(run_members); i++) {
			const char *text = rows_text(rows, row, i);
			auto_free char *told = i == MEMBER_INCIDENT_ID
						       ? redact_name(text)
						       : xstrdup(text);

			document_text(one, run_members[i], told);
		}
		document_add(list, NULL, one);
	}
	document_add(document, "runs", list);
	return document;
}

int
answer_list_runs(struct tool_answer *ret_answer, struct session *session,
		 const struct tool_call *call, struct error *err)
{
	struct host *host = session->host;
	auto_free char *tables = NULL;
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = xprintf(
		"SELECT v.run_id, v.incident_id,"
		"  pg_catalog.to_char(v.received_at AT TIME ZONE 'UTC',"
		"    'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
		"  pg_catalog.to_char(v.finished_at AT TIME ZONE 'UTC',"
		"    'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
		"  v.outcome, v.reason_code, v.target, v.pipeline, v.planner,"
		"  v.fingerprint, v.plan_sha256"
		"  FROM \"%s\".v_run v"
		" WHERE $1::pg_catalog.json IS NULL OR v.target IN (SELECT"
		"   pg_catalog.json_array_elements_text($1::pg_catalog.json))"
		" ORDER BY v.received_at DESC, v.run_id DESC"
		" LIMIT $2::pg_catalog.int8",
		host->run->schema);
	long long limit = RUNS_DEFAULT;
	char number[24];

	json_integer(call->json,
		     json_member(call->json, call->arguments, "limit"), &limit);
	snprintf(number, sizeof(number), "%lld", limit);
	if (host_tables(&tables, host, err) < 0)
		return -1;
	if (database_run(host->run->records, sql, 2,
			 (const char *const[]){tables, number}, &rows, err) < 0)
		return fail_in(err, "list the runs");
	ret_answer->document = runs_document(rows);
	return 0;
}
