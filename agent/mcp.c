#include <cjson/cJSON.h>

#include "agent/answer.h"
#include "agent/mcp.h"
#include "agent/planner.h"
#include "agent/usage.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"

#define MCP_REVISION "2026-07-28"
#define MCP_META "io.modelcontextprotocol/"
#define MCP_BRIEF "pgmend://incident"
#define MCP_PROMPT "pgmend://model"
#define MCP_CHUNK "pgmend/model_chunk"

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

static void
add_number(cJSON *object, const char *name, int64_t number)
{
	need(cJSON_AddNumberToObject(object, name, (double)number));
}

/* JSON that the scanner has accepted, as it is. */
static void
add_raw(cJSON *object, const char *name, const char *json)
{
	need(cJSON_AddRawToObject(object, name, json));
}

/* --- Requests ------------------------------------------------------------- */

/* What the audit keeps of the model's mind, on our word alone. */
static void
add_model(const struct mcp *mcp, cJSON *meta)
{
	const struct usage *usage = mcp->usage;
	cJSON *counts;

	if (mcp->thinking != NULL)
		add_text(meta, "pgmend/thinking", mcp->thinking);
	if (usage == NULL)
		return;
	counts = add_object(meta, "pgmend/usage");
	add_number(counts, "input", usage->input);
	add_number(counts, "output", usage->output);
	add_number(counts, "cache_write", usage->cache_write);
	add_number(counts, "cache_read", usage->cache_read);
	add_number(counts, "requests", usage->requests);
}

/* The revision has no session: every request says again who asks. */
static void
add_meta(const struct mcp *mcp, cJSON *params)
{
	cJSON *meta = add_object(params, "_meta");
	cJSON *client;

	add_text(meta, MCP_META "protocolVersion", MCP_REVISION);
	add_object(meta, MCP_META "clientCapabilities");
	client = add_object(meta, MCP_META "clientInfo");
	add_text(client, "name", "pgmend-agent");
	add_text(client, "version", PGMEND_VERSION);
	add_model(mcp, meta);
}

/* Takes the parameters; sends the request with the next id. */
static int
send_request(struct mcp *mcp, const char *method, cJSON *params,
	     struct error *err)
{
	auto_cjson cJSON *request = need(cJSON_CreateObject());
	auto_free char *line = NULL;

	add_meta(mcp, params);
	add_text(request, "jsonrpc", "2.0");
	add_number(request, "id", ++mcp->last_id);
	add_text(request, "method", method);
	cJSON_AddItemToObject(request, "params", params);
	line = cJSON_PrintUnformatted(request);
	if (line == NULL)
		abort();
	return wire_write(mcp->wire, WIRE_NO_DEADLINE, line, strlen(line), err);
}

/* --- Answers -------------------------------------------------------------- */

/* Of all notifications only the pieces of a model's answer are of interest. */
static int
take_notification(const struct mcp *mcp, const struct answer *answer,
		  const char *method, struct error *err)
{
	int params = json_member(answer->json, 0, "params");
	auto_free char *encoded = answer_text(answer, params, "bytes");
	auto_free char *bytes = NULL;
	size_t size;

	if (mcp->take_chunk == NULL || strcmp(method, MCP_CHUNK) != 0)
		return 0;
	bytes = encoded == NULL ? NULL : post_decode(encoded, &size);
	if (bytes == NULL)
		return fail(err, MCP_CHUNK " without bytes");
	mcp->take_chunk(mcp->chunk_context, bytes, size);
	return 0;
}

/* Waits for the answer to the last request. */
static int
await_answer(struct mcp *mcp, struct answer *answer, struct error *err)
{
	for (;;) {
		auto_free char *method = NULL;

		if (answer_receive(answer, mcp->wire, &mcp->is_closed, err) < 0)
			return -1;
		method = answer_notification(answer);
		if (method == NULL)
			return answer_check(answer, mcp->last_id, err);
		if (take_notification(mcp, answer, method, err) < 0)
			return -1;
	}
}

/* Takes the parameters. */
static int
ask(struct mcp *mcp, const char *method, cJSON *params,
    struct answer *ret_answer, struct error *err)
{
	if (send_request(mcp, method, params, err) < 0)
		return -1;
	if (await_answer(mcp, ret_answer, err) < 0)
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

static int
read_resource(struct mcp *mcp, const char *uri, char **ret_text,
	      struct error *err)
{
	auto_answer struct answer answer = {0};
	cJSON *params = need(cJSON_CreateObject());
	char *text;
	int contents;

