#include "pgmend.h"

#include "sandbox/json.h"
#include "sandbox/wire.h"
#include "supervisor/brief.h"
#include "supervisor/document.h"
#include "supervisor/plan.h"
#include "supervisor/session.h"
#include "supervisor/tools.h"

#define MCP_VERSION "2026-07-28"
#define INCIDENT_URI "pgmend://incident"

/* JSON-RPC and MCP error codes. */
enum rpc_error { RPC_PARAMS = -32602, RPC_VERSION = -32022 };

/* One request as it came: borrowed from the frame. */
struct request {
	const struct json *json;
	int params;
	char *id; /* raw text, echoed exactly */
};

static int answer_discover(struct session *session,
			   const struct request *request, struct error *err);
static int answer_tools_list(struct session *session,
			     const struct request *request, struct error *err);
static int answer_tools_call(struct session *session,
			     const struct request *request, struct error *err);
static int
answer_resources_read(struct session *session, const struct request *request,
		      struct error *err);

enum method {
	METHOD_DISCOVER,
	METHOD_TOOLS_LIST,
	METHOD_TOOLS_CALL,
	METHOD_RESOURCES_READ,
	METHODS
};

/* All that an agent may ask, and when. */
static const struct {
	const char *name;
	unsigned states;
	int (*answer)(struct session *, const struct request *, struct error *);
} methods[METHODS] = {
	[METHOD_DISCOVER] = {"server/discover", SESSION_PLANNING,
			     answer_discover},
	[METHOD_TOOLS_LIST] = {"tools/list", SESSION_PLANNING,
			       answer_tools_list},
	[METHOD_TOOLS_CALL] = {"tools/call", SESSION_PLANNING,
			       answer_tools_call},
	[METHOD_RESOURCES_READ] = {"resources/read", SESSION_PLANNING,
				   answer_resources_read},
};

/* Takes the document. */
static int
send_document(struct session *session, struct document *document,
	      struct error *err)
{
	auto_document struct document *owned = document;
	auto_free char *text = document_print(owned);

	return wire_write(session->wire, session->deadline, text, strlen(text),
			  err);
}

/* Takes the result. */
static int
send_result(struct session *session, const struct request *request,
	    struct document *result, struct error *err)
{
	struct document *frame = document_object();

	document_text(result, "resultType", "complete");
	document_text(frame, "jsonrpc", "2.0");
	document_raw(frame, "id", request->id);
	document_add(frame, "result", result);
	return send_document(session, frame, err);
}

static int
send_error(struct session *session, const struct request *request,
	   enum rpc_error code, const char *message, struct error *err)
{
	struct document *frame = document_object();
	struct document *error = document_object();

	document_number(error, "code", code);
	document_text(error, "message", message);
	document_text(frame, "jsonrpc", "2.0");
	document_raw(frame, "id", request->id);
	document_add(frame, "error", error);
	return send_document(session, frame, err);
}

static int
answer_discover(struct session *session, const struct request *request,
		struct error *err)
{
	struct document *result = document_object();
	struct document *versions = document_array();
	struct document *capabilities = document_object();

	document_text(versions, NULL, MCP_VERSION);
	document_add(result, "supportedVersions", versions);
	document_add(capabilities, "tools", document_object());
	document_add(capabilities, "resources", document_object());
	document_add(result, "capabilities", capabilities);
	document_number(result, "ttlMs", 0);
	document_text(result, "cacheScope", "private");
	return send_result(session, request, result, err);
}

static int
answer_tools_list(struct session *session, const struct request *request,
		  struct error *err)
{
	struct document *result = document_object();

	document_add(result, "tools", tools_document());
	document_number(result, "ttlMs", 0);
	document_text(result, "cacheScope", "private");
	return send_result(session, request, result, err);
}

static int
answer_resources_read(struct session *session, const struct request *request,
		      struct error *err)
{
	auto_free char *uri =
		json_string(request->json,
			    json_member(request->json, request->params, "uri"));
	auto_document struct document *brief = NULL;
	auto_free char *text = NULL;
	struct document *result, *contents, *content;

	if (!same_text(uri, INCIDENT_URI))
		return send_error(session, request, RPC_PARAMS,
				  "the only resource is " INCIDENT_URI, err);
	brief = brief_document(session->grounds->replay,
			       session->grounds->catalog, session->drift,
			       session->sqlstate);
	text = document_print(brief);
	content = document_object();
	document_text(content, "uri", INCIDENT_URI);
	document_text(content, "mimeType", "application/json");
	document_text(content, "text", text);
	contents = document_array();
	document_add(contents, NULL, content);
	result = document_object();
	document_add(result, "contents", contents);
	document_number(result, "ttlMs", 0);
	document_text(result, "cacheScope", "private");
	return send_result(session, request, result, err);
}

