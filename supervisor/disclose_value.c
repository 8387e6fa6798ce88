#include "pgmend.h"
#include "sandbox/utf8.h"
#include "supervisor/detect.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"

/* --- Detectors ------------------------------------------------------------ */

static unsigned
detect_text(const char *text)
{
	return text == NULL ? 0 : detect(text, strlen(text));
}

/* What fires in a value, or in any key and value inside it. The scanner has
 * bounded the nesting. */
static unsigned
detect_value(const struct json *json, int node)
{
	auto_free char *text = json_string(json, node);
	unsigned found = detect_text(text);

	if (json_is(json, node, JSON_NUMBER)) {
		size_t size;
		const char *raw = json_raw(json, node, &size);

		return detect(raw, size);
	}
	for (int inner = json_first(json, node); inner != JSON_NONE;
	     inner = json_next(json, inner)) {
		auto_free char *key = json_key(json, inner);

		found |= detect_text(key) | detect_value(json, inner);
	}
	return found;
}

enum disclosure
disclose_level(const struct policy *policy, enum disclosure level,
	       const struct json *json, int node)
{
	unsigned found = detect_value(json, node);

	for (int i = 0; i < DETECTORS; i++) {
		enum disclosure lower;

		if ((found & 1u << i) == 0)
			continue;
		lower = policy_detect_level(policy,
					    detector_name((enum detector)i));
		level = lower < level ? lower : level;
	}
	return level;
}

/* --- Values --------------------------------------------------------------- */

/* A letter or digit of any script; of what isn't ASCII everything. */
static bool
is_starred(uint32_t character)
{
	return character >= 0x80 || (character >= '0' && character <= '9') ||
	       (character >= 'A' && character <= 'Z') ||
	       (character >= 'a' && character <= 'z');
}

/* Writes at most DISCLOSE_TEXT_MAX characters; false when there are more. */
static bool
write_value(FILE *out, const char *text, bool is_masked)
{
	size_t size = strlen(text);

	for (int count = 0; size > 0; count++) {
		uint32_t character = 0;
		size_t length = utf8_decode(text, size, &character);

		if (count == DISCLOSE_TEXT_MAX)
			return false;
		length = length == 0 ? 1 : length;
		if (is_masked && is_starred(character))
			fputc('*', out);
		else
			fwrite(text, 1, length, out);
		text += length;
		size -= length;
	}
	return true;
}

static void
add_value(struct document *document, const struct json *json, int node,
	  bool is_masked)
{
	auto_free char *text = json_is(json, node, JSON_STRING)
				       ? json_string(json, node)
				       : json_raw_copy(json, node);
	auto_free char *shown = NULL;
	size_t size;
	FILE *out = xmemstream(&shown, &size);
	bool is_whole = write_value(out, text, is_masked);

	fclose(out);
	document_text(document, is_masked ? "masked" : "value", shown);
	if (!is_whole)
		document_bool(document, "is_cut", true);
}

/* Stars in the length of "true" or "null" tell which it was. */
static bool
is_told_by_length(enum json_type type)
{
	return type == JSON_NULL || type == JSON_TRUE || type == JSON_FALSE;
}

struct document *
disclose_value(const struct json *json, int node, enum disclosure level)
{
	struct document *document;
	struct shape shape;

	if (node == JSON_NONE || level == DISCLOSE_NONE) {
		document = document_object();
		document_bool(document, "present", node != JSON_NONE);
		return document;
	}
	shape = shape_of(json, node);
	document = shape_document(&shape);
	if (level == DISCLOSE_FULL ||
	    (level == DISCLOSE_MASKED && !is_told_by_length(shape.type)))
		add_value(document, json, node, level == DISCLOSE_MASKED);
	return document;
}
