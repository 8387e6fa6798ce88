#include "pgmend.h"
#include "sandbox/utf8.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "supervisor/moment.h"

#define TIMESTAMP_FRACTION_MAX 6 /* digits that PostgreSQL keeps */
#define ZONE_HOURS_MAX 15	 /* the largest offset that it reads */
#define NUMBER_TEXT_MAX 1000	 /* digits; longer text is no number */

static const char *const format_names[SHAPE_FORMATS] = {
	[SHAPE_NULL] = "null",		 [SHAPE_BOOLEAN] = "boolean",
	[SHAPE_INTEGER] = "integer",	 [SHAPE_DECIMAL] = "decimal",
	[SHAPE_FLOAT] = "float",	 [SHAPE_DATE] = "date",
	[SHAPE_TIMESTAMP] = "timestamp", [SHAPE_TIMESTAMPTZ] = "timestamptz",
	[SHAPE_UUID] = "uuid",		 [SHAPE_TEXT] = "text",
	[SHAPE_OBJECT] = "object",	 [SHAPE_ARRAY] = "array",
};

const char *
shape_format_name(enum shape_format format)
{
	return format_names[format];
}

static bool
is_number(enum shape_format format)
{
	return format == SHAPE_INTEGER || format == SHAPE_DECIMAL ||
	       format == SHAPE_FLOAT;
}

/* --- Numbers -------------------------------------------------------------- */

static size_t
count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool
fits_int8(const char *digits)
{
	char *end;

	errno = 0;
	strtoll(digits, &end, 10);
	return errno == 0 && *end == '\0';
}

/* A text that reads as a JSON number: format and sizes. The digits after an
 * exponent are no part of the sizes. */
static void
measure_number(const char *text, struct shape *shape)
{
	const char *digits = text + (*text == '-');

	shape->whole = (int)count_digits(digits);
	shape->format = SHAPE_INTEGER;
	digits += shape->whole;
	if (*digits == '.') {
		shape->fraction = (int)count_digits(digits + 1);
		shape->format = SHAPE_DECIMAL;
		digits += 1 + shape->fraction;
	}
	if (*digits != '\0')
		shape->format = SHAPE_FLOAT;
	shape->fits_int8 = shape->format == SHAPE_INTEGER && fits_int8(text);
}

/* Text that a number type gives back as it was: no leading zero (a postal
 * code), no plus (a telephone number), no minus zero, no exponent. */
static bool
reads_as_number(const char *text)
{
	const char *digits = text + (*text == '-');
	size_t whole = count_digits(digits);
	size_t fraction = 0;

	if (whole == 0 || (digits[0] == '0' && whole > 1))
		return false;
	if (digits[whole] == '.') {
		fraction = count_digits(digits + whole + 1);
		if (fraction == 0)
			return false;
	}
	if (digits > text && strspn(digits, "0.") == strlen(digits))
		return false;
	return whole + fraction <= NUMBER_TEXT_MAX &&
	       digits[whole + (fraction > 0 ? fraction + 1 : 0)] == '\0';
}

/* --- Text ----------------------------------------------------------------- */

