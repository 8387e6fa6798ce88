/* tools.txt: one JSON text, which is what a peer is shown and what its
 * arguments are checked by. */
#include "pgmend.h"

#include "supervisor/document.h"
#include "supervisor/tools.h"

#include "tools_txt.h"

/* Our own text: it is there, and can be read. */
static struct json *
scan_tools(void)
{
	struct json *json = NULL;
	struct error err = NO_ERROR;

	if (json_scan(&json, tools_txt, strlen(tools_txt), &err) < 0)
		abort();
	return json;
}

static int
find_tool(const struct json *json, enum tool tool)
{
	int node = json_first(json, 0);

	for (; node != JSON_NONE; node = json_next(json, node)) {
		auto_free char *name =
			json_string(json, json_member(json, node, "name"));

		if (same_text(name, tool_name(tool)))
			break;
	}
	return node;
}

/* Copies a member, perhaps under another name; one that isn't there is left
 * out. */
static void
add_member(struct document *document, const char *name, const struct json *json,
	   int tool, const char *member)
{
	int node = json_member(json, tool, member);
	auto_free char *text = NULL;

	if (node == JSON_NONE)
		return;
	text = json_raw_copy(json, node);
	document_raw(document, name, text);
}

struct document *
tools_document(enum peer peer)
{
	auto_json struct json *json = scan_tools();
	struct document *list = document_array();

	for (int i = 0; i < TOOLS; i++) {
		int node = find_tool(json, (enum tool)i);
		struct document *tool;

		if (!tool_is_for((enum tool)i, peer))
			continue;
		tool = document_object();
		add_member(tool, "name", json, node, "name");
		if (peer == PEER_HOST)
			add_member(tool, "title", json, node, "title");
		add_member(tool, "description", json, node, peer_name(peer));
		add_member(tool, "inputSchema", json, node, "inputSchema");
		/* What an agent gets is described in its prompt. */
		if (peer == PEER_HOST) {
			add_member(tool, "outputSchema", json, node,
				   "outputSchema");
			add_member(tool, "annotations", json, node,
				   "annotations");
		}
		document_add(list, NULL, tool);
	}
	return list;
}

struct document *
tools_for_model(void)
{
	auto_json struct json *json = scan_tools();
	struct document *list = document_array();

	for (int i = 0; i < TOOLS; i++) {
		int node = find_tool(json, (enum tool)i);
		struct document *tool;

		if (!tool_is_for((enum tool)i, PEER_AGENT))
			continue;
		tool = document_object();
		add_member(tool, "name", json, node, "name");
		add_member(tool, "description", json, node,
			   peer_name(PEER_AGENT));
		document_bool(tool, "strict", true);
		add_member(tool, "input_schema", json, node, "inputSchema");
		document_add(list, NULL, tool);
	}
	return list;
}

/* --- Arguments ------------------------------------------------------------ */

/* A value and the schema that it must suit, each in its own text. */
struct check {
	const struct json *schemas;
	const struct json *json;
	char *mistake; /* 256 bytes */
};

static bool
refuse(const struct check *check, const char *name, const char *complaint)
{
	snprintf(check->mistake, 256, "%s %s", name, complaint);
	return false;
}

static bool
has_type(const struct json *json, int node, const char *type)
{
	static const struct {
		const char *name;
		enum json_type type;
	} types[] = {
		{"object", JSON_OBJECT}, {"array", JSON_ARRAY},
		{"string", JSON_STRING}, {"number", JSON_NUMBER},
		{"boolean", JSON_TRUE},	 {"boolean", JSON_FALSE},
		{"null", JSON_NULL},
	};
	long long number;

	if (strcmp(type, "integer") == 0)
		return json_integer(json, node, &number);
	for (size_t i = 0; i < array_size(types); i++)
		if (strcmp(types[i].name, type) == 0 &&
		    json_is(json, node, types[i].type))
			return true;
	return false;
}

