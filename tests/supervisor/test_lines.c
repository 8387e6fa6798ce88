/* A host's lines, however the pipe cuts them. */
#include <sys/socket.h>

#include "supervisor/lines.h"
#include "tests/test.h"

/* Both ends of a pipe, and what is read from it. */
struct pair {
	int write;
	int read;
	struct lines lines;
};

static void
open_pair(struct pair *pair)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	pair->read = ends[0];
	pair->write = ends[1];
	lines_init(&pair->lines, pair->read);
}

static void
close_pair(struct pair *pair)
{
	lines_free(&pair->lines);
	close(pair->read);
	if (pair->write >= 0)
		close(pair->write);
}

static void
send_bytes(struct pair *pair, const void *bytes, size_t size)
{
	struct error err = NO_ERROR;

	if (write(pair->write, bytes, size) != (ssize_t)size ||
	    lines_receive(&pair->lines, &err) < 0)
		abort();
}

static void
send_text(struct pair *pair, const char *text)
{
	send_bytes(pair, text, strlen(text));
}

/* The next line; "-" for none yet, "!" for one that is too long. The caller
 * frees it. */
static char *
next(struct pair *pair)
{
	const char *line;
	size_t size;

	switch (lines_next(&pair->lines, &line, &size)) {
	case LINE_WHOLE:
		return xstrndup(line, size);
	case LINE_TOO_LONG:
		return xstrdup("!");
	case LINE_NONE:
		break;
	}
	return xstrdup("-");
}

static void
expect(const char *claim, struct pair *pair, const char *wanted)
{
	auto_free char *found = next(pair);

	test_text(claim, found, wanted);
}

static void
lines_are_cut_and_joined(void)
{
	struct pair pair;

	open_pair(&pair);
	expect("there is none at first", &pair, "-");
	send_text(&pair, "on");
	expect("half a line is none", &pair, "-");
	send_text(&pair, "e\ntwo\n\nfo");
	expect("a line in two pieces", &pair, "one");
	expect("two in one piece", &pair, "two");
	expect("an empty one", &pair, "");
	expect("the rest waits", &pair, "-");
	send_text(&pair, "ur\n");
	expect("and is completed", &pair, "four");
	send_bytes(&pair, "a\0b\n", 4);
	expect("a NUL ends no line", &pair, "a");
	expect("and the line is gone", &pair, "-");
	close_pair(&pair);
}

static void
half_a_line_is_lost_at_the_end(void)
{
	struct pair pair;
	struct error err = NO_ERROR;

	open_pair(&pair);
	send_text(&pair, "whole\nhalf");
	close(pair.write);
	pair.write = -1;
	test("the end is read",
	     lines_receive(&pair.lines, &err) == 0 && pair.lines.has_ended);
	expect("what was whole is still there", &pair, "whole");
	expect("what wasn't is lost", &pair, "-");
	close_pair(&pair);
}

/* One byte more than is taken, in pieces. */
static void
a_long_line_is_skipped_to_its_end(void)
{
	auto_free char *piece = xcalloc(1, 1024);
	struct pair pair;
	int told = 0;

	memset(piece, 'x', 1024);
	open_pair(&pair);
	for (int i = 0; i < 3 * LINE_MAX_BYTES / 1024; i++) {
		auto_free char *found = NULL;

		send_bytes(&pair, piece, 1024);
		found = next(&pair);
		told += strcmp(found, "!") == 0;
	}
	test("a line that is too long is told once", told == 1);
	test("and takes no more memory than that",
	     pair.lines.allocated < 2 * LINE_MAX_BYTES);
	send_text(&pair, "x\nnext\n");
	expect("the one behind it is read", &pair, "next");
	close_pair(&pair);
}

static void
the_longest_line_is_taken(void)
{
	auto_free char *piece = xcalloc(1, 1024);
	auto_free char *found = NULL;
	struct pair pair;

	memset(piece, 'y', 1024);
	open_pair(&pair);
	for (int i = 0; i < LINE_MAX_BYTES / 1024; i++)
		send_bytes(&pair, piece, 1024);
	expect("not before its end", &pair, "-");
	send_text(&pair, "\n");
	found = next(&pair);
	test("a line of the largest size is whole",
	     strlen(found) == LINE_MAX_BYTES);
	close_pair(&pair);
}

int
main(void)
{
	lines_are_cut_and_joined();
	half_a_line_is_lost_at_the_end();
	a_long_line_is_skipped_to_its_end();
	the_longest_line_is_taken();
	return test_end();
}
