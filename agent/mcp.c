#include <cjson/cJSON.h>

#include "agent/mcp.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"

#define MCP_REVISION "2026-07-28"
#define MCP_META "io.modelcontextprotocol/"
#define MCP_BRIEF "pgmend://incident"

static void
cjson_cleanup(cJSON **item)
{
	cJSON_Delete(*item);
}

#define auto_cjson __attribute__((cleanup(cjson_cleanup)))

/* cJSON answers NULL only when memory is out. */
static cJSON *
need(cJSON *item)
{
	if (item == NULL)
		abort();
	return item;
}

static void
add_text(cJSON *object, const char *name, const char *text)
{
	need(cJSON_AddStringToObject(object, name, text));
}

static cJSON *
add_object(cJSON *object, const char *name)
{
	return need(cJSON_AddObjectToObject(object, name));
}

/* --- Requests ------------------------------------------------------------- */

/* The revision has no session: every request says again who asks. */
static void
add_meta(cJSON *params)
{
	cJSON *meta = add_object(params, "_meta");
	cJSON *client;

	add_text(meta, MCP_META "protocolVersion", MCP_REVISION);
	add_object(meta, MCP_META "clientCapabilities");
	client = add_object(meta, MCP_META "clientInfo");
	add_text(client, "name", "pgmend-agent");
	add_text(client, "version", PGMEND_VERSION);
}

/* Takes the parameters; sends the request with the next id. */
static int
send_request(struct mcp *mcp, const char *method, cJSON *params,
	     struct error *err)
{
	auto_cjson cJSON *request = need(cJSON_CreateObject());
	auto_free char *line = NULL;

	add_meta(params);
	add_text(request, "jsonrpc", "2.0");
	need(cJSON_AddNumberToObject(request, "id", ++mcp->last_id));
	add_text(request, "method", method);
	cJSON_AddItemToObject(request, "params", params);
	line = cJSON_PrintUnformatted(request);
	if (line == NULL)
		abort();
	return wire_write(mcp->wire, WIRE_NO_DEADLINE, line, strlen(line), err);
}

/* --- Answers -------------------------------------------------------------- */

/* An answer, and its text, which the document borrows. */
struct answer {
	char *text;
	struct json *json;
	int result; /* node */
};

static void
answer_cleanup(struct answer *answer)
{
	json_free(answer->json);
	free(answer->text);
}

#define auto_answer __attribute__((cleanup(answer_cleanup)))

