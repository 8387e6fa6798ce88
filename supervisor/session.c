#include "pgmend.h"

#include "sandbox/json.h"
#include "sandbox/wire.h"
#include "supervisor/document.h"
#include "supervisor/host.h"
#include "supervisor/plan.h"
#include "supervisor/session.h"
#include "supervisor/session_answers.h"

#define AGENT (1U << PEER_AGENT)
#define HOST (1U << PEER_HOST)

/* Of a host's requests. An agent's are all modern. */
#define LEGACY (1U << 0) /* up to 2025-11-25, after initialize */
#define MODERN (1U << 1) /* 2026-07-28, stateless */

enum method {
	METHOD_INITIALIZE,
	METHOD_PING,
	METHOD_DISCOVER,
	METHOD_TOOLS_LIST,
	METHOD_TOOLS_CALL,
	METHOD_RESOURCES_READ,
	METHOD_MODEL,
	METHOD_MODEL_FAILED,
	METHOD_CANCELLED,
	METHODS
};

/* All that may be asked, by whom, in which era, and when. Nothing of a
 * notification is answered. */
static const struct row {
	const char *name;
	unsigned peers, eras, states;
	bool is_notification;
	bool waits; /* for the call that runs */
	answer_request *answer;
} methods[METHODS] = {
	[METHOD_INITIALIZE] = {"initialize", HOST, LEGACY | MODERN,
			       SESSION_PLANNING, .answer = answer_initialize},
	[METHOD_PING] = {"ping", HOST, LEGACY, SESSION_PLANNING,
			 .answer = answer_ping},
	[METHOD_DISCOVER] = {"server/discover", AGENT | HOST, MODERN,
			     SESSION_PLANNING, .answer = answer_discover},
	[METHOD_TOOLS_LIST] = {"tools/list", AGENT | HOST, LEGACY | MODERN,
			       SESSION_PLANNING, .answer = answer_tools_list},
	[METHOD_TOOLS_CALL] = {"tools/call", AGENT | HOST, LEGACY | MODERN,
			       SESSION_PLANNING, .waits = true,
			       .answer = answer_tools_call},
	[METHOD_RESOURCES_READ] = {"resources/read", AGENT, MODERN,
				   SESSION_PLANNING,
				   .answer = answer_resources_read},
	[METHOD_MODEL] = {"pgmend/model", AGENT, MODERN, SESSION_PLANNING,
			  .answer = answer_model},
	[METHOD_MODEL_FAILED] = {"pgmend/model_failed", AGENT, MODERN,
				 SESSION_PLANNING,
				 .answer = answer_model_failed},
	[METHOD_CANCELLED] = {"notifications/cancelled", HOST, LEGACY | MODERN,
			      SESSION_PLANNING, .is_notification = true,
			      .answer = answer_cancelled},
};

const char *
peer_name(enum peer peer)
{
	static const char *const names[PEERS] = {
		[PEER_AGENT] = "agent", [PEER_HOST] = "host"};

	return names[peer];
}

enum peer
session_peer(const struct session *session)
{
	return session->host == NULL ? PEER_AGENT : PEER_HOST;
}

/* NULL where it isn't listed for this peer and era. */
static const struct row *
find_method(const struct session *session, const struct request *request,
	    const char *name)
{
	unsigned peer = 1U << session_peer(session);
	unsigned era = request->is_modern ? MODERN : LEGACY;

	for (int i = 0; i < METHODS; i++)
		if (strcmp(methods[i].name, name) == 0 &&
		    (methods[i].peers & peer) != 0 &&
		    (methods[i].eras & era) != 0 &&
		    methods[i].is_notification == request->is_notification)
			return &methods[i];
	return NULL;
}

/* A request is answered only when it is listed and its state is open. */
static int
dispatch(struct session *session, const struct request *request,
	 const char *name, struct error *err)
{
	const struct row *method = find_method(session, request, name);

	if (method == NULL)
		return session_refuse(session, request, RPC_METHOD,
				      "a request that isn't listed", err);
	if ((method->states & session->state) == 0) {
		auto_free char *what =
			xprintf("'%s' out of its state", method->name);

		return session_refuse(session, request, RPC_INVALID, what, err);
	}
	if (method->waits && host_is_busy(session->host))
		return host_keep(session, request, err);
	if (session_note_meta(session, request, err) < 0)
		return -1;
	return method->answer(session, request, err);
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
answer_agent(struct session *session, const struct json *json,
	     struct error *err)
{
	int node = json_member(json, 0, "id");
	auto_free char *method =
		json_string(json, json_member(json, 0, "method"));
	auto_free char *id = NULL;
	struct request request;

	if (method == NULL || !is_request(json, node))
		return session_refuse(session, NULL, RPC_INVALID,
				      "a frame that isn't a request", err);
	id = json_raw_copy(json, node);
	request = (struct request){
		.json = json,
		.params = json_member(json, 0, "params"),
		.id = id,
		.is_modern = true,
	};
	if (!speaks_our_version(&request))
		return session_send_error(session, &request, RPC_VERSION,
					  "supported versions: " MCP_VERSION,
					  err);
	return dispatch(session, &request, method, err);
}

/* A host also sends notifications, answers to nothing, and nonsense. */
static int
answer_host(struct session *session, const struct json *json, struct error *err)
{
	struct message message;
	int status = host_read(&message, session, json, err);

	if (status == 0 && message.method != NULL)
		status = dispatch(session, &message.request, message.method,
				  err);
	message_release(&message);
	return status;
}

int
session_take(struct session *session, const char *frame, size_t size,
	     struct error *err)
{
	auto_json struct json *json = NULL;

	if (json_scan(&json, frame, size, err) < 0 && session->host != NULL)
		return session_send_error(session, NULL, RPC_PARSE, err->text,
					  err);
	if (json == NULL)
		return session_refuse(session, NULL, RPC_PARSE,
				      "a frame that isn't JSON", err);
	return session->host == NULL ? answer_agent(session, json, err)
				     : answer_host(session, json, err);
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
		if (session_take(session, frame, size, err) < 0)
			return -1;
	}
	return 0;
}

void
session_free(struct session *session)
{
	document_free(session->new_brief);
	plan_free(session->plan);
	free(session->gave_up);
	free(session->model_failed);
	session->model_failed = NULL;
	session->plan = NULL;
	session->gave_up = NULL;
}
