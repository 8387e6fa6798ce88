/*
 * json_scan.c - the scanner itself: a recursive descent over hostile bytes.
 *
 * Recursion is bounded by JSON_DEPTH_MAX, and every loop consumes a byte.
 */
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/utf8.h"

#define SHOWN_BYTES_MAX 8 /* of the text, in an error */

struct scan {
	struct json *json;
	size_t allocated; /* nodes */
	size_t at;
	int depth;
	struct error *err;
};

static int scan_value(struct scan *scan, int *ret_node);

/* The byte at the cursor, or -1 at the end. */
static int
peek(const struct scan *scan)
{
	const struct json *json = scan->json;

	return scan->at < json->size ? (unsigned char)json->text[scan->at] : -1;
}

static bool
is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* Says where, what was wrong, and what stands there, escaped. */
static int
refuse(const struct scan *scan, const char *complaint)
{
	char found[SHOWN_BYTES_MAX * 4 + 1] = "";
	size_t used = 0;
	size_t end = scan->at + SHOWN_BYTES_MAX;

	for (size_t i = scan->at; i < end && i < scan->json->size; i++) {
		unsigned char byte = (unsigned char)scan->json->text[i];
		bool is_plain = byte >= ' ' && byte < 0x7f;

		used += (size_t)snprintf(found + used, sizeof(found) - used,
					 is_plain ? "%c" : "\\x%02x", byte);
	}
	return fail_as(scan->err, EXIT_REFUSED, "bad_json",
		       "not acceptable JSON: %s at byte %zu, found %s%s",
		       complaint, scan->at, used > 0 ? found : "the end",
		       end < scan->json->size ? "..." : "");
}

static void
skip_space(struct scan *scan)
{
	int byte = peek(scan);

	while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
		scan->at++;
		byte = peek(scan);
	}
}

static int
new_node(struct scan *scan, enum json_type type)
{
	struct json *json = scan->json;

	if ((size_t)json->count == scan->allocated) {
		scan->allocated = scan->allocated * 2 + 16;
		json->nodes = xreallocarray(json->nodes, scan->allocated,
					    sizeof(*json->nodes));
	}
	json->nodes[json->count] = (struct json_node){
		.type = type,
		.start = scan->at,
		.end = scan->at,
		.first = JSON_NONE,
		.next = JSON_NONE,
	};
	return json->count++;
}

/* The four digits after \u. */
static int
scan_hex(struct scan *scan, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		int byte = peek(scan);

		if (is_digit(byte))
			unit = unit << 4 | (uint32_t)(byte - '0');
		else if (byte >= 'a' && byte <= 'f')
			unit = unit << 4 | (uint32_t)(byte - 'a' + 10);
		else if (byte >= 'A' && byte <= 'F')
			unit = unit << 4 | (uint32_t)(byte - 'A' + 10);
		else
			return refuse(scan, "four hexadecimal digits wanted");
		scan->at++;
	}
	*ret_unit = unit;
	return 0;
}

/* Half a surrogate pair has no meaning in UTF-8, and \u0000 ends a C string
 * early in whoever reads it next: both are refused. */
static int
scan_unicode_escape(struct scan *scan)
{
	uint32_t high, low;

	if (scan_hex(scan, &high) < 0)
		return -1;
	if (high == 0)
		return refuse(scan, "escaped NUL");
	if (high < 0xd800 || high > 0xdfff)
		return 0;
	if (high > 0xdbff || scan->at + 2 > scan->json->size ||
	    memcmp(scan->json->text + scan->at, "\\u", 2) != 0)
		return refuse(scan, "lone surrogate");
	scan->at += 2;
	if (scan_hex(scan, &low) < 0)
		return -1;
	if (low < 0xdc00 || low > 0xdfff)
		return refuse(scan, "lone surrogate");
	return 0;
}

static int
scan_escape(struct scan *scan)
{
	int byte;

	scan->at++;
	byte = peek(scan);
	if (byte <= 0 || strchr("\"\\/bfnrtu", byte) == NULL)
		return refuse(scan, "unknown escape");
	scan->at++;
	return byte == 'u' ? scan_unicode_escape(scan) : 0;
}

static int
scan_string(struct scan *scan)
{
	const struct json *json = scan->json;
	size_t length;

	for (scan->at++; peek(scan) != '"'; scan->at += length) {
		int byte = peek(scan);

		length = 0;
		if (byte < ' ')
			return refuse(scan, byte < 0 ? "unfinished string"
						     : "control character");
		if (byte == '\\' && scan_escape(scan) < 0)
			return -1;
		if (byte == '\\')
			continue;
		length = utf8_decode(json->text + scan->at,
				     json->size - scan->at, NULL);
		if (length == 0)
			return refuse(scan, "invalid UTF-8");
	}
	scan->at++;
	return 0;
}

