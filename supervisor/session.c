#include "pgmend.h"

#include "sandbox/json.h"
#include "sandbox/wire.h"
#include "supervisor/document.h"
#include "supervisor/plan.h"
#include "supervisor/session.h"
#include "supervisor/session_answers.h"

enum method {
	METHOD_DISCOVER,
	METHOD_TOOLS_LIST,
	METHOD_TOOLS_CALL,
	METHOD_RESOURCES_READ,
	METHOD_MODEL,
	METHOD_MODEL_FAILED,
	METHODS
};

/* All that an agent may ask, and when. */
static const struct {
	const char *name;
	unsigned states;
	answer_request *answer;
} methods[METHODS] = {
	[METHOD_DISCOVER] = {"server/discover", SESSION_PLANNING,
			     answer_discover},
	[METHOD_TOOLS_LIST] = {"tools/list", SESSION_PLANNING,
			       answer_tools_list},
	[METHOD_TOOLS_CALL] = {"tools/call", SESSION_PLANNING,
			       answer_tools_call},
	[METHOD_RESOURCES_READ] = {"resources/read", SESSION_PLANNING,
				   answer_resources_read},
	[METHOD_MODEL] = {"pgmend/model", SESSION_PLANNING, answer_model},
	[METHOD_MODEL_FAILED] = {"pgmend/model_failed", SESSION_PLANNING,
				 answer_model_failed},
};

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
		if (session_note_meta(session, request, err) < 0)
			return -1;
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
		return session_send_error(session, &request, RPC_VERSION,
					  "supported versions: " MCP_VERSION,
					  err);
	return dispatch(session, &request, method, err);
}

static int
start(struct session *session, struct error *err)
{
	struct document *frame = document_object();

	document_number(frame, "pgmend_start", 1);
	document_text(frame, "planner", session->planner);
	session->state = SESSION_PLANNING;
	return session_send(session, frame, err);
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
	free(session->model_failed);
	session->model_failed = NULL;
	session->plan = NULL;
	session->gave_up = NULL;
}