	add_text(params, "uri", uri);
	if (ask(mcp, "resources/read", params, &answer, err) < 0)
		return -1;
	contents = json_member(answer.json, answer.result, "contents");
	text = answer_text(&answer, json_first(answer.json, contents), "text");
	if (text == NULL)
		return fail(err, "resources/read: no text in the answer");
	*ret_text = text;
	return 0;
}

int
mcp_read_brief(struct mcp *mcp, char **ret_brief, struct error *err)
{
	return read_resource(mcp, MCP_BRIEF, ret_brief, err);
}

int
mcp_read_prompt(struct mcp *mcp, char **ret_prompt, struct error *err)
{
	return read_resource(mcp, MCP_PROMPT, ret_prompt, err);
}

static void
add_mappings(cJSON *arguments, const struct proposal *proposal)
{
	cJSON *list = need(cJSON_AddArrayToObject(arguments, "mapping"));

	for (int i = 0; i < proposal->mapping_count; i++) {
		const struct proposal_mapping *mapping = &proposal->mappings[i];
		cJSON *one = need(cJSON_CreateObject());

		add_text(one, "field", mapping->field);
		add_text(one, "column", mapping->column);
		if (mapping->transform != NULL)
			add_text(one, "transform", mapping->transform);
		else
			need(cJSON_AddNullToObject(one, "transform"));
		cJSON_AddItemToArray(list, one);
	}
}

static void
add_texts(cJSON *object, const char *name, char *const *texts, int count)
{
	cJSON *list = need(cJSON_AddArrayToObject(object, name));

	for (int i = 0; i < count; i++)
		cJSON_AddItemToArray(list, need(cJSON_CreateString(texts[i])));
}

/* The arguments of propose_repair. */
static cJSON *
proposal_arguments(const struct proposal *proposal)
{
	cJSON *arguments = need(cJSON_CreateObject());

	add_text(arguments, "diagnosis", proposal->diagnosis);
	add_text(arguments, "risk_level", proposal->risk_level);
	add_texts(arguments, "statements", proposal->statements,
		  proposal->statement_count);
	add_mappings(arguments, proposal);
	add_texts(arguments, "advice", proposal->advice,
		  proposal->advice_count);
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
	message = answer_text(&answer, verdict, "message");
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

int
mcp_call(struct mcp *mcp, const char *tool, const char *arguments,
	 struct mcp_answer *ret_answer, struct error *err)
{
	auto_answer struct answer answer = {0};
	const struct json *json;
	char *text;
	int contents;

	if (call_tool(mcp, tool, need(cJSON_CreateRaw(arguments)), &answer,
		      err) < 0)
		return -1;
	json = answer.json;
	contents = json_member(json, answer.result, "content");
	text = answer_text(&answer, json_first(json, contents), "text");
	*ret_answer = (struct mcp_answer){
		.text = text == NULL ? xstrdup("{}") : text,
		.is_error = json_is(json,
				    json_member(json, answer.result, "isError"),
				    JSON_TRUE),
	};
	return 0;
}

/* --- The model ------------------------------------------------------------ */

static int
read_reply(struct mcp_reply *ret_reply, const struct answer *answer,
	   struct error *err)
{
	const struct json *json = answer->json;
	int headers = json_member(json, answer->result, "headers");
	long long status = 0;

	json_integer(json, json_member(json, answer->result, "status"),
		     &status);
	if (status < 0 || status > 999)
		return fail(err, "pgmend/model: status %lld", status);
	*ret_reply = (struct mcp_reply){
		.status = (int)status,
		.failure = answer_text(answer, answer->result, "failure"),
		.should_retry = answer_text(answer, headers, "x-should-retry"),
		.retry_after = answer_text(answer, headers, "retry-after"),
		.retry_after_ms =
			answer_text(answer, headers, "retry-after-ms"),
		.request_id = answer_text(answer, headers, "request-id"),
	};
	return 0;
}

int
mcp_ask_model(struct mcp *mcp, const char *body, struct mcp_reply *ret_reply,
	      struct error *err)
{
	auto_answer struct answer answer = {0};
	cJSON *params = need(cJSON_CreateObject());

	add_raw(params, "body", body);
	if (ask(mcp, "pgmend/model", params, &answer, err) == 0)
		return read_reply(ret_reply, &answer, err);
	if (!same_text(err->code, ANSWER_IS_ERROR))
		return -1;
	*ret_reply = (struct mcp_reply){.failure = xstrdup(err->text)};
	return 0;
}

void
mcp_reply_free(struct mcp_reply *reply)
{
	free(reply->failure);
	free(reply->should_retry);
	free(reply->retry_after);
	free(reply->retry_after_ms);
	free(reply->request_id);
	*reply = (struct mcp_reply){0};
}

int
mcp_model_failed(struct mcp *mcp, const struct error *failure,
		 struct error *err)
{
	auto_answer struct answer answer = {0};
	cJSON *params = need(cJSON_CreateObject());

	add_text(params, "reason", failure->code);
	add_text(params, "message", failure->text);
	return ask(mcp, "pgmend/model_failed", params, &answer, err);
}