static int
scan_digits(struct scan *scan)
{
	if (!is_digit(peek(scan)))
		return refuse(scan, "digit wanted");
	while (is_digit(peek(scan)))
		scan->at++;
	return 0;
}

static int
scan_number(struct scan *scan)
{
	if (peek(scan) == '-')
		scan->at++;
	else if (!is_digit(peek(scan)))
		return refuse(scan, "value wanted");
	if (peek(scan) == '0') {
		scan->at++;
		if (is_digit(peek(scan)))
			return refuse(scan, "leading zero");
	} else if (scan_digits(scan) < 0) {
		return -1;
	}
	if (peek(scan) == '.') {
		scan->at++;
		if (scan_digits(scan) < 0)
			return -1;
	}
	if (peek(scan) == 'e' || peek(scan) == 'E') {
		scan->at++;
		if (peek(scan) == '+' || peek(scan) == '-')
			scan->at++;
		return scan_digits(scan);
	}
	return 0;
}

static int
scan_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	if (scan->json->size - scan->at < length ||
	    memcmp(scan->json->text + scan->at, word, length) != 0)
		return refuse(scan, "value wanted");
	scan->at += length;
	return 0;
}

/* "name": up to the value; remembers the span of the name. */
static int
scan_key(struct scan *scan, size_t *ret_start, size_t *ret_end)
{
	size_t start = scan->at;

	if (peek(scan) != '"')
		return refuse(scan, "member name wanted");
	if (scan_string(scan) < 0)
		return -1;
	*ret_start = start;
	*ret_end = scan->at;
	skip_space(scan);
	if (peek(scan) != ':')
		return refuse(scan, "colon wanted");
	scan->at++;
	skip_space(scan);
	return 0;
}

/* Parsers disagree about which of two equal names wins, so neither may. */
static int
refuse_duplicate(struct scan *scan, int object)
{
	int node = json_duplicate(scan->json, object);

	if (node == JSON_NONE)
		return 0;
	scan->at = scan->json->nodes[node].key_start;
	return refuse(scan, "member named twice");
}

/* One element or member, linked behind `previous`. */
static int
scan_child(struct scan *scan, int parent, int *previous)
{
	bool is_object = scan->json->nodes[parent].type == JSON_OBJECT;
	size_t key_start = 0, key_end = 0;
	struct json_node *nodes;
	int node;

	if (is_object && scan_key(scan, &key_start, &key_end) < 0)
		return -1;
	if (scan_value(scan, &node) < 0)
		return -1;
	nodes = scan->json->nodes;
	nodes[node].key_start = key_start;
	nodes[node].key_end = key_end;
	nodes[parent].count++;
	if (*previous == JSON_NONE)
		nodes[parent].first = node;
	else
		nodes[*previous].next = node;
	*previous = node;
	skip_space(scan);
	return 0;
}

static int
scan_children(struct scan *scan, int parent, int closing)
{
	int previous = JSON_NONE;

	if (scan->depth == JSON_DEPTH_MAX)
		return refuse(scan, "nested too deeply");
	scan->depth++;
	scan->at++;
	skip_space(scan);
	while (peek(scan) != closing) {
		if (previous != JSON_NONE) {
			if (peek(scan) != ',')
				return refuse(scan, "comma or end wanted");
			scan->at++;
			skip_space(scan);
		}
		if (scan_child(scan, parent, &previous) < 0)
			return -1;
	}
	scan->at++;
	scan->depth--;
	return closing == '}' ? refuse_duplicate(scan, parent) : 0;
}

static enum json_type
type_of(int byte)
{
	switch (byte) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

static int
scan_content(struct scan *scan, int node, enum json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return scan_children(scan, node, '}');
	case JSON_ARRAY:
		return scan_children(scan, node, ']');
	case JSON_STRING:
		return scan_string(scan);
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		return scan_word(scan, json_type_name(type));
	default:
		return scan_number(scan);
	}
}

static int
scan_value(struct scan *scan, int *ret_node)
{
	enum json_type type = type_of(peek(scan));
	int node = new_node(scan, type);

	if (scan_content(scan, node, type) < 0)
		return -1;
	scan->json->nodes[node].end = scan->at;
	*ret_node = node;
	return 0;
}

int
json_scan(struct json **ret_json, const char *text, size_t size,
	  struct error *err)
{
	auto_json struct json *json = xcalloc(1, sizeof(*json));
	struct scan scan = {.json = json, .err = err};
	int node;

	json->text = text;
	json->size = size;
	skip_space(&scan);
	if (scan_value(&scan, &node) < 0)
		return -1;
	skip_space(&scan);
	if (scan.at != size)
		return refuse(&scan, "nothing more wanted");
	*ret_json = take(json);
	return 0;
}
