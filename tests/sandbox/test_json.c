#include "sandbox/json.h"
#include "tests/test.h"

#define TEXT(literal) .text = (literal), .size = sizeof(literal) - 1

/* Texts that everybody reads alike, and texts that parsers disagree about. */
static const struct {
	const char *name;
	const char *text;
	size_t size;
	bool accepted;
} texts[] = {
	{"an empty object", TEXT("{}"), true},
	{"an empty array with white space", TEXT(" [ \t\r\n] "), true},
	{"a bare string", TEXT("\"a\""), true},
	{"a bare word", TEXT("null"), true},
	{"nested values", TEXT("{\"a\":[1,{\"b\":null}],\"c\":true}"), true},
	{"zero", TEXT("0"), true},
	{"minus zero", TEXT("-0"), true},
	{"a decimal with an exponent", TEXT("-1.50e+10"), true},
	{"thirty-eight digits", TEXT("12345678901234567890123456789012345678"),
	 true},
	{"every short escape", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), true},
	{"a surrogate pair", TEXT("\"\\ud83d\\ude00\""), true},
	{"UTF-8 of every length",
	 TEXT("\"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), true},
	{"keys that differ in case", TEXT("{\"a\":1,\"A\":2}"), true},
	{"a key that is the start of another", TEXT("{\"a\":1,\"ab\":2}"),
	 true},
	{"equal keys in different objects", TEXT("[{\"a\":1},{\"a\":2}]"),
	 true},
	{"an empty key", TEXT("{\"\":1}"), true},

	{"an empty text", TEXT(""), false},
	{"white space alone", TEXT(" "), false},
	{"bytes after the value", TEXT("{} x"), false},
	{"two values", TEXT("1 2"), false},
	{"NUL after the value", TEXT("{}\0"), false},
	{"a byte order mark", TEXT("\xef\xbb\xbf{}"), false},
	{"a comment", TEXT("/**/{}"), false},
	{"a comma before the end of an array", TEXT("[1,]"), false},
	{"a comma before the end of an object", TEXT("{\"a\":1,}"), false},
	{"a comma at the start", TEXT("[,1]"), false},
	{"two commas", TEXT("[1,,2]"), false},
	{"no comma", TEXT("[1 2]"), false},
	{"an unquoted key", TEXT("{a:1}"), false},
	{"a number as key", TEXT("{1:1}"), false},
	{"a key without colon", TEXT("{\"a\" 1}"), false},
	{"a key without value", TEXT("{\"a\":}"), false},
	{"an unfinished object", TEXT("{\"a\":1"), false},
	{"an unfinished array", TEXT("[1"), false},
	{"an unfinished string", TEXT("\"a"), false},
	{"an unfinished word", TEXT("tru"), false},
	{"an unknown word", TEXT("nil"), false},
	{"a word in capitals", TEXT("TRUE"), false},
	{"a word that goes on", TEXT("nullx"), false},
	{"not a number", TEXT("NaN"), false},
	{"infinity", TEXT("-Infinity"), false},
	{"a leading zero", TEXT("01"), false},
	{"a leading zero after minus", TEXT("-01"), false},
	{"a leading plus", TEXT("+1"), false},
	{"a leading point", TEXT(".5"), false},
	{"a trailing point", TEXT("1."), false},
	{"an exponent without digits", TEXT("1e"), false},
	{"an exponent of a sign alone", TEXT("1e+"), false},
	{"minus alone", TEXT("-"), false},
	{"a hexadecimal number", TEXT("0x10"), false},
	{"single quotes", TEXT("'a'"), false},
	{"an unknown escape", TEXT("\"\\x41\""), false},
	{"an escaped NUL byte", TEXT("\"\\\0\""), false},
	{"an unfinished escape", TEXT("\"\\"), false},
	{"three hexadecimal digits", TEXT("\"\\u123\""), false},
	{"NUL as escape", TEXT("\"a\\u0000\""), false},
	{"NUL as byte", TEXT("\"a\0\""), false},
	{"NUL as escape in a key", TEXT("{\"\\u0000\":1}"), false},
	{"a line feed in a string", TEXT("\"a\nb\""), false},
	{"a lone high surrogate", TEXT("\"\\ud800\""), false},
	{"a high surrogate before a letter", TEXT("\"\\ud800a\""), false},
	{"a high surrogate before another escape", TEXT("\"\\ud800\\n\""),
	 false},
	{"two high surrogates", TEXT("\"\\ud800\\ud800\""), false},
	{"a lone low surrogate", TEXT("\"\\udc00\""), false},
	{"a high surrogate at the end", TEXT("\"\\ud800"), false},
	{"a surrogate in UTF-8", TEXT("\"\xed\xa0\x80\""), false},
	{"an overlong slash", TEXT("\"\xc0\xaf\""), false},
	{"an overlong NUL", TEXT("\"\xc0\x80\""), false},
	{"an overlong form of three bytes", TEXT("\"\xe0\x80\xaf\""), false},
	{"an overlong form of four bytes", TEXT("\"\xf0\x80\x80\xaf\""), false},
	{"a character beyond the last", TEXT("\"\xf4\x90\x80\x80\""), false},
	{"a byte that never occurs", TEXT("\"\xff\""), false},
	{"a continuation byte alone", TEXT("\"\x80\""), false},
	{"half a character", TEXT("\"\xe2\x82\""), false},
	{"half a character at the end", TEXT("\"\xe2\x82"), false},
	{"a key twice", TEXT("{\"a\":1,\"b\":2,\"a\":3}"), false},
	{"a key twice by an escape", TEXT("{\"a\":1,\"\\u0061\":2}"), false},
	{"a key twice by a surrogate pair",
	 TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"), false},
	{"an empty key twice", TEXT("{\"\":1,\"\":2}"), false},
	{"a key twice in a nested object", TEXT("[{\"a\":{\"b\":1,\"b\":1}}]"),
	 false},
};

static bool
is_accepted(const char *text, size_t size, struct error *err)
{
	auto_json struct json *json = NULL;

	return json_scan(&json, text, size, err) == 0;
}

static void
accepts_and_refuses(void)
{
	for (size_t i = 0; i < array_size(texts); i++) {
		struct error err = NO_ERROR;
		auto_free char *name = xprintf(
			"%s %s", texts[i].accepted ? "accepts" : "refuses",
			texts[i].name);

		test(name, is_accepted(texts[i].text, texts[i].size, &err) ==
				   texts[i].accepted);
	}
}

/* `depth` arrays or objects around a number. */
static bool
accepts_depth(int depth, const char *opening, const char *closing)
{
	auto_free char *text = NULL;
	struct error err = NO_ERROR;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < depth; i++)
		fputs(opening, out);
	fputc('1', out);
	for (int i = 0; i < depth; i++)
		fputs(closing, out);
	fclose(out);
	return is_accepted(text, size, &err);
}

static void
limits_depth(void)
{
	test("accepts arrays 32 deep", accepts_depth(32, "[", "]"));
	test("refuses arrays 33 deep", !accepts_depth(33, "[", "]"));
	test("accepts objects 32 deep", accepts_depth(32, "{\"a\":", "}"));
	test("refuses objects 33 deep", !accepts_depth(33, "{\"a\":", "}"));
	test("refuses a hundred thousand openings",
	     !accepts_depth(100000, "[", ""));
}

static void
errors_say_where(void)
{
	struct error err = NO_ERROR;

	is_accepted("{\"a\":1,\"\\u0061\":2}", 18, &err);
	test_text("names the place of a duplicate key", err.text,
		  "not acceptable JSON: member named twice at byte 7, found "
		  "\"\\u0061\"...");
	is_accepted("[\x1b[31m", 6, &err);
	test_text("escapes what it found", err.text,
		  "not acceptable JSON: value wanted at byte 1, found "
		  "\\x1b[31m");
	is_accepted("[", 1, &err);
	test_text("says that it found the end", err.text,
		  "not acceptable JSON: value wanted at byte 1, found the end");
}

/* A quadratic search would take minutes under the sanitizers. */
static void
many_members(void)
{
	auto_free char *text = NULL;
	struct error err = NO_ERROR;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs("{\"k59999\":0", out);
	for (int i = 0; i < 60000; i++)
		fprintf(out, ",\"k%d\":%d", i, i);
	fputc('}', out);
	fclose(out);
	test("finds one duplicate among sixty thousand members",
	     !is_accepted(text, size, &err) &&
		     strstr(err.text, "twice") != NULL);
	text[2] = 'j';
	test("accepts sixty thousand members", is_accepted(text, size, &err));
}

static const char sample[] =
	"{\"n\\u00e4me\" : \"a\\ud83d\\ude00\\n\\\"\", \"big\":"
	"12345678901234567890123456789012345678, \"list\":[1,2 , 3],"
	"\"min\":-9223372036854775808,\"over\":9223372036854775808,"
	"\"float\":1.0}";

static void
reads_strings(const struct json *json)
{
	int node = json_member(json, 0, "n\xc3\xa4me");
	auto_free char *string = json_string(json, node);
	auto_free char *key = json_key(json, node);

	test("finds a member by its decoded name", node != JSON_NONE);
	test_text("decodes a string", string, "a\xf0\x9f\x98\x80\n\"");
	test_text("decodes a key", key, "n\xc3\xa4me");
}

static void
reads_numbers(const struct json *json)
{
	int big = json_member(json, 0, "big");
	auto_free char *raw = json_raw_copy(json, big);
	long long value = 0;

	test_text("keeps every digit of a number", raw,
		  "12345678901234567890123456789012345678");
	test("refuses an integer that doesn't fit",
	     !json_integer(json, big, &value));
	test("reads the least integer",
	     json_integer(json, json_member(json, 0, "min"), &value) &&
		     value == INT64_MIN);
	test("refuses the greatest integer plus one",
	     !json_integer(json, json_member(json, 0, "over"), &value));
	test("refuses a decimal as integer",
	     !json_integer(json, json_member(json, 0, "float"), &value));
}

static void
walks(const struct json *json)
{
	int list = json_member(json, 0, "list");
	int last = json_next(json, json_next(json, json_first(json, list)));
	long long value = 0;

	test("counts members", json_count(json, 0) == 6);
	test("counts elements", json_count(json, list) == 3);
	test("walks elements", json_integer(json, last, &value) && value == 3);
	test("ends a walk", json_next(json, last) == JSON_NONE);
	test("gives an element no key", json_key(json, last) == NULL);
	test("finds no member that isn't there",
	     json_member(json, 0, "lis") == JSON_NONE &&
		     json_member(json, 0, "lists") == JSON_NONE &&
		     json_member(json, 0, "") == JSON_NONE);
	test("finds no member in an array",
	     json_member(json, list, "a") == JSON_NONE);
	test("takes no node for null",
	     json_type(json, JSON_NONE) == JSON_NULL &&
		     !json_is(json, JSON_NONE, JSON_NULL) &&
		     json_count(json, JSON_NONE) == 0 &&
		     json_string(json, JSON_NONE) == NULL);
}

static void
reads_values(void)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	if (json_scan(&json, sample, sizeof(sample) - 1, &err) < 0) {
		test_text("scans the sample", err.text, NULL);
		return;
	}
	reads_strings(json);
	reads_numbers(json);
	walks(json);
}

