#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/utf8.h"

#define REPLACEMENT_CHARACTER "\xef\xbf\xbd"
#define INTEGER_DIGITS_MAX 20 /* of a 64-bit integer, with its sign */

static const char *const type_names[JSON_TYPES] = {
	[JSON_NULL] = "null",	  [JSON_FALSE] = "false",
	[JSON_TRUE] = "true",	  [JSON_NUMBER] = "number",
	[JSON_STRING] = "string", [JSON_ARRAY] = "array",
	[JSON_OBJECT] = "object",
};

void
json_free(struct json *json)
{
	if (json == NULL)
		return;
	free(json->nodes);
	free(json);
}

void
json_cleanup(struct json **json)
{
	json_free(*json);
}

const char *
json_type_name(enum json_type type)
{
	return type_names[type];
}

enum json_type
json_type(const struct json *json, int node)
{
	return node == JSON_NONE ? JSON_NULL : json->nodes[node].type;
}

bool
json_is(const struct json *json, int node, enum json_type type)
{
	return node != JSON_NONE && json->nodes[node].type == type;
}

int
json_first(const struct json *json, int node)
{
	return node == JSON_NONE ? JSON_NONE : json->nodes[node].first;
}

int
json_next(const struct json *json, int node)
{
	return node == JSON_NONE ? JSON_NONE : json->nodes[node].next;
}

int
json_count(const struct json *json, int node)
{
	return node == JSON_NONE ? 0 : json->nodes[node].count;
}

const char *
json_raw(const struct json *json, int node, size_t *ret_size)
{
	if (node == JSON_NONE) {
		*ret_size = 0;
		return "";
	}
	*ret_size = json->nodes[node].end - json->nodes[node].start;
	return json->text + json->nodes[node].start;
}

char *
json_raw_copy(const struct json *json, int node)
{
	size_t size;
	const char *raw = json_raw(json, node, &size);

	return xstrndup(raw, size);
}

bool
json_integer(const struct json *json, int node, long long *ret_value)
{
	char digits[INTEGER_DIGITS_MAX + 1] = "";
	char *end;
	long long value;
	size_t size;
	const char *raw = json_raw(json, node, &size);

	if (!json_is(json, node, JSON_NUMBER) || size >= sizeof(digits))
		return false;
	memcpy(digits, raw, size);
	errno = 0;
	value = strtoll(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret_value = value;
	return true;
}

/* Control characters, those of C1 among them: a terminal would obey them. */
static void
write_character(FILE *out, uint32_t character, const char *bytes, size_t size)
{
	if (character == '"' || character == '\\')
		fprintf(out, "\\%c", (int)character);
	else if (character == '\n')
		fputs("\\n", out);
	else if (character == '\t')
		fputs("\\t", out);
	else if (character < ' ' || (character >= 0x7f && character < 0xa0))
		fprintf(out, "\\u%04x", (unsigned)character);
	else
		fwrite(bytes, 1, size, out);
}

void
json_write_string(FILE *out, const char *text)
{
	const char *end = text + strlen(text);

	fputc('"', out);
	while (text < end) {
		uint32_t character;
		size_t length =
			utf8_decode(text, (size_t)(end - text), &character);

		if (length > 0)
			write_character(out, character, text, length);
		else
			fputs(REPLACEMENT_CHARACTER, out);
		text += length > 0 ? length : 1;
	}
	fputc('"', out);
}

void
json_write_compact(FILE *out, const char *json, size_t size)
{
	bool is_inside = false, is_escaped = false;
	size_t start = 0; /* of what is still to be written */

	for (size_t i = 0; i < size; i++) {
		char byte = json[i];

		if (!is_inside && memchr(" \t\n\r", byte, 4) != NULL) {
			fwrite(json + start, 1, i - start, out);
			start = i + 1;
		}
		if (byte == '"' && !is_escaped)
			is_inside = !is_inside;
		is_escaped = is_inside && byte == '\\' && !is_escaped;
	}
	fwrite(json + start, 1, size - start, out);
}
