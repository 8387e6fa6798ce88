#include "agent/infer.h"
#include "agent/plan_field.h"
#include "pgmend.h"
#include "sandbox/json.h"

#define INT2_DIGITS 4 /* so many digits fit, whichever they are */
#define INT4_DIGITS 9

char *
member_text(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

int
find_item(const struct json *json, int list, const char *key, const char *text)
{
	for (int node = json_first(json, list); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *member = member_text(json, node, key);

		if (text != NULL && same_text(member, text))
			return node;
	}
	return JSON_NONE;
}

/* --- What was seen -------------------------------------------------------- */

static const struct {
	const char *name;
	enum seen_format format;
} formats[] = {
	{"boolean", SEEN_BOOLEAN},
	{"integer", SEEN_INTEGER},
	{"decimal", SEEN_DECIMAL},
	{"float", SEEN_FLOAT},
	{"date", SEEN_DATE},
	{"timestamp", SEEN_TIMESTAMP},
	{"timestamptz", SEEN_TIMESTAMPTZ},
	{"uuid", SEEN_UUID},
	{"text", SEEN_TEXT},
	{"object", SEEN_OBJECT},
	{"array", SEEN_ARRAY},
};

static enum seen_format
format_of(const char *name)
{
	for (size_t i = 0; i < array_size(formats); i++)
		if (same_text(formats[i].name, name))
			return formats[i].format;
	return SEEN_OTHER;
}

static int
member_size(const struct json *json, int shape, const char *name)
{
	long long size = 0;

	json_integer(json, json_member(json, shape, name), &size);
	return size < 0 || size > 100000000 ? 100000000 : (int)size;
}

static int
larger(int left, int right)
{
	return left > right ? left : right;
}

static void
see(struct seen *seen, const struct json *json, int shape)
{
	auto_free char *format = member_text(json, shape, "format");
	auto_free char *type = member_text(json, shape, "type");
	int whole = member_size(json, shape, "whole");
	enum seen_format bit = format_of(format);

	if (same_text(format, "null")) {
		seen->has_null = true;
		return;
	}
	seen->formats |= bit;
	seen->has_string = seen->has_string || same_text(type, "string");
	seen->length = larger(seen->length, member_size(json, shape, "length"));
	seen->whole = larger(seen->whole, whole);
	seen->fraction =
		larger(seen->fraction, member_size(json, shape, "fraction"));
	if (bit != SEEN_INTEGER)
		return;
	if (seen->whole_least == 0 || whole < seen->whole_least)
		seen->whole_least = whole;
	if (!json_is(json, json_member(json, shape, "fits_int8"), JSON_TRUE))
		seen->is_beyond_int8 = true;
}

struct seen
seen_of(const struct json *json, int shapes)
{
	struct seen seen = {.formats = 0};

	for (int shape = json_first(json, shapes); shape != JSON_NONE;
	     shape = json_next(json, shape))
		see(&seen, json, shape);
	return seen;
}

/* --- The column ----------------------------------------------------------- */

static bool
is_true(const struct json *json, int object, const char *name)
{
	return json_is(json, json_member(json, object, name), JSON_TRUE);
}

void
field_read_column(struct field *field, const struct json *json, int node)
{
	auto_free char *type = member_text(json, node, "type");

	field->known = node;
	if (node == JSON_NONE)
		return;
	field->type = column_type_of(type == NULL ? "" : type);
	field->is_nullable = is_true(json, node, "nullable");
	field->has_default = is_true(json, node, "has_default");
	field->is_identity = is_true(json, node, "identity");
	field->is_generated = is_true(json, node, "generated");
	field->is_key = is_true(json, node, "in_key");
	json_integer(json, json_member(json, node, "views"), &field->views);
}

struct field
field_read(const struct json *json, int node)
{
	int shapes = json_member(json, node, "shapes");
	struct field field = {
		.node = node,
		.shapes = shapes,
		.column = member_text(json, node, "column"),
		.name = member_text(json, node, "field"),
		.seen = seen_of(json, shapes),
	};
	int suspects = json_member(json, 0, "suspects");
	int suspect = find_item(json, suspects, "column", field.column);

	field.sqlstate = member_text(json, suspect, "sqlstate");
	field.is_asked = json_count(json, suspects) > 0;
	field.is_cast = is_true(json, node, "cast");
	field_read_column(&field, json,
			  find_item(json, json_member(json, 0, "columns"),
				    "name", field.column));
	return field;
}

void
field_release(struct field *field)
{
	free(field->column);
	free(field->name);
	free(field->sqlstate);
}

bool
field_is_untried(const struct field *field)
{
	return field->sqlstate == NULL && !field->is_asked && !field->is_cast;
}

bool
field_is_code(const struct field *field)
{
	return field->seen.has_string && infer_is_code(field->column) &&
	       (field->seen.formats & ~(unsigned)SEEN_NUMBER) == 0;
}

/* --- Does it fit? --------------------------------------------------------- */

static bool
fits_text(const struct column_type *type, const struct seen *seen)
{
	if ((seen->formats & (SEEN_DOCUMENT | SEEN_OTHER)) != 0)
		return false;
	return type->modifier_count == 0 ||
	       (seen->length <= type->modifiers[0] &&
		seen->whole + seen->fraction + 2 <= type->modifiers[0]);
}

static bool
fits_numeric(const struct column_type *type, const struct seen *seen)
{
	int scale = type->modifier_count > 1 ? type->modifiers[1] : 0;

	if ((seen->formats & ~SEEN_NUMBER) != 0)
		return false;
	return type->modifier_count == 0 ||
	       ((seen->formats & SEEN_FLOAT) == 0 && seen->fraction <= scale &&
		seen->whole <= type->modifiers[0] - scale);
}

static bool
fits_int2(const struct column_type *type, const struct seen *seen)
{
	(void)type;
	return seen->formats == SEEN_INTEGER && seen->whole <= INT2_DIGITS;
}

static bool
fits_int4(const struct column_type *type, const struct seen *seen)
{
	(void)type;
	return seen->formats == SEEN_INTEGER && seen->whole <= INT4_DIGITS;
}

static bool
fits_int8(const struct column_type *type, const struct seen *seen)
{
	(void)type;
	return seen->formats == SEEN_INTEGER && !seen->is_beyond_int8;
}

/* A string would be read as JSON, which it isn't. */
static bool
fits_json(const struct column_type *type, const struct seen *seen)
{
	(void)type;
	return !seen->has_string && (seen->formats & SEEN_OTHER) == 0;
}

/* Types that take one format alone, and those that ask for more. Floating point
 * is in neither: it may lose digits. */
static const struct {
	const char *type;
	enum seen_format only;
	bool (*fits)(const struct column_type *type, const struct seen *seen);
} takers[] = {
	{"text", 0, fits_text},
	{"character varying", 0, fits_text},
	{"numeric", 0, fits_numeric},
	{"smallint", 0, fits_int2},
	{"integer", 0, fits_int4},
	{"bigint", 0, fits_int8},
	{"json", 0, fits_json},
	{"jsonb", 0, fits_json},
	{"boolean", SEEN_BOOLEAN, NULL},
	{"date", SEEN_DATE, NULL},
	{"timestamp with time zone", SEEN_TIMESTAMPTZ, NULL},
	{"timestamp without time zone", SEEN_TIMESTAMP, NULL},
	{"uuid", SEEN_UUID, NULL},
};

bool
field_fits(const struct column_type *type, const struct seen *seen)
{
	if (seen->formats == 0)
		return false;
	for (size_t i = 0; i < array_size(takers); i++) {
		if (!column_type_is(type, takers[i].type))
			continue;
		if (takers[i].fits != NULL)
			return takers[i].fits(type, seen);
		return seen->formats == takers[i].only &&
		       (type->modifier_count == 0 ||
			seen->fraction <= type->modifiers[0]);
	}
	return false;
}
