#include "supervisor/text.h"
#include "tests/test.h"

/* Returns a static text, good until the next call. */
static const char *
escaped(const char *text)
{
	static char kept[256];
	auto_free char *written = NULL;
	size_t size;
	FILE *out = xmemstream(&written, &size);

	text_write_escaped(out, text);
	fclose(out);
	snprintf(kept, sizeof(kept), "%s", written);
	return kept;
}

static void
test_escapes(void)
{
	test_text("plain text stays as it is", escaped("a b: \u00fc \u20ac"),
		  "a b: \u00fc \u20ac");
	test_text("a newline stays on its line", escaped("a\nb\tc"),
		  "a\\nb\\tc");
	test_text("an escape sequence is shown", escaped("\033[2J"),
		  "\\x1b[2J");
	test_text("a C1 control is shown",
		  escaped("\xc2\x9b"
			  "31m"),
		  "\\u{009b}31m");
	test_text("a bidi override is shown", escaped("a\u202eb"),
		  "a\\u{202e}b");
	test_text("a zero width space is shown", escaped("a\u200bb"),
		  "a\\u{200b}b");
	test_text("invalid UTF-8 is shown by bytes", escaped("a\xc3(\xff"),
		  "a\\xc3(\\xff");
	test_text("a torn character at the end is shown", escaped("a\xe2\x82"),
		  "a\\xe2\\x82");
}

static void
test_suggestions(void)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {{1, "lock_timeout"}, {2, "statement_timeout"}, {3, "db"}};
	static const size_t stride = sizeof(rows[0]);
	char longest[100];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	test_text("the nearest word is found",
		  text_nearest("lock_timout", &rows[0].name, 3, stride),
		  "lock_timeout");
	test_text("an unlike word has no neighbour",
		  text_nearest("colour", &rows[0].name, 3, stride), NULL);
	test_text("a word without end has no neighbour",
		  text_nearest(longest, &rows[0].name, 3, stride), NULL);
}

int
main(void)
{
	test_escapes();
	test_suggestions();
	return test_end();
}
