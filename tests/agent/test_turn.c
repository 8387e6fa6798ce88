#include "tests/agent/reading.h"
#include "tests/agent/reply.h"
#include "tests/agent/stream.h"

/* --- The recorded answer -------------------------------------------------- */

#define INPUT                                                             \
	"{\"diagnosis\":\"orders lacks größe\",\"risk_level\":\"LOW\"," \
	"\"statements\":[\"ALTER TABLE analytics.orders ADD COLUMN "      \
	"\\\"größe\\\" numeric\"],\"mapping\":[],\"advice\":[],"        \
	"\"reasoning\":\"every value is a decimal\"}"
#define CONTENT                                                               \
	"{\"type\":\"thinking\",\"thinking\":\"The record has a new key, "    \
	"\\\"größe\\\", and every value is a decimal \\u2014 so numeric.\"" \
	",\"signature\":\"EqQBCgIYAhIM+/1x==\"},"                             \
	"{\"type\":\"redacted_thinking\",\"data\":"                           \
	"\"EmwKAhgBEgy3va3pzix/LafPsn4=\"},"                                  \
	"{\"type\":\"text\",\"text\":\"One column is missing: größe 表 "   \
	"\\ud83d\\ude00.\"},"                                                 \
	"{\"type\":\"tool_use\",\"id\":\"toolu_01A09q90qw90lq917835lq9\","    \
	"\"name\":\"propose_repair\",\"input\":" INPUT "}"

static void
reads_the_recorded_answer(void)
{
	size_t size;
	auto_free char *reply = reply_read(&size);
	struct reading reading = reading_of(reply, size);
	const struct turn *turn = reading.turn;

	test("the recorded answer is whole", reading_is_whole(&reading));
	test_text("its content can be given back", turn->content.text, CONTENT);
	test_text("it stopped for a tool", turn->stop_reason, "tool_use");
	test("one call was made", turn->use_count == 1);
	test_text("of this tool", turn->uses[0].name, "propose_repair");
	test_text("with this id", turn->uses[0].id,
		  "toolu_01A09q90qw90lq917835lq9");
	test_text("and this input, on one line", turn->uses[0].input, INPUT);
	test_text("its words are kept for people", turn->thoughts.text,
		  "The record has a new key, \"größe\", and every value is a "
		  "decimal \u2014 so numeric.\n"
		  "One column is missing: größe 表 \xf0\x9f\x98\x80.");
	test("usage is the last that was said",
	     turn->usage.input == 312 && turn->usage.output == 187 &&
		     turn->usage.cache_read == 2841 &&
		     turn->usage.cache_write == 0);
	turn_free(reading.turn);
}

/* The last byte is the last event's empty line. */
static void
is_not_whole_when_cut(void)
{
	size_t size;
	auto_free char *reply = reply_read(&size);
	bool is_ever_whole = false;

	for (size_t at = 0; at < size; at++) {
		struct reading reading = reading_of(reply, at);

		is_ever_whole = is_ever_whole || reading_is_whole(&reading);
		turn_free(reading.turn);
	}
	test("a cut anywhere leaves no whole turn", !is_ever_whole);
}

/* --- Made-up answers ------------------------------------------------------ */

#define USED(index) USE(index, "a", "x")
#define DEEP24 "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct {
	const char *name, *bytes, *code;
} disorders[] = {
	{"a second start", START START, "protocol"},
	{"a block before the start", BLOCK("0", "\"text\",\"text\":\"\""),
	 "protocol"},
	{"a block that skips an index",
	 START BLOCK("1", "\"text\",\"text\":\"\""), "protocol"},
	{"a block inside a block", START USED("0") USED("1"), "protocol"},
	{"a block without type", START BLOCK("0", "\"text\":\"\""), "protocol"},
	{"a delta without a block", START TEXT_PIECE("0", "a"), "protocol"},
	{"a delta of another block", START USED("0") INPUT_PIECE("1", "{}"),
	 "protocol"},
	{"a delta without its piece",
	 START USED("0") DELTA("0", "\"text_delta\""), "protocol"},
	{"a block's end without a block", START STOP("0"), "protocol"},
	{"the end inside a block", START USED("0") END("tool_use"), "protocol"},
	{"the end without a stop reason", START EVENT("message_stop", ""),
	 "protocol"},
	{"the end without a start", END("end_turn"), "protocol"},
	{"a call without an id",
	 START BLOCK("0", "\"tool_use\",\"name\":\"x\","
			  "\"input\":{}") STOP("0"),
	 "protocol"},
	{"a call whose start holds no object",
	 START BLOCK("0", "\"tool_use\",\"id\":\"a\",\"name\":"
			  "\"x\",\"input\":[]") STOP("0"),
	 "protocol"},
	{"a block that is too deep to be given back",
	 START BLOCK("0", "\"y\",\"a\":[[" DEEP24 "]]") STOP("0"), "protocol"},
	{"an event that is no JSON", "event: message_start\ndata: {\n\n",
	 "protocol"},
	{"invalid UTF-8", START BLOCK("0", "\"\xff\""), "protocol"},
	{"half a character in a piece",
	 START USED("0") INPUT_PIECE("0", "\xc3") INPUT_PIECE("0", "\xa9"),
	 "protocol"},
	{"an overload in the middle",
	 START EVENT("error", ",\"error\":{\"type\":\"overloaded_error"
			      "\",\"message\":\"Overloaded\"}"),
	 "overloaded"},
	{"an error before the start",
	 EVENT("error", ",\"error\":{\"type\":\"authentication_error"
			"\",\"message\":\"no\"}"),
	 "auth"},
	{"an error that says nothing", START EVENT("error", ""), "protocol"},
};

