#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "tests/policy/policies.h"
#include "tests/test.h"

/* A value and the shape that may be told of it. */
static const struct {
	const char *json, *shape;
} shapes[] = {
	{"null", "{\"type\":\"null\",\"format\":\"null\"}"},
	{"true", "{\"type\":\"boolean\",\"format\":\"boolean\"}"},
	{"false", "{\"type\":\"boolean\",\"format\":\"boolean\"}"},
	{"{\"a\":1}", "{\"type\":\"object\",\"format\":\"object\"}"},

	{"0", "{\"type\":\"number\",\"format\":\"integer\",\"whole\":1,"
	      "\"fits_int8\":true}"},
	{"-9223372036854775808",
	 "{\"type\":\"number\",\"format\":\"integer\",\"whole\":19,"
	 "\"fits_int8\":true}"},
	{"9223372036854775808",
	 "{\"type\":\"number\",\"format\":\"integer\",\"whole\":19,"
	 "\"fits_int8\":false}"},
	{"-12.50", "{\"type\":\"number\",\"format\":\"decimal\",\"whole\":2,"
		   "\"fraction\":2}"},
	{"1.5e3", "{\"type\":\"number\",\"format\":\"float\",\"whole\":1,"
		  "\"fraction\":1}"},
	{"1E3", "{\"type\":\"number\",\"format\":\"float\",\"whole\":1}"},

	{"\"SPRING5\"",
	 "{\"type\":\"string\",\"format\":\"text\",\"length\":7}"},
	{"\"\"", "{\"type\":\"string\",\"format\":\"text\",\"length\":0}"},
	{"\"\\u00e9\\ud83d\\ude00\"",
	 "{\"type\":\"string\",\"format\":\"text\",\"length\":2}"},
	{"\"42\"", "{\"type\":\"string\",\"format\":\"integer\",\"length\":2,"
		   "\"whole\":2,\"fits_int8\":true}"},
	{"\"-42\"", "{\"type\":\"string\",\"format\":\"integer\",\"length\":3,"
		    "\"whole\":2,\"fits_int8\":true}"},
	{"\"0\"", "{\"type\":\"string\",\"format\":\"integer\",\"length\":1,"
		  "\"whole\":1,\"fits_int8\":true}"},
	{"\"5.50\"", "{\"type\":\"string\",\"format\":\"decimal\","
		     "\"length\":4,\"whole\":1,\"fraction\":2}"},
	{"\"2026-02-28\"",
	 "{\"type\":\"string\",\"format\":\"date\",\"length\":10}"},
	{"\"2026-02-28T10:00:00\"",
	 "{\"type\":\"string\",\"format\":\"timestamp\",\"length\":19}"},
	{"\"2026-02-28 10:00\"",
	 "{\"type\":\"string\",\"format\":\"timestamp\",\"length\":16}"},
	{"\"2026-02-28T10:00:00.123456Z\"",
	 "{\"type\":\"string\",\"format\":\"timestamptz\",\"length\":27,"
	 "\"fraction\":6}"},
	{"\"2026-02-28T10:00:00+02\"",
	 "{\"type\":\"string\",\"format\":\"timestamptz\",\"length\":22}"},
	{"\"123e4567-e89b-12d3-a456-426614174000\"",
	 "{\"type\":\"string\",\"format\":\"uuid\",\"length\":36}"},

	{"[]", "{\"type\":\"array\",\"format\":\"array\",\"length\":0,"
	       "\"element\":\"null\"}"},
	{"[null]", "{\"type\":\"array\",\"format\":\"array\",\"length\":1,"
		   "\"element\":\"null\"}"},
	{"[null,\"a\",\"1\"]",
	 "{\"type\":\"array\",\"format\":\"array\",\"length\":3,"
	 "\"element\":\"text\"}"},
	{"[1,2,null]", "{\"type\":\"array\",\"format\":\"array\",\"length\":3,"
		       "\"element\":\"integer\",\"fits_int8\":true}"},
	{"[1,9223372036854775808]",
	 "{\"type\":\"array\",\"format\":\"array\",\"length\":2,"
	 "\"element\":\"integer\",\"fits_int8\":false}"},
	{"[2.5,1]", "{\"type\":\"array\",\"format\":\"array\",\"length\":2,"
		    "\"element\":\"decimal\"}"},
	{"[true,false]", "{\"type\":\"array\",\"format\":\"array\","
			 "\"length\":2,\"element\":\"boolean\"}"},
	{"[1,\"2\"]", "{\"type\":\"array\",\"format\":\"array\",\"length\":2}"},
	{"[1,true]", "{\"type\":\"array\",\"format\":\"array\",\"length\":2}"},
	{"[\"a\",1]", "{\"type\":\"array\",\"format\":\"array\",\"length\":2}"},
	{"[{\"a\":1}]",
	 "{\"type\":\"array\",\"format\":\"array\",\"length\":1}"},
	{"[[1],[2]]", "{\"type\":\"array\",\"format\":\"array\",\"length\":2}"},
};

