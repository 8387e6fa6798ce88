#include "agent/infer.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* What a value, or an element of an array, can be without being changed. */
enum kind {
	BOOLEAN,
	BIGINT,
	NUMERIC,
	DATE,
	TIMESTAMP,
	TIMESTAMPTZ,
	UUID,
	TEXT,
	KINDS
};

static const struct {
	const char *format; /* as a shape names it */
	const char *type, *array_type;
} kinds[KINDS] = {
	[BOOLEAN] = {"boolean", "boolean", "boolean[]"},
	[BIGINT] = {"integer", "bigint", "bigint[]"},
	[NUMERIC] = {"decimal", "numeric", "numeric[]"},
	[DATE] = {"date", "date", "date[]"},
	[TIMESTAMP] = {"timestamp", "timestamp", "timestamp[]"},
	[TIMESTAMPTZ] = {"timestamptz", "timestamp with time zone",
			 "timestamp with time zone[]"},
	[UUID] = {"uuid", "uuid", "uuid[]"},
	[TEXT] = {"text", "text", "text[]"},
};

/* All that was seen of one field; nulls leave no trace. */
struct evidence {
	unsigned scalars;  /* bits of enum kind */
	unsigned elements; /* bits of enum kind, of elements of arrays */
	bool has_text;	   /* some scalar was a JSON string */
	bool has_array;
	bool has_document; /* an object, or an array that is no SQL array */
	bool is_unknown;   /* a shape that we don't know */
};

static bool
is_text_member(const struct json *json, int object, const char *name,
	       const char *value)
{
	auto_free char *text =
		json_string(json, json_member(json, object, name));

	return same_text(text, value);
}

/* The kind that the member `name` ("format" or "element") tells of; KINDS when
 * it is none. An integer that bigint doesn't hold is numeric. */
static enum kind
kind_of(const struct json *json, int shape, const char *name)
{
	int fits = json_member(json, shape, "fits_int8");
	enum kind kind = 0;

	if (is_text_member(json, shape, name, "float"))
		return NUMERIC;
	while (kind < KINDS &&
	       !is_text_member(json, shape, name, kinds[kind].format))
		kind++;
	if (kind == BIGINT && !json_is(json, fits, JSON_TRUE))
		return NUMERIC;
	return kind;
}

static void
see_array(struct evidence *evidence, const struct json *json, int shape)
{
	enum kind kind = kind_of(json, shape, "element");

	evidence->has_array = true;
	if (json_member(json, shape, "element") == JSON_NONE)
		evidence->has_document = true;
	else if (kind < KINDS)
		evidence->elements |= 1u << kind;
	else if (!is_text_member(json, shape, "element", "null"))
		evidence->is_unknown = true;
}

static void
see(struct evidence *evidence, const struct json *json, int shape)
{
	enum kind kind = kind_of(json, shape, "format");

	if (is_text_member(json, shape, "format", "null"))
		return;
	if (is_text_member(json, shape, "format", "array")) {
		see_array(evidence, json, shape);
	} else if (is_text_member(json, shape, "format", "object")) {
		evidence->has_document = true;
	} else if (kind < KINDS) {
		evidence->scalars |= 1u << kind;
		if (is_text_member(json, shape, "type", "string"))
			evidence->has_text = true;
	} else {
		evidence->is_unknown = true;
	}
}

/* The one kind that holds all of a set that isn't empty: numbers widen, and
 * any other mixture is text. A date beside a timestamp, or a timestamp without
 * zone beside one with, would be given a meaning that nobody sent. */
static enum kind
widest(unsigned set)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		if (set == 1u << kind)
			return kind;
	}
	return set == (1u << BIGINT | 1u << NUMERIC) ? NUMERIC : TEXT;
}

/* Objects, or arrays beside something else: a string in a jsonb column would
 * be read as JSON, which it isn't. */
static const char *
type_of_document(const struct evidence *evidence, const char **ret_why_not)
{
	if (!evidence->has_text)
		return "jsonb";
	*ret_why_not = "is text in one record and an object or array in "
		       "another";
	return NULL;
}

const char *
infer_type(const struct json *json, int shapes, const char **ret_why_not)
{
	struct evidence evidence = {0};

	for (int shape = json_first(json, shapes); shape != JSON_NONE;
	     shape = json_next(json, shape))
		see(&evidence, json, shape);
	if (evidence.is_unknown) {
		*ret_why_not = "has a shape that the builtin planner doesn't "
			       "know";
		return NULL;
	}
	if (evidence.has_document ||
	    (evidence.has_array && evidence.scalars != 0))
		return type_of_document(&evidence, ret_why_not);
	if (evidence.scalars != 0)
		return kinds[widest(evidence.scalars)].type;
	if (evidence.elements != 0)
		return kinds[widest(evidence.elements)].array_type;
	*ret_why_not = evidence.has_array ? "holds nothing but empty arrays"
					  : "has no value in any record";
	return NULL;
}

bool
infer_is_code(const char *name)
{
	static const char *const words[] = {
		"phone", "mobile", "fax",     "zip",  "postal", "postcode",
		"iban",	 "isbn",   "barcode", "code", "sku",
	};

	for (size_t i = 0; i < array_size(words); i++)
		if (strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}
