#include "agent/events.h"
#include "tests/agent/reply.h"

/* Writes every event as "name=data;". */
static int
write_event(void *context, const struct event *event, struct error *err)
{
	FILE *out = context;

	fprintf(out, "%s=", event->name);
	fwrite(event->data, 1, event->size, out);
	fputc(';', out);
	return 0;
}

/* What comes out when the bytes come in pieces of `piece`, the first one of
 * `first`; NULL when they are refused. The caller frees it. */
static char *
read_in_pieces(const char *bytes, size_t size, size_t first, size_t piece)
{
	struct error err = NO_ERROR;
	auto_free char *text = NULL;
	size_t text_size, length = first;
	FILE *out = xmemstream(&text, &text_size);
	struct events events = {.taker = write_event, .context = out};
	int result = 0;

	for (size_t at = 0; at < size && result == 0; at += length) {
		length = at == 0 ? first : piece;
		if (length > size - at)
			length = size - at;
		result = events_feed(&events, bytes + at, length, &err);
	}
	events_free(&events);
	fclose(out);
	return result < 0 ? NULL : take(text);
}

static char *
read_whole(const char *bytes)
{
	return read_in_pieces(bytes, strlen(bytes), strlen(bytes), 1);
}

static void
reads_streams(void)
{
	static const struct {
		const char *name, *bytes, *events;
	} cases[] = {
		{"an event is its name and its data", "event: a\ndata: 1\n\n",
		 "a=1;"},
		{"the space after the colon may be missing",
		 "event:a\ndata:1\n\n", "a=1;"},
		{"only one space is taken away", "data:  1\n\n", "= 1;"},
		{"lines of data are joined", "data: 1\ndata\ndata: 2\n\n",
		 "=1\n\n2;"},
		{"LF, CRLF and CR end lines",
		 "data: 1\n\ndata: 2\r\n\r\ndata: 3\r\r", "=1;=2;=3;"},
		{"CR and LF may mix", "data: 1\r\ndata: 2\r\n\ndata: 3\n\r",
		 "=1\n2;=3;"},
		{"comments are skipped", ": event: a\n:\ndata: 1\n\n", "=1;"},
		{"other fields are skipped",
		 "id: 7\nretry: 1\nfoo\ndata: 1\n\n", "=1;"},
		{"an event without data is none", "event: a\n\ndata: 1\n\n\n\n",
		 "=1;"},
		{"an event that has no end is none", "data: 1\n\ndata: 2\n",
		 "=1;"},
		{"a byte order mark is skipped",
		 "\xef\xbb\xbf"
		 "data: 1\n\n\xef\xbb\xbf"
		 "data: 2\n\n",
		 "=1;"},
		{"data may be empty", "event: a\ndata:\n\n", "a=;"},
		{"the last name stands", "event: a\nevent: b\ndata: 1\n\n",
		 "b=1;"},
		{"nothing is nothing", "", ""},
		{"what is no stream is nothing",
		 "<html>\n\n<p>502: Bad gateway\n\n</html>\n", ""},
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		auto_free char *events = read_whole(cases[i].bytes);

		test_text(cases[i].name, events, cases[i].events);
	}
}

static void
passes_bytes_on(void)
{
	static const char bytes[] = "data: \xff\xc3\0x\n\n";
	auto_free char *events = read_in_pieces(bytes, sizeof(bytes) - 1, 3, 1);

	test("bytes are passed on, whatever they are",
	     events != NULL && memcmp(events, "=\xff\xc3\0x;", 6) == 0);
}

static void
survives_every_split(void)
{
	static const struct {
		const char *name, *end;
	} cases[] = {{"LF", "\n"}, {"CRLF", "\r\n"}, {"CR", "\r"}};
	size_t size;
	auto_free char *reply = reply_read(&size);
	auto_free char *whole = read_whole(reply);

	for (size_t i = 0; i < array_size(cases); i++) {
		auto_free char *name = xprintf(
			"a split anywhere changes nothing, %s", cases[i].name);
		auto_free char *bytes = reply_with_ends(cases[i].end, &size);
		bool is_same = true;

		for (size_t at = 1; at < size; at++) {
			auto_free char *events =
				read_in_pieces(bytes, size, at, size);

			is_same = is_same && same_text(events, whole);
		}
		test(name, is_same);
	}
}

static void
survives_small_pieces(void)
{
	size_t size;
	auto_free char *reply = reply_read(&size);
	auto_free char *whole = read_whole(reply);
	bool is_same = true;

	for (size_t piece = 1; piece < 20; piece++) {
		auto_free char *events =
			read_in_pieces(reply, size, piece, piece);

		is_same = is_same && same_text(events, whole);
	}
	test("pieces of any size change nothing", is_same);
}

/* `count` lines that begin so and go on for `size` bytes. */
static char *
long_lines(const char *start, int size, int count)
{
	char *text;
	size_t text_size;
	FILE *out = xmemstream(&text, &text_size);

	for (int i = 0; i < count; i++)
		fprintf(out, "%s%0*d\n", start, size, 0);
	fputc('\n', out);
	fclose(out);
	return text;
}

static void
has_limits(void)
{
	auto_free char *fits = long_lines("data:", EVENTS_SIZE_MAX - 100, 1);
	auto_free char *line = long_lines(":", EVENTS_SIZE_MAX, 1);
	auto_free char *event = long_lines("data:", EVENTS_SIZE_MAX / 4, 5);
	auto_free char *comments = long_lines(":", EVENTS_SIZE_MAX / 4, 5);
	auto_free char *of_fits = read_whole(fits);
	auto_free char *of_line = read_whole(line);
	auto_free char *of_event = read_whole(event);
	auto_free char *of_comments = read_whole(comments);
	auto_free char *name = long_lines("data:\nevent:message_stop", 200, 1);
	auto_free char *of_name = read_whole(name);

	test("a long event is read", of_fits != NULL);
	test("refuses a line that is too long", of_line == NULL);
	test("refuses an event that is too long", of_event == NULL);
	test("comments cost nothing", of_comments != NULL);
	test("a long name becomes no known one",
	     of_name != NULL && strncmp(of_name, "message_stop0", 13) == 0);
}

static int
refuse_event(void *context, const struct event *event, struct error *err)
{
	++*(int *)context;
	return fail(err, "no");
}

static void
stops_when_told(void)
{
	struct error err = NO_ERROR;
	int count = 0;
	struct events events = {.taker = refuse_event, .context = &count};

	test("stops when its taker does",
	     events_feed(&events, "data: 1\n\ndata: 2\n\n", 18, &err) < 0 &&
		     count == 1);
	events_free(&events);
}

int
main(void)
{
	reads_streams();
	passes_bytes_on();
	survives_every_split();
	survives_small_pieces();
	has_limits();
	stops_when_told();
	return test_end();
}