static bool
suits_type(const struct check *check, int schema, int node, const char *name)
{
	const struct json *schemas = check->schemas;
	int types = json_member(schemas, schema, "type");
	bool is_list = json_is(schemas, types, JSON_ARRAY);
	int type = is_list ? json_first(schemas, types) : types;

	for (; type != JSON_NONE;
	     type = is_list ? json_next(schemas, type) : JSON_NONE) {
		auto_free char *word = json_string(schemas, type);

		if (has_type(check->json, node, word))
			return true;
	}
	return refuse(check, name, "is of another type than the tool takes");
}

/* One of the words, where there are some. */
static bool
suits_enum(const struct check *check, int schema, int node, const char *name)
{
	const struct json *schemas = check->schemas;
	int words = json_member(schemas, schema, "enum");
	auto_free char *given = json_string(check->json, node);

	if (words == JSON_NONE)
		return true;
	for (int word = json_first(schemas, words); word != JSON_NONE;
	     word = json_next(schemas, word)) {
		auto_free char *wanted = json_string(schemas, word);

		if (same_text(wanted, given))
			return true;
	}
	return refuse(check, name, "is none of the words that the tool takes");
}

static bool
suits_range(const struct check *check, int schema, int node, const char *name)
{
	const struct json *schemas = check->schemas;
	long long value, bound;

	if (!json_integer(check->json, node, &value))
		return true;
	if (json_integer(schemas, json_member(schemas, schema, "minimum"),
			 &bound) &&
	    value < bound)
		return refuse(check, name, "is too small");
	if (json_integer(schemas, json_member(schemas, schema, "maximum"),
			 &bound) &&
	    value > bound)
		return refuse(check, name, "is too large");
	return true;
}

static bool
suits(const struct check *check, int schema, int node, const char *name);

static bool
suits_items(const struct check *check, int schema, int node, const char *name)
{
	int items = json_member(check->schemas, schema, "items");

	if (items == JSON_NONE)
		return true;
	for (int item = json_first(check->json, node); item != JSON_NONE;
	     item = json_next(check->json, item))
		if (!suits(check, items, item, name))
			return false;
	return true;
}

/* Every object is closed: what isn't a property is refused. */
static bool
suits_properties(const struct check *check, int schema, int node,
		 const char *name)
{
	const struct json *schemas = check->schemas;
	int properties = json_member(schemas, schema, "properties");
	int required = json_member(schemas, schema, "required");

	for (int member = json_first(check->json, node); member != JSON_NONE;
	     member = json_next(check->json, member)) {
		auto_free char *key = json_key(check->json, member);
		int property = json_member(schemas, properties, key);

		if (property == JSON_NONE)
			return refuse(check, name, "has an unknown member");
		if (!suits(check, property, member, key))
			return false;
	}
	for (int word = json_first(schemas, required); word != JSON_NONE;
	     word = json_next(schemas, word)) {
		auto_free char *key = json_string(schemas, word);

		if (json_member(check->json, node, key) == JSON_NONE)
			return refuse(check, key, "is missing");
	}
	return true;
}

/* Recursion ends with the schema, which is ours. */
static bool
suits(const struct check *check, int schema, int node, const char *name)
{
	if (!suits_type(check, schema, node, name) ||
	    !suits_enum(check, schema, node, name) ||
	    !suits_range(check, schema, node, name))
		return false;
	if (json_is(check->json, node, JSON_ARRAY))
		return suits_items(check, schema, node, name);
	return !json_is(check->json, node, JSON_OBJECT) ||
	       suits_properties(check, schema, node, name);
}

bool
tool_takes(const struct tool_call *call, char *ret_mistake)
{
	static const char nothing[] = "{}";
	auto_json struct json *schemas = scan_tools();
	auto_json struct json *empty = NULL;
	struct error ignored = NO_ERROR;
	struct check check = {schemas, call->json, ret_mistake};
	int schema = json_member(schemas, find_tool(schemas, call->tool),
				 "inputSchema");

	if (call->arguments != JSON_NONE)
		return suits(&check, schema, call->arguments, "arguments");
	json_scan(&empty, nothing, strlen(nothing), &ignored);
	check.json = empty;
	return suits(&check, schema, 0, "arguments");
}
