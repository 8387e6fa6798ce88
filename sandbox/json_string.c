/*
 * json_string.c - what strings and keys mean: decoded, compared, found.
 *
 * Works on spans of which the scanner has accepted every byte.
 */
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/utf8.h"

static uint32_t
hex_unit(const char *digits)
{
	char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};

	return (uint32_t)strtoul(text, NULL, 16);
}

/* The character behind \u, which may be a pair. */
static uint32_t
unicode_escape(const char **cursor)
{
	uint32_t high = hex_unit(*cursor);
	uint32_t low;

	*cursor += 4;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	low = hex_unit(*cursor + 2);
	*cursor += 6;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* The character at the cursor, decoded; moves the cursor behind it. */
static uint32_t
next_character(const char **cursor, const char *end)
{
	static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	uint32_t character = 0;
	const char *name;

	if (**cursor != '\\') {
		*cursor += utf8_decode(*cursor, (size_t)(end - *cursor),
				       &character);
		return character;
	}
	character = (unsigned char)(*cursor)[1];
	*cursor += 2;
	if (character == 'u')
		return unicode_escape(cursor);
	name = strchr(names, (int)character);
	return name == NULL ? character : (unsigned char)meanings[name - names];
}

/* Decodes the span of a string, given with its quotes. */
static char *
decode(const struct json *json, size_t start, size_t end)
{
	const char *cursor = json->text + start + 1;
	const char *stop = json->text + end - 1;
	char *text = xcalloc(1, end - start);
	size_t used = 0;

	while (cursor < stop)
		used += utf8_encode(text + used, next_character(&cursor, stop));
	return text;
}

char *
json_string(const struct json *json, int node)
{
	if (!json_is(json, node, JSON_STRING))
		return NULL;
	return decode(json, json->nodes[node].start, json->nodes[node].end);
}

char *
json_key(const struct json *json, int node)
{
	if (node == JSON_NONE || json->nodes[node].key_end == 0)
		return NULL;
	return decode(json, json->nodes[node].key_start,
		      json->nodes[node].key_end);
}

/* Order of two members' keys, decoded. */
static int
compare_keys(const struct json *json, int left, int right)
{
	const struct json_node *nodes = json->nodes;
	const char *a = json->text + nodes[left].key_start + 1;
	const char *a_end = json->text + nodes[left].key_end - 1;
	const char *b = json->text + nodes[right].key_start + 1;
	const char *b_end = json->text + nodes[right].key_end - 1;

	while (a < a_end && b < b_end) {
		uint32_t of_a = next_character(&a, a_end);
		uint32_t of_b = next_character(&b, b_end);

		if (of_a != of_b)
			return of_a < of_b ? -1 : 1;
	}
	return (a < a_end) - (b < b_end);
}

/* Whether a member's decoded key is this name. */
static bool
has_key(const struct json *json, int node, const char *name)
{
	const char *key = json->text + json->nodes[node].key_start + 1;
	const char *key_end = json->text + json->nodes[node].key_end - 1;
	size_t size = strlen(name);
	const char *name_end = name + size;

	/* Without an escape it is the name, byte for byte. */
	if (memchr(key, '\\', (size_t)(key_end - key)) == NULL)
		return (size_t)(key_end - key) == size &&
		       memcmp(key, name, size) == 0;
	while (key < key_end && name < name_end) {
		uint32_t wanted = 0;

		name += utf8_decode(name, (size_t)(name_end - name), &wanted);
		if (wanted == 0 || next_character(&key, key_end) != wanted)
			return false;
	}
	return key == key_end && name == name_end;
}

int
json_member(const struct json *json, int object, const char *name)
{
	int node = json_first(json, object);

	if (!json_is(json, object, JSON_OBJECT))
		return JSON_NONE;
	while (node != JSON_NONE && !has_key(json, node, name))
		node = json_next(json, node);
	return node;
}

/* A heap sort's step: lets the key at `parent` sink to its place. The C
 * library's qsort() is no choice: it asks the kernel how much memory there is,
 * which the jail answers with death. */
static void
sink(const struct json *json, int *nodes, size_t parent, size_t count)
{
	for (size_t child; (child = 2 * parent + 1) < count; parent = child) {
		int node = nodes[parent];

		if (child + 1 < count &&
		    compare_keys(json, nodes[child], nodes[child + 1]) < 0)
			child++;
		if (compare_keys(json, node, nodes[child]) >= 0)
			return;
		nodes[parent] = nodes[child];
		nodes[child] = node;
	}
}

static void
sort_by_key(const struct json *json, int *nodes, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sink(json, nodes, i - 1, count);
	for (size_t i = count; i > 1; i--) {
		int greatest = nodes[0];

		nodes[0] = nodes[i - 1];
		nodes[i - 1] = greatest;
		sink(json, nodes, 0, i - 1);
	}
}

int
json_duplicate(const struct json *json, int object)
{
	size_t count = (size_t)json_count(json, object);
	auto_free int *nodes = xcalloc(count, sizeof(*nodes));
	int node = json_first(json, object);

	for (size_t i = 0; i < count; i++, node = json_next(json, node))
		nodes[i] = node;
	sort_by_key(json, nodes, count);
	for (size_t i = 1; i < count; i++) {
		if (compare_keys(json, nodes[i - 1], nodes[i]) == 0)
			return nodes[i - 1] > nodes[i] ? nodes[i - 1]
						       : nodes[i];
	}
	return JSON_NONE;
}
