/*
 * disclose.h - what a worker may see of the payload: shapes, and values only
 * where the policy says so.
 *
 * A shape is the JSON type, and for text and numbers a format class and sizes:
 * enough to infer a column's type without losing a digit, and nothing else.
 */
#ifndef SUPERVISOR_DISCLOSE_H
#define SUPERVISOR_DISCLOSE_H

#include <stdbool.h>

#include "policy/policy_disclosure.h"
#include "sandbox/json.h"

struct document;
struct policy;

#define DISCLOSE_TEXT_MAX 256 /* characters of a value that is shown */

enum shape_format {
	SHAPE_NULL,
	SHAPE_BOOLEAN,
	SHAPE_INTEGER, /* JSON number, or text of digits without a leading 0 */
	SHAPE_DECIMAL, /* the same with a point, no exponent */
	SHAPE_FLOAT,   /* JSON number with an exponent */
	SHAPE_DATE,    /* YYYY-MM-DD, a real day */
	SHAPE_TIMESTAMP,   /* ISO-8601 date and time without a zone, at most
			    * six digits after the second */
	SHAPE_TIMESTAMPTZ, /* with Z or an offset */
	SHAPE_UUID,
	SHAPE_TEXT,
	SHAPE_OBJECT,
	SHAPE_ARRAY,
	SHAPE_FORMATS
};

struct shape {
	enum json_type type;
	enum shape_format format;
	int length;	 /* characters of a text; elements of an array */
	int whole;	 /* digits before the point, without sign */
	int fraction;	 /* digits after it, or after the second */
	bool is_uniform; /* an array that one SQL array type holds: scalars of
			  * one format, numbers of any, or texts of any */
	enum shape_format element; /* of a uniform array, else SHAPE_TEXT;
				    * SHAPE_NULL: nothing but nulls in it */
	bool fits_int8; /* an integer within bigint, or an array of such */
};

const char *shape_format_name(enum shape_format format);
struct shape shape_of(const struct json *json, int node);

/*
 * {"type":"string","format":"timestamptz","length":20,...} with only the
 * members that say something: length of strings and arrays; whole, fraction
 * and (of integers) fits_int8; element of uniform arrays.
 */
struct document *shape_document(const struct shape *shape);

/* --- disclose_value.c ------------------------------------------------------
 */

/* The level of this one value of a column that has `level`: lower where a
 * detector fires anywhere in it. */
enum disclosure
disclose_level(const struct policy *policy, enum disclosure level,
	       const struct json *json, int node);

/*
 * At none {"present":true}; at shape its shape; above it the shape with
 * "masked", in which stars stand for letters and digits, or with "value".
 * Both are text, cut ("is_cut") at DISCLOSE_TEXT_MAX characters; a value that
 * isn't a string is its JSON. Masked booleans and nulls are shapes, since
 * their length would tell them. JSON_NONE is {"present":false}.
 */
struct document *
disclose_value(const struct json *json, int node, enum disclosure level);

#endif