static bool
reads_as_uuid(const char *text)
{
	static const char model[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != strlen(model))
		return false;
	for (size_t i = 0; model[i] != '\0'; i++) {
		if (model[i] == '-'
			    ? text[i] != '-'
			    : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
			return false;
	}
	return true;
}

/* A leap second, a seventh digit or a strange offset would come back changed
 * or not at all: then it stays text. */
static enum shape_format
format_of_text(const char *text, struct shape *shape)
{
	struct moment moment = moment_of(text);

	if (moment.kind == MOMENT_DATE)
		return SHAPE_DATE;
	if (moment.kind != MOMENT_NONE && !moment.is_leap_second &&
	    moment.fraction_digits <= TIMESTAMP_FRACTION_MAX &&
	    moment.offset_hours <= ZONE_HOURS_MAX) {
		shape->fraction = moment.fraction_digits;
		return moment.kind == MOMENT_ZONED ? SHAPE_TIMESTAMPTZ
						   : SHAPE_TIMESTAMP;
	}
	return reads_as_uuid(text) ? SHAPE_UUID : SHAPE_TEXT;
}

static int
count_characters(const char *text)
{
	size_t size = strlen(text);
	int count = 0;

	for (size_t at = 0; at < size; count++)
		at += utf8_decode(text + at, size - at, NULL);
	return count;
}

static void
measure_text(const char *text, struct shape *shape)
{
	shape->length = count_characters(text);
	if (reads_as_number(text))
		measure_number(text, shape);
	else
		shape->format = format_of_text(text, shape);
}

/* --- Arrays --------------------------------------------------------------- */

/* The shape of two elements taken together; false when one array type would
 * not hold both. */
static bool
join(struct shape *all, const struct shape *one)
{
	if (one->format == SHAPE_ARRAY || one->format == SHAPE_OBJECT)
		return false;
	if (all->format == SHAPE_NULL || one->format == SHAPE_NULL) {
		if (all->format == SHAPE_NULL)
			*all = *one;
		return true;
	}
	if (is_number(all->format) && is_number(one->format) &&
	    all->type == one->type) {
		if (one->format > all->format)
			all->format = one->format;
		all->fits_int8 = all->fits_int8 && one->fits_int8;
		return true;
	}
	if (all->format == one->format && !is_number(one->format))
		return true;
	all->format = SHAPE_TEXT;
	return all->type == JSON_STRING && one->type == JSON_STRING;
}

static void
measure_array(const struct json *json, int node, struct shape *shape)
{
	struct shape all = {.format = SHAPE_NULL};
	bool is_uniform = true;

	for (int element = json_first(json, node);
	     is_uniform && element != JSON_NONE;
	     element = json_next(json, element)) {
		struct shape one = {.type = json_type(json, element),
				    .format = SHAPE_ARRAY};

		if (one.type != JSON_ARRAY)
			one = shape_of(json, element);
		is_uniform = join(&all, &one);
	}
	shape->format = SHAPE_ARRAY;
	shape->length = json_count(json, node);
	shape->is_uniform = is_uniform;
	shape->element = is_uniform ? all.format : SHAPE_TEXT;
	shape->fits_int8 = is_uniform && all.fits_int8;
}

/* --- Any value ------------------------------------------------------------ */

struct shape
shape_of(const struct json *json, int node)
{
	struct shape shape = {.type = json_type(json, node),
			      .format = SHAPE_NULL};
	auto_free char *text = json_string(json, node);
	auto_free char *raw = NULL;

	switch (shape.type) {
	case JSON_FALSE:
	case JSON_TRUE:
		shape.format = SHAPE_BOOLEAN;
		break;
	case JSON_NUMBER:
		raw = json_raw_copy(json, node);
		measure_number(raw, &shape);
		break;
	case JSON_STRING:
		measure_text(text, &shape);
		break;
	case JSON_ARRAY:
		measure_array(json, node, &shape);
		break;
	case JSON_OBJECT:
		shape.format = SHAPE_OBJECT;
		break;
	default:
		break;
	}
	return shape;
}

/* Truth is one type to whoever reads a shape, whichever it was. */
static const char *
type_name(enum json_type type)
{
	return type == JSON_TRUE || type == JSON_FALSE ? "boolean"
						       : json_type_name(type);
}

struct document *
shape_document(const struct shape *shape)
{
	struct document *document = document_object();

	document_text(document, "type", type_name(shape->type));
	document_text(document, "format", shape_format_name(shape->format));
	if (shape->type == JSON_STRING || shape->type == JSON_ARRAY)
		document_number(document, "length", shape->length);
	if (is_number(shape->format))
		document_number(document, "whole", shape->whole);
	if (shape->fraction > 0)
		document_number(document, "fraction", shape->fraction);
	if (shape->format == SHAPE_ARRAY && shape->is_uniform)
		document_text(document, "element",
			      shape_format_name(shape->element));
	if (shape->format == SHAPE_INTEGER ||
	    (shape->format == SHAPE_ARRAY && shape->element == SHAPE_INTEGER))
		document_bool(document, "fits_int8", shape->fits_int8);
	return document;
}
