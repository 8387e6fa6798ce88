/*
 * json.h - the strict scanner: every JSON text from outside passes it first.
 *
 * It accepts one RFC 8259 value and refuses what parsers disagree about:
 * invalid UTF-8, lone surrogates, NUL (raw or as \u0000), duplicate keys
 * (compared after decoding), nesting deeper than the limit, trailing bytes.
 * It never converts a number: values stay spans of the text, so that payloads
 * keep every digit from end to end.
 *
 * A document borrows the text it was scanned from; the text must outlive it.
 * Nodes are indexes into one array, in document order; node 0 is the value.
 * JSON_NONE stands for "no such node"; every accessor accepts it.
 */
#ifndef SANDBOX_JSON_H
#define SANDBOX_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct error;

#define JSON_NONE (-1)
#define JSON_DEPTH_MAX 32 /* of incidents, and of frames from a worker */

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
	JSON_TYPES
};

struct json_node {
	enum json_type type;
	size_t start, end; /* the span in the text; strings with their quotes */
	size_t key_start, key_end; /* of a member's key, with its quotes */
	int first;		   /* first child, or JSON_NONE */
	int next;		   /* next sibling, or JSON_NONE */
	int count;		   /* children of an array or object */
};

struct json {
	const char *text;
	size_t size;
	struct json_node *nodes;
	int count;
};

/*
 * Scans the text. The error names the byte offset and what was found there,
 * never more than a few escaped bytes of the text.
 */
int json_scan(struct json **ret_json, const char *text, size_t size,
	      struct error *err);
void json_free(struct json *json);
void json_cleanup(struct json **json);
#define auto_json __attribute__((cleanup(json_cleanup)))

const char *json_type_name(enum json_type type);

/* The type; JSON_NULL for JSON_NONE. */
enum json_type json_type(const struct json *json, int node);
bool json_is(const struct json *json, int node, enum json_type type);
/* Member of an object by its decoded name; JSON_NONE when there is none. */
int json_member(const struct json *json, int object, const char *name);
int json_first(const struct json *json, int node);
int json_next(const struct json *json, int node);
int json_count(const struct json *json, int node);
/* The span of a value as it stands in the text; borrowed, not terminated. */
const char *json_raw(const struct json *json, int node, size_t *ret_size);
/* A copy of that span, terminated; the caller frees it. */
char *json_raw_copy(const struct json *json, int node);
/* A string, or a member's key, decoded; the caller frees it. NULL when the
 * node is not a string, or has no key. */
char *json_string(const struct json *json, int node);
char *json_key(const struct json *json, int node);
/* True when the node is an integer literal that fits; else nothing is set. */
bool json_integer(const struct json *json, int node, long long *ret_value);
/* A member whose key, decoded, an earlier one of the object has too; JSON_NONE
 * when all differ. Sorts, so that sixty thousand members are no burden. */
int json_duplicate(const struct json *json, int object);

/* Writes text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
 */
void json_write_string(FILE *out, const char *text);
/* Writes a text that the scanner has accepted without its insignificant white
 * space, so on one line. */
void json_write_compact(FILE *out, const char *json, size_t size);

#endif
