#include "supervisor/disclose.h"
#include "supervisor/document.h"
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
	documents_are_lines();
	return test_end();
}
