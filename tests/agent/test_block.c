#include "tests/agent/reading.h"
#include "tests/agent/stream.h"

#define USED(index) USE(index, "a", "x")

static const struct {
	const char *name, *bytes, *content;
} contents[] = {
	{"an empty answer has no content", START END("end_turn"), NULL},
	{"a text starts with what its block starts with",
	 START BLOCK("0", "\"text\",\"text\":\"a\"") TEXT_PIECE("0", "b")
		 TEXT_PIECE("0", "\\n\\\"") STOP("0") END("end_turn"),
	 "{\"type\":\"text\",\"text\":\"ab\\n\\\"\"}"},
	{"a blank text is left out: the API doesn't take it back",
	 START BLOCK("0", "\"text\",\"text\":\"\"") TEXT_PIECE("0", " \\n")
		 STOP("0") BLOCK("1", "\"text\",\"text\":\"a\"") STOP("1")
			 END("end_turn"),
	 "{\"type\":\"text\",\"text\":\"a\"}"},
	{"citations are collected",
	 START BLOCK("0",
		     "\"text\",\"text\":\"a\","
		     "\"citations\":[]") DELTA("0", "\"citations_delta\","
						    "\"citation\":{\"a\":1.0}")
		 DELTA("0", "\"citations_delta\","
			    "\"citation\":{\"b\":2}") STOP("0") END("end_turn"),
	 "{\"type\":\"text\",\"text\":\"a\",\"citations\":[{\"a\":1.0},"
	 "{\"b\":2}]}"},
	{"citations may come to a block that had none",
	 START BLOCK("0", "\"text\",\"text\":\"a\"")
		 DELTA("0", "\"citations_delta\","
			    "\"citation\":{}") STOP("0") END("end_turn"),
	 "{\"type\":\"text\",\"text\":\"a\",\"citations\":[{}]}"},
	{"citations may be null at first",
	 START BLOCK("0", "\"text\",\"citations\":null,"
			  "\"text\":\"a\"") DELTA("0", "\"citations_delta\","
						       "\"citation\":{}")
		 STOP("0") END("end_turn"),
	 "{\"type\":\"text\",\"citations\":[{}],\"text\":\"a\"}"},
	{"thinking that is withheld keeps its signature",
	 START BLOCK("0", "\"thinking\",\"thinking\":\"\","
			  "\"signature\":\"\"")
		 DELTA("0", "\"signature_delta\","
			    "\"signature\":\"s\"") STOP("0") END("end_turn"),
	 "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":"
	 "\"s\"}"},
	{"a server tool's block is kept, and no call",
	 START BLOCK("0", "\"server_tool_use\",\"id\":\"s\","
			  "\"name\":\"web_search\",\"input\":{}")
		 INPUT_PIECE("0", "{\\\"q\\\":1}") STOP("0") END("pause_turn"),
	 "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":"
	 "\"web_search\",\"input\":{\"q\":1}}"},
	{"an unknown block is kept with every digit",
	 START BLOCK("0", "\"hologram\",\"n\":1.50e+3,\"x\":["
			  "{\"y\":null}]")
		 DELTA("0", "\"hologram_delta\",\"z\":1") STOP("0")
			 END("end_turn"),
	 "{\"type\":\"hologram\",\"n\":1.50e+3,\"x\":[{\"y\":null}]}"},
	{"unknown events and pings are skipped, whatever they hold",
	 "event: ping\ndata: x\n\nevent: y\ndata: {\n\ndata: "
	 "z\n\n" START END("end_turn"),
	 NULL},
	{"what comes after the end is skipped",
	 START END("end_turn") EVENT("error", "") START, NULL},
};

static void
puts_blocks_together(void)
{
	for (size_t i = 0; i < array_size(contents); i++) {
		struct reading reading = reading_of(contents[i].bytes,
						    strlen(contents[i].bytes));

		test_text(contents[i].name, reading.turn->content.text,
			  contents[i].content);
		test("and the turn is whole",
		     reading_is_whole(&reading) &&
			     reading.turn->use_count == 0);
		turn_free(reading.turn);
	}
}

#define DEEP24 "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct {
	const char *name, *bytes, *input;
} inputs[] = {
	{"no pieces are an empty input", START USED("0"), "{}"},
	{"empty pieces are an empty input",
	 START USED("0") INPUT_PIECE("0", "") INPUT_PIECE("0", ""), "{}"},
	{"an input may come with the start",
	 START BLOCK("0", "\"tool_use\",\"id\":\"a\",\"name\":"
			  "\"x\",\"input\":{\"a\": 1}"),
	 "{\"a\":1}"},
	{"numbers keep their digits",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":")
		 INPUT_PIECE("0", "10000000000000000000000.10}"),
	 "{\"a\":10000000000000000000000.10}"},
	{"an input may be deep",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":" DEEP24 "}"),
	 "{\"a\":" DEEP24 "}"},
	{"but only so deep that the frame around it isn't too deep",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":[" DEEP24 "]}"), NULL},
	{"half an input is none",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":"), NULL},
	{"two inputs are none", START USED("0") INPUT_PIECE("0", "{},{}"),
	 NULL},
	{"an array is none", START USED("0") INPUT_PIECE("0", "[]"), NULL},
	{"a lone surrogate is none",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":\\\"\\\\ud800\\\"}"),
	 NULL},
	{"an escaped NUL is none",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":\\\"\\\\u0000\\\"}"),
	 NULL},
	{"a repeated key is none",
	 START USED("0") INPUT_PIECE("0", "{\\\"a\\\":1,\\\"\\\\u0061\\\":2}"),
	 NULL},
};

static void
reads_inputs(void)
{
	for (size_t i = 0; i < array_size(inputs); i++) {
		auto_free char *bytes = xprintf("%s%s", inputs[i].bytes,
						STOP("0") END("tool_use"));
		auto_free char *content =
			xprintf("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":"
				"\"x\",\"input\":%s}",
				inputs[i].input ? inputs[i].input : "{}");
		struct reading reading = reading_of(bytes, strlen(bytes));

		test(inputs[i].name,
		     reading_is_whole(&reading) &&
			     reading.turn->use_count == 1 &&
			     same_text(reading.turn->uses[0].input,
				       inputs[i].input));
		test_text("and is given back", reading.turn->content.text,
			  content);
		turn_free(reading.turn);
	}
}

int
main(void)
{
	puts_blocks_together();
	reads_inputs();
	return test_end();
}
