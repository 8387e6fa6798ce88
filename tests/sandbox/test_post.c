/*
 * test_post.c - base64 in its one canonical form, and the lists of words.
 */
#include "tests/test.h"
#include "sandbox/post.h"

static void
test_encoding(void)
{
	static const struct {
		const char *bytes, *text;
	} pairs[] = {
		{"", ""},	 {"f", "Zg=="},	       {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"},
	};

	for (size_t i = 0; i < array_size(pairs); i++) {
		size_t length = strlen(pairs[i].bytes);
		auto_free char *text = post_encode(pairs[i].bytes, length);
		size_t size = 0;
		auto_free char *bytes = post_decode(pairs[i].text, &size);

		test_text("bytes become base64", text, pairs[i].text);
		test("base64 becomes the same bytes",
		     bytes != NULL && size == length &&
			     memcmp(bytes, pairs[i].bytes, size) == 0);
	}
}

static void
test_every_byte(void)
{
	unsigned char bytes[256];
	size_t size = 0;
	auto_free char *text = NULL;
	auto_free unsigned char *back = NULL;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	text = post_encode(bytes, sizeof(bytes));
	back = post_decode(text, &size);
	test("every byte comes back",
	     size == sizeof(bytes) && memcmp(back, bytes, size) == 0);
}

static void
test_refusals(void)
{
	static const char *const texts[] = {
		"Z",	"Zg",	    "Zg=",    "Zg===",	 "Zh==",
		"Zm9=", "Zg==Zg==", "Zm9v\n", "Zm 9",	 "=Zg=",
		"====", "Z===",	    "Zm9-",   "Zm9\x80", "Z=g=",
	};

	for (size_t i = 0; i < array_size(texts); i++) {
		size_t size = 7;
		auto_free char *bytes = post_decode(texts[i], &size);
		char name[64];

		snprintf(name, sizeof(name), "refuses as base64: %.20s",
			 strchr(texts[i], '\n') ? "a line break" : texts[i]);
		test(name, bytes == NULL && size == 7);
	}
}

int
main(void)
{
	test_encoding();
	test_every_byte();
	test_refusals();
	test("a listed header is found",
	     post_lists(post_headers, "retry-after"));
	test("another header isn't", !post_lists(post_headers, "set-cookie"));
	test("a failure is found", post_lists(post_failures, "cut"));
	test("the empty word is no failure", !post_lists(post_failures, ""));
	return test_end();
}
