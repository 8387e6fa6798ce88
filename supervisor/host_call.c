/* One call of a tool: its progress, its end, and what the host hears of it. */
#include "pgmend.h"

#include "policy/insert.h"
#include "sandbox/wire.h"
#include "supervisor/document.h"
#include "supervisor/host.h"
#include "supervisor/redact.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"

#define CALL_MS (120 * 1000)

/* A string or a number, as it stands; NULL: none was given. */
static char *
progress_token(const struct request *request)
{
	const struct json *json = request->json;
	int token =
		json_member(json, json_member(json, request->params, "_meta"),
			    "progressToken");

	return json_is(json, token, JSON_STRING) ||
			       json_is(json, token, JSON_NUMBER)
		       ? json_raw_copy(json, token)
		       : NULL;
}

void
host_tell_progress(struct host *host, const char *message)
{
	struct document *frame, *params;
	struct error ignored = NO_ERROR;

	host->progress_at = wire_now_ms();
	if (host->token == NULL || host->run->is_cancelled)
		return;
	params = document_object();
	document_raw(params, "progressToken", host->token);
	document_number(params, "progress", ++host->progress);
	document_text(params, "message", message);
	frame = document_object();
	document_text(frame, "jsonrpc", "2.0");
	document_text(frame, "method", "notifications/progress");
	document_add(frame, "params", params);
	if (session_send(host->session, frame, &ignored) < 0)
		host_end(host, 0);
}

static void
begin_call(struct host *host, const struct request *request)
{
	host->running = request->id;
	host->token = progress_token(request);
	host->progress = 0;
	host->progress_at = wire_now_ms();
	host->cancelled_at = 0;
	host->stalled_ms = 0;
	host->run->is_cancelled = false;
	host->run->deadline = wire_now_ms() + CALL_MS;
}

static void
end_call(struct host *host)
{
	host->running = NULL;
	free(host->token);
	host->token = NULL;
}

#define NAMES_MAX 4

/* The sentence may be the server's, and quote what is in the data. What the
 * host said itself, and the name of the incident's table, may stay. */
static void
tell_failure(struct tool_answer *ret_answer, const struct error *failure,
	     const struct host *host, const struct tool_call *call)
{
	const struct insert *insert = host->run->insert;
	auto_free char *schema = json_string(
		call->json, json_member(call->json, call->arguments, "schema"));
	auto_free char *table = json_string(
		call->json, json_member(call->json, call->arguments, "table"));
	const char *names[NAMES_MAX] = {schema, table,
					insert == NULL ? NULL : insert->schema,
					insert == NULL ? NULL : insert->table};
	const char *kept[NAMES_MAX];
	struct redaction redaction = {.names = kept};
	auto_free char *told = NULL;

	for (int i = 0; i < NAMES_MAX; i++)
		if (names[i] != NULL)
			kept[redaction.name_count++] = names[i];
	told = redact_message(failure->text, &redaction);
	document_free(ret_answer->document);
	tool_fail(ret_answer, failure->code, told);
}

int
host_call(struct session *session, const struct request *request,
	  const struct tool_call *call, struct error *err)
{
	struct host *host = session->host;
	struct tool_answer answer = {0};
	struct error failure = NO_ERROR;
	bool is_cancelled;

	begin_call(host, request);
	if (host_reconnect(host, &failure) < 0 ||
	    tool_answer(&answer, session, call, &failure) < 0)
		tell_failure(&answer, &failure, host, call);
	end_call(host);
	is_cancelled = host->run->is_cancelled;
	host->run->is_cancelled = false;
	if (is_cancelled) {
		document_free(answer.document);
		return 0;
	}
	return session_send_result(session, request, tool_result(answer), err);
}
