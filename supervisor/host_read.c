/* A host's message: a request, a notification, an answer to nothing, or no
 * message at all; and which era's it is. */
#include "pgmend.h"

#include "supervisor/host.h"

#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

void
message_release(struct message *message)
{
	free(message->method);
	free(message->id);
}

/* A string, or an integer of any size: it is only echoed. */
static bool
is_id(const struct json *json, int node)
{
	size_t size, digits = 0;
	const char *raw;

	if (json_is(json, node, JSON_STRING))
		return true;
	if (!json_is(json, node, JSON_NUMBER))
		return false;
	raw = json_raw(json, node, &size);
	if (raw[0] == '-')
		digits++;
	while (digits < size && raw[digits] >= '0' && raw[digits] <= '9')
		digits++;
	return digits == size;
}

bool
is_same_id(const char *left, const char *right)
{
	auto_json struct json *left_json = NULL, *right_json = NULL;
	auto_free char *left_text = NULL, *right_text = NULL;
	struct error ignored = NO_ERROR;

	if (left == NULL || right == NULL)
		return false;
	if (json_scan(&left_json, left, strlen(left), &ignored) < 0 ||
	    json_scan(&right_json, right, strlen(right), &ignored) < 0)
		return false;
	left_text = json_string(left_json, 0);
	right_text = json_string(right_json, 0);
	if (left_text == NULL || right_text == NULL)
		return left_text == right_text && strcmp(left, right) == 0;
	return strcmp(left_text, right_text) == 0;
}

/* Answers to requests that were never made: ignored. */
static bool
is_response(const struct json *json)
{
	return json_member(json, 0, "method") == JSON_NONE &&
	       (json_member(json, 0, "result") != JSON_NONE ||
		json_member(json, 0, "error") != JSON_NONE);
}

static bool
is_message(const struct json *json, int id)
{
	auto_free char *version =
		json_string(json, json_member(json, 0, "jsonrpc"));
	int params = json_member(json, 0, "params");

	return same_text(version, "2.0") &&
	       json_is(json, json_member(json, 0, "method"), JSON_STRING) &&
	       (id == JSON_NONE || is_id(json, id)) &&
	       (id == JSON_NONE || params == JSON_NONE ||
		json_is(json, params, JSON_OBJECT));
}

/* Before initialize only it and ping need no _meta. */
static const char *
legacy_mistake(const struct session *session, const char *method)
{
	if (session->host->is_legacy || strcmp(method, "initialize") == 0 ||
	    strcmp(method, "ping") == 0)
		return NULL;
	return "a request without _meta before initialize";
}

/* Which era the request is of; answers one that is of neither. */
static int
read_era(struct message *message, struct session *session, struct error *err)
{
	struct request *request = &message->request;
	const struct json *json = request->json;
	int meta = json_member(json, request->params, "_meta");
	int version = json_member(json, meta, META_VERSION);
	int capabilities = json_member(json, meta, META_CAPABILITIES);
	auto_free char *text = json_string(json, version);
	const char *mistake = NULL;
	enum rpc_error code = RPC_PARAMS;

	request->is_modern = version != JSON_NONE || capabilities != JSON_NONE;
	if (meta != JSON_NONE && !json_is(json, meta, JSON_OBJECT))
		mistake = "_meta that is no object";
	else if (!request->is_modern)
		mistake = legacy_mistake(session, message->method);
	else if (text == NULL || !json_is(json, capabilities, JSON_OBJECT))
		mistake =
			"_meta without " META_VERSION " and " META_CAPABILITIES;
	else if (strcmp(text, MCP_VERSION) != 0) {
		mistake = "a protocol version that isn't supported";
		code = RPC_VERSION;
	}
	if (mistake == NULL)
		return 0;
	free(message->method);
	message->method = NULL;
	return session_refuse(session, request, code, mistake, err);
}

int
host_read(struct message *ret_message, struct session *session,
	  const struct json *json, struct error *err)
{
	int id = json_member(json, 0, "id");
	struct request *request = &ret_message->request;

	*ret_message = (struct message){.request = {.json = json}};
	if (json_is(json, 0, JSON_ARRAY))
		return session_refuse(session, NULL, RPC_INVALID, "a batch",
				      err);
	if (!json_is(json, 0, JSON_OBJECT))
		return session_refuse(session, NULL, RPC_INVALID,
				      "a frame that isn't an object", err);
	if (is_response(json))
		return 0;
	if (id != JSON_NONE && is_id(json, id))
		request->id = ret_message->id = json_raw_copy(json, id);
	request->params = json_member(json, 0, "params");
	if (!is_message(json, id))
		return session_refuse(session, request, RPC_INVALID,
				      "a frame that isn't a request", err);
	ret_message->method = json_string(json, json_member(json, 0, "method"));
	request->is_notification = id == JSON_NONE;
	return request->is_notification ? 0
					: read_era(ret_message, session, err);
}
