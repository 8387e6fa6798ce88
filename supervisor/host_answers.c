/* What a host asks that an agent doesn't: the versions, and a sign of life. */
#include "pgmend.h"

#include "supervisor/document.h"
#include "supervisor/host.h"

/* Newest first; behind the first, those of initialize. */
static const char *const versions[] = {MCP_VERSION, "2025-11-25", "2025-06-18",
				       "2025-03-26", "2024-11-05"};
#define LATEST_LEGACY 1

static struct document *
server_info(void)
{
	struct document *info = document_object();

	document_text(info, "name", "pgmend");
	document_text(info, "title", "pgmend");
	document_text(info, "version", PGMEND_VERSION);
	return info;
}

struct document *
host_meta(void)
{
	struct document *meta = document_object();

	document_add(meta, "io.modelcontextprotocol/serverInfo", server_info());
	return meta;
}

struct document *
host_versions(void)
{
	struct document *list = document_array();

	for (size_t i = 0; i < array_size(versions); i++)
		document_text(list, NULL, versions[i]);
	return list;
}

struct document *
host_versions_data(const struct request *request)
{
	const struct json *json = request->json;
	int meta = json_member(json, request->params, "_meta");
	auto_free char *requested = json_string(
		json, json_member(json, meta,
				  "io.modelcontextprotocol/protocolVersion"));
	struct document *data = document_object();

	document_add(data, "supported", host_versions());
	document_text(data, "requested", requested);
	return data;
}

/* The one that was asked for, if it is served this way; else our latest. */
static const char *
choose_version(const char *wanted)
{
	for (size_t i = LATEST_LEGACY; i < array_size(versions); i++)
		if (strcmp(versions[i], wanted) == 0)
			return versions[i];
	return versions[LATEST_LEGACY];
}

/* From here on the process speaks the legacy protocol, too. */
int
answer_initialize(struct session *session, const struct request *request,
		  struct error *err)
{
	const struct json *json = request->json;
	struct request legacy = *request;
	auto_free char *wanted = json_string(
		json, json_member(json, request->params, "protocolVersion"));
	struct document *result, *capabilities;

	legacy.is_modern = false;
	if (wanted == NULL)
		return session_send_error(session, &legacy, RPC_PARAMS,
					  "protocolVersion must be a string",
					  err);
	session->host->is_legacy = true;
	result = document_object();
	capabilities = document_object();
	document_text(result, "protocolVersion", choose_version(wanted));
	document_add(capabilities, "tools", document_object());
	document_add(result, "capabilities", capabilities);
	document_add(result, "serverInfo", server_info());
	document_text(result, "instructions", HOST_INSTRUCTIONS);
	return session_send_result(session, &legacy, result, err);
}

int
answer_ping(struct session *session, const struct request *request,
	    struct error *err)
{
	return session_send_result(session, request, document_object(), err);
}