static void
refuses_disorder(void)
{
	for (size_t i = 0; i < array_size(disorders); i++) {
		auto_free char *name = xprintf("refuses %s", disorders[i].name);
		struct reading reading = reading_of(disorders[i].bytes,
						    strlen(disorders[i].bytes));

		test(name,
		     reading.failed && !turn_is_complete(reading.turn) &&
			     same_text(reading.err.code, disorders[i].code));
		turn_free(reading.turn);
	}
}

static void
has_limits(void)
{
	auto_free char *many = NULL, *large = NULL;
	size_t size;
	FILE *out = xmemstream(&many, &size);
	struct reading reading;

	fputs(START, out);
	for (int i = 0; i <= TURN_BLOCKS_MAX; i++)
		fprintf(out,
			EVENT("content_block_start",
			      ",\"index\":%d,\"content_block\":{\"type\":"
			      "\"y\"}")
				EVENT("content_block_stop", ",\"index\":%d"),
			i, i);
	fclose(out);
	reading = reading_of(many, size);
	test("refuses more blocks than a turn needs", reading.failed);
	turn_free(reading.turn);

	out = xmemstream(&large, &size);
	fputs(START BLOCK("0", "\"text\",\"text\":\"\""), out);
	for (int i = 0; i < 10; i++)
		fprintf(out, TEXT_PIECE("0", "%060000d"), 0);
	fputs(STOP("0"), out);
	fclose(out);
	reading = reading_of(large, size);
	test("refuses a turn that fits no request", reading.failed);
	turn_free(reading.turn);
}

static void
caps_thoughts(void)
{
	auto_free char *bytes = NULL;
	size_t size;
	FILE *out = xmemstream(&bytes, &size);
	struct reading reading;

	fputs(START BLOCK("0", "\"text\",\"text\":\"x\""), out);
	for (int i = 0; i < TURN_THOUGHTS_MAX; i++)
		fputs(TEXT_PIECE("0", "\xc3\xa9"), out);
	fputs(STOP("0") END("end_turn"), out);
	fclose(out);
	reading = reading_of(bytes, size);
	test("thoughts are capped in whole characters",
	     reading_is_whole(&reading) &&
		     reading.turn->thoughts.size == TURN_THOUGHTS_MAX - 1 &&
		     reading.turn->content.size > TURN_THOUGHTS_MAX * 2);
	turn_free(reading.turn);
}

static void
reads_refusals(void)
{
	static const char bytes[] =
		START EVENT("message_delta",
			    ",\"delta\":{\"stop_reason\":\"refusal\",\"stop_"
			    "details\":{\"type\":\"refusal\",\"category\":"
			    "\"cyber\",\"explanation\":\"no\"}},\"usage\":{"
			    "\"output_tokens\":null,\"input_tokens\":-1}")
			EVENT("message_stop", "");
	struct reading reading = reading_of(bytes, sizeof(bytes) - 1);

	test_text("a refusal is explained", reading.turn->refusal, "cyber: no");
	test("counts that can't be meant leave the last",
	     reading_is_whole(&reading) && reading.turn->usage.input == 100 &&
		     reading.turn->usage.output == 1);
	turn_free(reading.turn);
}

int
main(void)
{
	reads_the_recorded_answer();
	is_not_whole_when_cut();
	refuses_disorder();
	has_limits();
	caps_thoughts();
	reads_refusals();
	return test_end();
}