/* Texts that a stricter type would give back changed, or not at all. */
static const char *const texts[] = {
	"\"007\"",
	"\"-0\"",
	"\"-0.0\"",
	"\"+49301234567\"",
	"\"030 1234567\"",
	"\"1e5\"",
	"\".5\"",
	"\"5.\"",
	"\" 5\"",
	"\"5 \"",
	"\"-\"",
	"\"1.2.3\"",
	"\"NaN\"",
	"\"2026-02-29\"",
	"\"2026-13-01\"",
	"\"2026-00-10\"",
	"\"0000-01-01\"",
	"\"1900-02-29\"",
	"\"2026-1-1\"",
	"\"28/02/2026\"",
	"\"2026-02-28T\"",
	"\"2026-02-28T24:00:00\"",
	"\"2026-02-28T23:60:00\"",
	"\"2026-02-28T23:59:60Z\"",
	"\"2026-02-28T10:00:00.1234567Z\"",
	"\"2026-02-28T10:00:00.Z\"",
	"\"2026-02-28T10:00:00+2\"",
	"\"2026-02-28T10:00:00+16:00\"",
	"\"2026-02-28T10:00:00+02:60\"",
	"\"2026-02-28T10:00:00 CET\"",
	"\"2026-02-28T10:00:00Zx\"",
	"\"123e4567e89b12d3a456426614174000\"",
	"\"123e4567-e89b-12d3-a456-42661417400g\"",
	"\"true\"",
};

static struct shape
shape_of_text(const char *text)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	if (json_scan(&json, text, strlen(text), &err) < 0)
		abort();
	return shape_of(json, 0);
}

static void
tells_shapes(void)
{
	for (size_t i = 0; i < array_size(shapes); i++) {
		auto_free char *name = xprintf("shape of %s", shapes[i].json);
		struct shape shape = shape_of_text(shapes[i].json);
		auto_document struct document *document =
			shape_document(&shape);
		auto_free char *line = document_print(document);

		test_text(name, line, shapes[i].shape);
	}
}

static void
leaves_text_alone(void)
{
	for (size_t i = 0; i < array_size(texts); i++) {
		auto_free char *name = xprintf("%s stays text", texts[i]);

		test(name, shape_of_text(texts[i]).format == SHAPE_TEXT);
	}
}

/* A value, and what is told of it at a level. */
static const struct {
	const char *json;
	enum disclosure level;
	const char *told;
} values[] = {
	{"\"secret\"", DISCLOSE_NONE, "{\"present\":true}"},
	{"null", DISCLOSE_NONE, "{\"present\":true}"},
	{"\"abc\"", DISCLOSE_SHAPE,
	 "{\"type\":\"string\",\"format\":\"text\",\"length\":3}"},
	{"\"Ab-1 \u00e9!\"", DISCLOSE_MASKED,
	 "{\"type\":\"string\",\"format\":\"text\",\"length\":7,"
	 "\"masked\":\"**-* *!\"}"},
	{"-12.50", DISCLOSE_MASKED,
	 "{\"type\":\"number\",\"format\":\"decimal\",\"whole\":2,"
	 "\"fraction\":2,\"masked\":\"-**.**\"}"},
	{"true", DISCLOSE_MASKED,
	 "{\"type\":\"boolean\",\"format\":\"boolean\"}"},
	{"{\"k\":[1,\"a\"]}", DISCLOSE_MASKED,
	 "{\"type\":\"object\",\"format\":\"object\","
	 "\"masked\":\"{\\\"*\\\":[*,\\\"*\\\"]}\"}"},
	{"\"abc\"", DISCLOSE_FULL,
	 "{\"type\":\"string\",\"format\":\"text\",\"length\":3,"
	 "\"value\":\"abc\"}"},
	{"1.10", DISCLOSE_FULL,
	 "{\"type\":\"number\",\"format\":\"decimal\",\"whole\":1,"
	 "\"fraction\":2,\"value\":\"1.10\"}"},
};

