#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/document.h"
#include "supervisor/host.h"
#include "supervisor/model.h"
#include "supervisor/prompt.h"
#include "supervisor/session.h"
#include "supervisor/session_answers.h"
#include "supervisor/tools.h"

#define INCIDENT_URI "pgmend://incident"
#define MODEL_URI "pgmend://model"

int
session_send(struct session *session, struct document *document,
	     struct error *err)
{
	auto_document struct document *owned = document;
	auto_free char *text = document_print(owned);

	if (session->host != NULL)
		return host_write(session->host, text, err);
	return wire_write(session->wire, session->deadline, text, strlen(text),
			  err);
}

/* A modern result says of itself that it is whole, and a host hears from
 * whom; before 2026-07-28 there was nothing to say. */
int
session_send_result(struct session *session, const struct request *request,
		    struct document *result, struct error *err)
{
	struct document *frame = document_object();

	if (request->is_modern) {
		document_text(result, "resultType", "complete");
		if (session->host != NULL)
			document_add(result, "_meta", host_meta());
	}
	document_text(frame, "jsonrpc", "2.0");
	document_raw(frame, "id", request->id);
	document_add(frame, "result", result);
	return session_send(session, frame, err);
}

int
session_send_error(struct session *session, const struct request *request,
		   enum rpc_error code, const char *message, struct error *err)
{
	struct document *frame = document_object();
	struct document *error = document_object();

	document_number(error, "code", code);
	document_text(error, "message", message);
	if (code == RPC_VERSION && session->host != NULL)
		document_add(error, "data", host_versions_data(request));
	document_text(frame, "jsonrpc", "2.0");
	if (request != NULL && request->id != NULL)
		document_raw(frame, "id", request->id);
	document_add(frame, "error", error);
	return session_send(session, frame, err);
}

int
session_refuse(struct session *session, const struct request *request,
	       enum rpc_error code, const char *what, struct error *err)
{
	auto_free char *message = NULL;

	if (session->host == NULL)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent sent %s", what);
	if (request != NULL && request->is_notification)
		return 0;
	message = xprintf("not acceptable: %s", what);
	return session_send_error(session, request, code, message, err);
}

/* What a client may keep of an answer, and for how long. */
static void
add_cache(struct document *result, const struct request *request)
{
	if (!request->is_modern)
		return;
	document_number(result, "ttlMs", 0);
	document_text(result, "cacheScope", "private");
}

static struct document *
agent_versions(void)
{
	struct document *versions = document_array();

	document_text(versions, NULL, MCP_VERSION);
	return versions;
}

int
answer_discover(struct session *session, const struct request *request,
		struct error *err)
{
	struct document *result = document_object();
	struct document *capabilities = document_object();

	document_add(result, "supportedVersions",
		     session->host == NULL ? agent_versions()
					   : host_versions());
	document_add(capabilities, "tools", document_object());
	if (session->host == NULL)
		document_add(capabilities, "resources", document_object());
	document_add(result, "capabilities", capabilities);
	if (session->host != NULL)
		document_text(result, "instructions", HOST_INSTRUCTIONS);
	add_cache(result, request);
	return session_send_result(session, request, result, err);
}

int
answer_tools_list(struct session *session, const struct request *request,
		  struct error *err)
{
	struct document *result;

	/* There is one page, so no cursor is one of ours. */
	if (session->host != NULL &&
	    json_member(request->json, request->params, "cursor") != JSON_NONE)
		return session_send_error(session, request, RPC_PARAMS,
					  "there is no such cursor", err);
	result = document_object();
	document_add(result, "tools", tools_document(session_peer(session)));
	add_cache(result, request);
	return session_send_result(session, request, result, err);
}

/* The text of a resource, or NULL when there is none of that name. */
static char *
resource_text(const struct session *session, const char *uri)
{
	auto_document struct document *model = NULL;

	if (same_text(uri, INCIDENT_URI))
		return document_print(session->brief);
	if (!same_text(uri, MODEL_URI) || session->model == NULL)
		return NULL;
	model = prompt_document(session->prompt);
	return document_print(model);
}

int
answer_resources_read(struct session *session, const struct request *request,
		      struct error *err)
{
	auto_free char *uri =
		json_string(request->json,
			    json_member(request->json, request->params, "uri"));
	auto_free char *text = resource_text(session, uri);
	struct document *result, *contents, *content;