static char *
member_text(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

static int
receive_frame(struct mcp *mcp, struct answer *answer, struct error *err)
{
	const char *frame;
	size_t size;

	answer_cleanup(answer);
	*answer = (struct answer){.result = JSON_NONE};
	if (wire_read(mcp->wire, WIRE_NO_DEADLINE, &frame, &size, err) < 0)
		return -1;
	mcp->is_closed = frame == NULL;
	if (mcp->is_closed)
		return fail(err, "end of file");
	answer->text = xstrndup(frame, size);
	return json_scan(&answer->json, answer->text, size, err);
}

static bool
is_notification(const struct json *json)
{
	return json_member(json, 0, "method") != JSON_NONE &&
	       json_member(json, 0, "id") == JSON_NONE;
}

/* The result must answer our request, and be all of it. */
static int
check_answer(const struct mcp *mcp, struct answer *answer, struct error *err)
{
	const struct json *json = answer->json;
	int error = json_member(json, 0, "error");
	int result = json_member(json, 0, "result");
	auto_free char *version = member_text(json, 0, "jsonrpc");
	auto_free char *message = member_text(json, error, "message");
	auto_free char *type = member_text(json, result, "resultType");
	long long id = 0;

	if (!same_text(version, "2.0") ||
	    !json_integer(json, json_member(json, 0, "id"), &id) ||
	    id != mcp->last_id)
		return fail(err, "an answer to no question of ours");
	if (error != JSON_NONE)
		return fail(err, "%s", message == NULL ? "error" : message);
	if (!same_text(type, "complete"))
		return fail(err, "an answer that is not complete");
	answer->result = result;
	return 0;
}

/* Asks and waits; notifications on the way are nothing to us. */
static int
ask(struct mcp *mcp, const char *method, cJSON *params,
    struct answer *ret_answer, struct error *err)
{
	if (send_request(mcp, method, params, err) < 0)
		return -1;
	do {
		if (receive_frame(mcp, ret_answer, err) < 0)
			return fail_in(err, "%s", method);
	} while (is_notification(ret_answer->json));
	if (check_answer(mcp, ret_answer, err) < 0)
		return fail_in(err, "%s", method);
	return 0;
}

/* Takes the arguments. */
static int
call_tool(struct mcp *mcp, const char *name, cJSON *arguments,
	  struct answer *ret_answer, struct error *err)
{
	cJSON *params = need(cJSON_CreateObject());

	add_text(params, "name", name);
	cJSON_AddItemToObject(params, "arguments", arguments);
	return ask(mcp, "tools/call", params, ret_answer, err);
}

/* --- What is asked -------------------------------------------------------- */

int
mcp_discover(struct mcp *mcp, struct error *err)
{
	auto_answer struct answer answer = {0};
	int version;

	if (ask(mcp, "server/discover", need(cJSON_CreateObject()), &answer,
		err) < 0)
		return -1;
	version = json_member(answer.json, answer.result, "supportedVersions");
	version = json_first(answer.json, version);
	for (; version != JSON_NONE;
	     version = json_next(answer.json, version)) {
		auto_free char *name = json_string(answer.json, version);

		if (same_text(name, MCP_REVISION))
			return 0;
	}
	return fail(err, "the server doesn't speak " MCP_REVISION);
}

int
mcp_read_brief(struct mcp *mcp, char **ret_brief, struct error *err)
{
	auto_answer struct answer answer = {0};
	cJSON *params = need(cJSON_CreateObject());
	char *brief;
	int contents;

	add_text(params, "uri", MCP_BRIEF);
	if (ask(mcp, "resources/read", params, &answer, err) < 0)
		return -1;
	contents = json_member(answer.json, answer.result, "contents");
	brief = member_text(answer.json, json_first(answer.json, contents),
			    "text");
	if (brief == NULL)
		return fail(err, "resources/read: no text in the answer");
	*ret_brief = brief;
	return 0;
}

/* The arguments of propose_repair. A new nullable column is as little risk as
 * a change can be. */
static cJSON *
proposal_arguments(const struct proposal *proposal)
{
	cJSON *arguments = need(cJSON_CreateObject());
	cJSON *statements;

	add_text(arguments, "diagnosis", proposal->diagnosis);
	add_text(arguments, "risk_level", "LOW");
	statements = need(cJSON_AddArrayToObject(arguments, "statements"));
	cJSON_AddItemToArray(statements,
			     need(cJSON_CreateString(proposal->statement)));
	need(cJSON_AddArrayToObject(arguments, "mapping"));
	need(cJSON_AddArrayToObject(arguments, "advice"));
	add_text(arguments, "reasoning", proposal->reasoning);
	return arguments;
}

int
mcp_propose(struct mcp *mcp, const struct proposal *proposal, char **ret_denial,
	    struct error *err)
{
	auto_answer struct answer answer = {0};
	auto_free char *message = NULL;
	const struct json *json;
	int verdict;

	if (call_tool(mcp, "propose_repair", proposal_arguments(proposal),
		      &answer, err) < 0)
		return -1;
	json = answer.json;
	*ret_denial = NULL;
	if (!json_is(json, json_member(json, answer.result, "isError"),
		     JSON_TRUE))
		return 0;
	verdict = json_member(json, answer.result, "structuredContent");
	message = member_text(json, verdict, "message");
	*ret_denial = xprintf("the proposal was denied: %s",
			      message == NULL ? "no reason given" : message);
	return 0;
}

int
mcp_give_up(struct mcp *mcp, const char *reason, struct error *err)
{
	auto_answer struct answer answer = {0};
	cJSON *arguments = need(cJSON_CreateObject());

	add_text(arguments, "reason", reason);
	return call_tool(mcp, "give_up", arguments, &answer, err);
}