/* Structured content, mirrored as text for clients that only show text. Takes
 * the answer. */
static struct document *
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

static int
answer_tools_call(struct session *session, const struct request *request,
		  struct error *err)
{
	const struct json *json = request->json;
	auto_free char *name =
		json_string(json, json_member(json, request->params, "name"));
	struct tool_call call = {
		.tool = name == NULL ? TOOLS : tool_find(name),
		.json = json,
		.arguments = json_member(json, request->params, "arguments"),
	};
	struct tool_answer answer = {0};

	if (call.tool == TOOLS)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent called a tool that isn't there");
	if (call.arguments != JSON_NONE &&
	    !json_is(json, call.arguments, JSON_OBJECT))
		return send_error(session, request, RPC_PARAMS,
				  "arguments must be an object", err);
	if (tool_answer(&answer, session, &call, err) < 0)
		return -1;
	return send_result(session, request, tool_result(answer), err);
}

/* A request is answered only when it is listed and its state is open. */
static int
dispatch(struct session *session, const struct request *request,
	 const char *method, struct error *err)
{
	for (int i = 0; i < METHODS; i++) {
		if (strcmp(methods[i].name, method) != 0)
			continue;
		if ((methods[i].states & session->state) == 0)
			return fail_as(err, EXIT_REFUSED, "agent_violation",
				       "the agent sent '%s' out of its state",
				       methods[i].name);
		return methods[i].answer(session, request, err);
	}
	return fail_as(err, EXIT_REFUSED, "agent_violation",
		       "the agent sent a request that isn't listed");
}

/* Ids are strings or integers; anything else can't be answered. */
static bool
is_request(const struct json *json, int id)
{
	auto_free char *version =
		json_string(json, json_member(json, 0, "jsonrpc"));
	long long number;

	return same_text(version, "2.0") &&
	       (json_is(json, id, JSON_STRING) ||
		json_integer(json, id, &number)) &&
	       json_is(json, json_member(json, 0, "params"), JSON_OBJECT);
}

static bool
speaks_our_version(const struct request *request)
{
	int meta = json_member(request->json, request->params, "_meta");
	auto_free char *version = json_string(
		request->json,
		json_member(request->json, meta,
			    "io.modelcontextprotocol/protocolVersion"));

	return same_text(version, MCP_VERSION);
}

static int
answer_frame(struct session *session, const char *frame, size_t size,
	     struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *method = NULL;
	auto_free char *id = NULL;
	struct request request;
	int node;

	if (json_scan(&json, frame, size, err) < 0)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent sent a frame that isn't JSON");
	node = json_member(json, 0, "id");
	method = json_string(json, json_member(json, 0, "method"));
	if (method == NULL || !is_request(json, node))
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent sent a frame that isn't a request");
	id = json_raw_copy(json, node);
	request = (struct request){
		.json = json,
		.params = json_member(json, 0, "params"),
		.id = id,
	};
	if (!speaks_our_version(&request))
		return send_error(session, &request, RPC_VERSION,
				  "supported versions: " MCP_VERSION, err);
	return dispatch(session, &request, method, err);
}

static int
start(struct session *session, struct error *err)
{
	struct document *frame = document_object();

	document_number(frame, "pgmend_start", 1);
	document_text(frame, "planner", session->planner);
	session->state = SESSION_PLANNING;
	return send_document(session, frame, err);
}

/* What the wire says of an agent refuses the run; its code stays. */
static int
refuse_agent(struct error *err)
{
	err->reason = EXIT_REFUSED;
	return fail_in(err, "the agent was ended");
}

int
session_run(struct session *session, struct error *err)
{
	const char *frame;
	size_t size;

	if (start(session, err) < 0)
		return fail_in(err, "start the agent");
	while (session->state != SESSION_ENDED) {
		if (wire_read(session->wire, session->deadline, &frame, &size,
			      err) < 0)
			return refuse_agent(err);
		if (frame == NULL)
			return fail_as(err, EXIT_REFUSED, "agent_died",
				       "the agent ended without a proposal");
		if (++session->requests > WIRE_REQUESTS_MAX)
			return fail_as(err, EXIT_REFUSED, "agent_violation",
				       "the agent sent more than %d requests",
				       WIRE_REQUESTS_MAX);
		if (answer_frame(session, frame, size, err) < 0)
			return -1;
	}
	return 0;
}

void
session_free(struct session *session)
{
	plan_free(session->plan);
	free(session->gave_up);
	session->plan = NULL;
	session->gave_up = NULL;
}