static char *
written(const char *text)
{
	char *json = NULL;
	size_t size;
	FILE *out = xmemstream(&json, &size);

	json_write_string(out, text);
	fclose(out);
	return json;
}

static void
writes_strings(void)
{
	auto_free char *quotes = written("a\"\\\n\tb");
	auto_free char *controls = written("\x1b[31m\x7f\xc2\x9b");
	auto_free char *invalid = written("a\xff\xed\xa0\x80z\xe2\x82");
	auto_free char *letters = written("\xc3\xa9\xf0\x9f\x98\x80");
	struct error err = NO_ERROR;

	test_text("escapes quotes and line feeds", quotes,
		  "\"a\\\"\\\\\\n\\tb\"");
	test_text("escapes control characters", controls,
		  "\"\\u001b[31m\\u007f\\u009b\"");
	test_text("replaces invalid UTF-8", invalid,
		  "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"
		  "\xef\xbf\xbd\xef\xbf\xbd\"");
	test_text("leaves letters alone", letters,
		  "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	test("writes what it would accept",
	     is_accepted(invalid, strlen(invalid), &err) &&
		     is_accepted(controls, strlen(controls), &err));
}

static void
writes_compactly(void)
{
	static const char json[] =
		"{ \"a b\" : [ 1 ,\n\t\"c \\\" d \\\\\" , 1.0 ] }\r\n";
	auto_free char *line = NULL;
	size_t size;
	FILE *out = xmemstream(&line, &size);

	json_write_compact(out, json, sizeof(json) - 1);
	fclose(out);
	test_text("drops white space between tokens and no other", line,
		  "{\"a b\":[1,\"c \\\" d \\\\\",1.0]}");
}

int
main(void)
{
	accepts_and_refuses();
	limits_depth();
	errors_say_where();
	many_members();
	reads_values();
	writes_strings();
	writes_compactly();
	return test_end();
}
