/*
 * What the strict scanner accepts is UTF-8 without NUL, means the same without
 * its white space, and gives back every string and key as it was.
 */
#include "sandbox/wire.h"
#include "tests/fuzz/fuzz.h"

/* Written and scanned again, a text is the same. */
static void
check_text(const char *text)
{
	auto_json struct json *json = NULL;
	auto_free char *written = NULL, *again = NULL;
	struct error err = NO_ERROR;
	size_t size;
	FILE *out = xmemstream(&written, &size);

	json_write_string(out, text);
	fclose(out);
	claim(json_scan(&json, written, size, &err) == 0);
	again = json_string(json, 0);
	claim(same_text(again, text));
}

static void
check_node(const struct json *json, int node)
{
	const struct json_node *of = &json->nodes[node];
	auto_free char *text = json_string(json, node);
	auto_free char *key = json_key(json, node);
	int count = 0;

	claim(of->start < of->end && of->end <= json->size);
	claim(of->key_start <= of->key_end && of->key_end <= json->size);
	for (int child = json_first(json, node); child != JSON_NONE;
	     child = json_next(json, child))
		count++;
	claim(count == json_count(json, node));
	claim((text != NULL) == (json_type(json, node) == JSON_STRING));
	if (text != NULL)
		check_text(text);
	if (key != NULL)
		check_text(key);
	if (json_is(json, node, JSON_OBJECT))
		claim(json_duplicate(json, node) == JSON_NONE);
}

/* Each member is found by its key. */
static void
check_members(const struct json *json, int object)
{
	for (int node = json_first(json, object); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *key = json_key(json, node);

		claim(json_member(json, object, key) == node);
	}
}

static void
check_compact(const struct json *json)
{
	auto_json struct json *again = NULL;
	auto_free char *line = NULL, *second = NULL;
	struct error err = NO_ERROR;
	size_t size, second_size;
	FILE *out = xmemstream(&line, &size);

	json_write_compact(out, json->text, json->size);
	fclose(out);
	claim(memchr(line, '\n', size) == NULL);
	claim(json_scan(&again, line, size, &err) == 0);
	claim(again->count == json->count);
	for (int node = 0; node < json->count; node++) {
		auto_free char *left = json_string(json, node);
		auto_free char *right = json_string(again, node);

		claim(json_type(json, node) == json_type(again, node));
		claim(same_text(left, right));
	}
	out = xmemstream(&second, &second_size);
	json_write_compact(out, line, size);
	fclose(out);
	claim(same_text(line, second));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	if (json_scan(&json, text, size, &err) < 0) {
		claim(wire_is_text(err.text, strlen(err.text)));
		return 0;
	}
	claim(wire_is_text(text, size));
	for (int node = 0; node < json->count; node++)
		check_node(json, node);
	for (int node = 0; node < json->count && json->count < 1000; node++)
		if (json_is(json, node, JSON_OBJECT))
			check_members(json, node);
	check_compact(json);
	return 0;
}