	if (text == NULL)
		return session_send_error(session, request, RPC_PARAMS,
					  "there is no such resource", err);
	content = document_object();
	document_text(content, "uri", uri);
	document_text(content, "mimeType", "application/json");
	document_text(content, "text", text);
	contents = document_array();
	document_add(contents, NULL, content);
	result = document_object();
	document_add(result, "contents", contents);
	add_cache(result, request);
	return session_send_result(session, request, result, err);
}

/* A refusal at the gate is answered, so that a clumsy agent may do better; the
 * limits on requests end one that doesn't. */
int
answer_model(struct session *session, const struct request *request,
	     struct error *err)
{
	int body = json_member(request->json, request->params, "body");
	struct model_answer answer;
	struct document *result;

	if (session->model == NULL)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent asked for a model that this run "
			       "doesn't have");
	if (model_ask(&answer, session->model, request->json, body, err) < 0)
		return -1;
	if (answer.refusal != NULL)
		return session_send_error(session, request, RPC_PARAMS,
					  answer.refusal, err);
	result = document_object();
	document_number(result, "status", answer.status);
	document_raw(result, "headers",
		     answer.headers == NULL ? "{}" : answer.headers);
	document_text(result, "failure",
		      answer.failure[0] == '\0' ? NULL : answer.failure);
	model_answer_free(&answer);
	return session_send_result(session, request, result, err);
}

int
answer_model_failed(struct session *session, const struct request *request,
		    struct error *err)
{
	const struct json *json = request->json;

	session->model_failed =
		json_string(json, json_member(json, request->params, "reason"));
	session->gave_up = json_string(
		json, json_member(json, request->params, "message"));
	if (session->gave_up == NULL)
		session->gave_up = xstrdup("no reason was given");
	session->state = SESSION_ENDED;
	return session_send_result(session, request, document_object(), err);
}

enum exit_reason
session_model_failure(const char *word)
{
	static const struct {
		const char *word;
		enum exit_reason reason;
	} words[] = {
		{"unreachable", EXIT_TEMPFAIL},
		{"overloaded", EXIT_TEMPFAIL},
		{"rate_limited", EXIT_TEMPFAIL},
		{"auth", EXIT_USAGE},
	};

	for (size_t i = 0; word != NULL && i < array_size(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].reason;
	return EXIT_REFUSED;
}

struct document *
tool_result(struct tool_answer answer)
{
	struct document *result = document_object();
	struct document *contents = document_array();
	struct document *content = document_object();
	auto_free char *text = document_print(answer.document);

	document_text(content, "type", "text");
	document_text(content, "text", text);
	document_add(contents, NULL, content);
	document_add(result, "content", contents);
	document_add(result, "structuredContent", answer.document);
	document_bool(result, "isError", answer.is_error);
	return result;
}

/* An agent's call that failed ends the run; a host hears why, as a result that
 * its model can read, unless it took the call back. */
static int
answer_call(struct session *session, const struct request *request,
	    const struct tool_call *call, struct error *err)
{
	struct tool_answer answer = {0};

	if (session->host != NULL)
		return host_call(session, request, call, err);
	if (tool_answer(&answer, session, call, err) < 0)
		return -1;
	return session_send_result(session, request, tool_result(answer), err);
}

int
answer_tools_call(struct session *session, const struct request *request,
		  struct error *err)
{
	const struct json *json = request->json;
	auto_free char *name =
		json_string(json, json_member(json, request->params, "name"));
	struct tool_call call = {
		.tool = name == NULL ? TOOLS
				     : tool_find(session_peer(session), name),
		.json = json,
		.arguments = json_member(json, request->params, "arguments"),
	};

	if (call.tool == TOOLS)
		return session_refuse(session, request, RPC_PARAMS,
				      "a call of a tool that isn't there", err);
	if (call.arguments != JSON_NONE &&
	    !json_is(json, call.arguments, JSON_OBJECT))
		return session_send_error(session, request, RPC_PARAMS,
					  "arguments must be an object", err);
	return answer_call(session, request, &call, err);
}

int
session_note_meta(struct session *session, const struct request *request,
		  struct error *err)
{
	const struct json *json = request->json;
	int meta = json_member(json, request->params, "_meta");
	auto_free char *thinking =
		json_string(json, json_member(json, meta, "pgmend/thinking"));
	int usage = json_member(json, meta, "pgmend/usage");
	char hash[65];

	if (session->model == NULL)
		return 0;
	model_note_usage(session->model, json, usage);
	if (thinking == NULL || *thinking == '\0')
		return 0;
	return audit_artifact(session->audit, "model.thinking", thinking,
			      strlen(thinking), hash, err);
}