static void
tells_values(void)
{
	for (size_t i = 0; i < array_size(values); i++) {
		auto_json struct json *json = NULL;
		auto_free char *name = xprintf(
			"tells of %s what level %s tells", values[i].json,
			disclosure_name(values[i].level));
		auto_document struct document *document = NULL;
		auto_free char *line = NULL;
		struct error err = NO_ERROR;

		if (json_scan(&json, values[i].json, strlen(values[i].json),
			      &err) < 0)
			abort();
		document = disclose_value(json, 0, values[i].level);
		line = document_print(document);
		test_text(name, line, values[i].told);
	}
}

static void
cuts_long_values(void)
{
	auto_free char *text = xcalloc(1, 1000);
	auto_json struct json *json = NULL;
	auto_document struct document *document = NULL, *absent = NULL;
	auto_free char *line = NULL, *none = NULL;
	struct error err = NO_ERROR;

	memset(text, 'x', 600);
	text[0] = text[599] = '"';
	if (json_scan(&json, text, 600, &err) < 0)
		abort();
	document = disclose_value(json, 0, DISCLOSE_FULL);
	line = document_print(document);
	test("a long value is cut",
	     strstr(line, "\"is_cut\":true") != NULL &&
		     strlen(line) < DISCLOSE_TEXT_MAX + 100);
	absent = disclose_value(json, JSON_NONE, DISCLOSE_FULL);
	none = document_print(absent);
	test_text("what isn't there is absent", none, "{\"present\":false}");
}

/* A value, and the level to which it falls from full. */
static const struct {
	const char *json;
	enum disclosure level;
} falls[] = {
	{"\"plain\"", DISCLOSE_FULL},
	{"\"to ada@example.com\"", DISCLOSE_NONE},
	{"\"ada\\u0040example.com\"", DISCLOSE_NONE},
	{"{\"a\":[\"x\",\"ada@example.com\"]}", DISCLOSE_NONE},
	{"{\"ada@example.com\":1}", DISCLOSE_NONE},
	{"\"DE89370400440532013000\"", DISCLOSE_MASKED},
	{"4111111111111111", DISCLOSE_SHAPE},
	{"[\"DE89370400440532013000\",4111111111111111]", DISCLOSE_SHAPE},
};

static void
falls_where_a_detector_fires(void)
{
	auto_policy struct policy *policy =
		policy_of("disclose {\n detect email none\n"
			  " detect iban masked\n}\n");

	for (size_t i = 0; i < array_size(falls); i++) {
		auto_json struct json *json = NULL;
		struct error err = NO_ERROR;
		auto_free char *name = xprintf("%s falls to %s", falls[i].json,
					       disclosure_name(falls[i].level));

		if (json_scan(&json, falls[i].json, strlen(falls[i].json),
			      &err) < 0)
			abort();
		test(name, disclose_level(policy, DISCLOSE_FULL, json, 0) ==
				   falls[i].level);
		test("a detector raises nothing",
		     disclose_level(policy, DISCLOSE_NONE, json, 0) ==
			     DISCLOSE_NONE);
	}
}

static void
documents_are_lines(void)
{
	auto_document struct document *document = document_object();
	struct document *list = document_array();
	auto_free char *line = NULL;

	document_number(list, NULL, INT64_MIN);
	document_number(list, NULL, INT64_MAX);
	document_text(list, NULL, "a\xff\x1b\"");
	document_text(list, NULL, NULL);
	document_add(document, "list", list);
	document_raw(document, "raw", "{ \"n\" :\n1.10 }");
	document_bool(document, "is", true);
	document_null(document, "none");
	line = document_print(document);
	test_text("a document is one line with every digit in it", line,
		  "{\"list\":[-9223372036854775808,9223372036854775807,"
		  "\"a\xef\xbf\xbd\\u001b\\\"\",null],\"raw\":{\"n\":1.10},"
		  "\"is\":true,\"none\":null}");
}

int
main(void)
{
	tells_shapes();
	leaves_text_alone();
	tells_values();
	cuts_long_values();
	falls_where_a_detector_fires();
	documents_are_lines();
	return test_end();
}
