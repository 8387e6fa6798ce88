#include "tests/agent/reply.h"
#include "tests/agent/script.h"
#include "tests/agent/stream.h"

#define DENIED "{\"verdict\":\"deny\",\"reason_code\":\"F04\"}"
#define ALLOWED "{\"verdict\":\"allow\"}"

/* --- Proposals ------------------------------------------------------------ */

static void
proposes_what_was_recorded(void)
{
	size_t size;
	auto_free char *reply = reply_read(&size);
	auto_free char *body = NULL, *arguments = NULL, *thinking = NULL;
	auto_free char *usage = NULL;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_reply(&script, reply);
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	test("a proposal that was taken ends the run", script.result == 0);
	test_text("nothing is asked after it", script.asked,
		  "read model propose_repair");
	body = script_member(&script, 1, "params|body");
	test_text("a request is the fixed part and the messages", body,
		  "{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,"
		  "\"tools\":[{\"name\":\"describe_table\"},{\"name\":"
		  "\"propose_repair\"},{\"name\":\"give_up\"}],\"messages\":["
		  "{\"role\":\"user\",\"content\":\"heal\"}]}");
	arguments = script_member(&script, 2, "params|arguments");
	test_text("the model's arguments are passed on", arguments,
		  "{\"diagnosis\":\"orders lacks größe\",\"risk_level\":"
		  "\"LOW\",\"statements\":[\"ALTER TABLE analytics.orders ADD "
		  "COLUMN \\\"größe\\\" numeric\"],\"mapping\":[],\"advice\":"
		  "[],\"reasoning\":\"every value is a decimal\"}");
	thinking = script_member(&script, 2, "params|_meta|pgmend/thinking");
	test("its thoughts go with them",
	     thinking != NULL && strstr(thinking, "so numeric.") != NULL);
	usage = script_member(&script, 2, "params|_meta|pgmend/usage");
	test_text("and what it has used", usage,
		  "{\"input\":312,\"output\":187,\"cache_write\":0,"
		  "\"cache_read\":2841,\"requests\":1}");
	script_free(&script);
}

static void
proposes_better(void)
{
	auto_free char *body = NULL, *usage = NULL;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_reply(&script, PROPOSE("t1", "{\\\"n\\\": 1.0}"));
	script_tool(&script, true, DENIED);
	script_reply(&script, PROPOSE("t2", "{\\\"n\\\":2}"));
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	test_text("a proposal that was denied is followed by a better one",
		  script.asked,
		  "read model propose_repair model propose_repair");
	body = script_member(&script, 3, "params|body|messages");
	test_text("the model is told why", body,
		  "[{\"role\":\"user\",\"content\":\"heal\"},{\"role\":"
		  "\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":"
		  "\"t1\",\"name\":\"propose_repair\",\"input\":{\"n\":1.0}}]},"
		  "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		  "\"tool_use_id\":\"t1\",\"content\":\"{\\\"verdict\\\":"
		  "\\\"deny\\\",\\\"reason_code\\\":\\\"F04\\\"}\","
		  "\"is_error\":true}]}]");
	usage = script_member(&script, 4, "params|_meta|pgmend/usage");
	test_text("usage adds up over requests", usage,
		  "{\"input\":200,\"output\":40,\"cache_write\":0,"
		  "\"cache_read\":14,\"requests\":2}");
	script_free(&script);
}

static void
answers_parallel_calls(void)
{
	auto_free char *results = NULL;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_reply(&script,
		     START CALL("0", "a", "describe_table",
				"{}") CALL("1", "b", "drop_table", "{}")
			     CALL("2", "c", "describe_table", "{\\\"x")
				     CALL("3", "a", "describe_table", "{}")
					     CALL("4", "d", "describe_table",
						  "") END("tool_use"));
	script_tool(&script, false, "one");
	script_tool(&script, true, "two");
	script_reply(&script, PROPOSE("t", "{}"));
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	test_text("only sound calls of offered tools are passed on",
		  script.asked,
		  "read model describe_table describe_table model "
		  "propose_repair");
	results = script_member(&script, 4, "params|body|messages");
	test_text("every call has its result, in order, in one message",
		  strstr(results, "},{\"role\":\"user\",\"content\":[{"),
		  "},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		  "\"tool_use_id\":\"a\",\"content\":\"one\"},{\"type\":"
		  "\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"there "
		  "is no tool of this name\",\"is_error\":true},{\"type\":"
		  "\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"the "
		  "input is no JSON object, or not a sound one: no invalid "
		  "UTF-8, \\\\u0000, lone surrogate, repeated key or deep "
		  "nesting\",\"is_error\":true},{\"type\":\"tool_result\","
		  "\"tool_use_id\":\"a\",\"content\":\"another call of this "
		  "turn has the same id\",\"is_error\":true},{\"type\":"
		  "\"tool_result\",\"tool_use_id\":\"d\",\"content\":\"two\","
		  "\"is_error\":true}]}]");
	script_free(&script);
}

static void
stops_in_the_middle_of_a_turn(void)
{
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_reply(&script, START CALL("0", "a", "propose_repair", "{}")
				      CALL("1", "b", "propose_repair", "{}")
					      END("tool_use"));
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	test_text("nothing is called after a proposal was taken", script.asked,
		  "read model propose_repair");
	script_free(&script);
}

static void
gives_up(void)
{
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_reply(&script,
		     START CALL("0", "a", "give_up",
				"{\\\"reason\\\":\\\"r\\\"}") END("tool_use"));
	script_tool(&script, false, "{}");
	script_run(&script);
	test_text("the model may give up", script.asked, "read model give_up");
	script_free(&script);
}

/* --- Ends of a turn ------------------------------------------------------- */

/* Answers with these replies, then with a proposal that is taken; returns what
 * was asked. The caller frees it. */
static char *
asked_after(const char *const *replies, int count)
{
	struct script script;
	char *asked;

	script_begin(&script);
	script_prompt(&script, 3);
	for (int i = 0; i < count; i++)
		script_reply(&script, replies[i]);
	script_reply(&script, PROPOSE("t", "{}"));
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	asked = xstrdup(script.asked);
	script_free(&script);
	return asked;
}

static void
follows_stop_reasons(void)
{
	static const char *const words = START TEXT("0", "hm") END("end_turn");
	static const char *const half =
		START CALL("0", "a", "propose_repair", "{}") END("max_tokens");
	const struct {
		const char *name, *replies[3], *asked;
	} cases[] = {
		{"text alone is answered by a reminder",
		 {words},
		 "read model model propose_repair"},
		{"text alone, twice, is giving up",
		 {words, words},
		 "read model model give_up"},
		{"an empty answer is text alone",
		 {START END("end_turn")},
		 "read model model propose_repair"},
		{"an answer that was cut off is asked for again, unexecuted",
		 {half},
		 "read model model propose_repair"},
		{"but only once",
		 {half, half},
		 "read model model model_failed:truncated"},
		{"a full context ends the run",
		 {START CALL("0", "a", "propose_repair", "{}")
			  END("model_context_window_exceeded")},
		 "read model model_failed:truncated"},
		{"a refusal ends the run",
		 {START CALL("0", "a", "propose_repair", "{}") END("refusal")},
		 "read model model_failed:refusal"},
		{"a pause is resumed",
		 {START TEXT("0", "hm") END("pause_turn")},
		 "read model model propose_repair"},
		{"pauses count as turns",
		 {START END("pause_turn"), START END("pause_turn"),
		  START END("pause_turn")},
		 "read model model model model_failed:turns"},
		{"an unknown stop reason ends the run",
		 {START CALL("0", "a", "propose_repair", "{}") END("bored")},
		 "read model model_failed:protocol"},
		{"a call in a turn that ended otherwise isn't made",
		 {START CALL("0", "a", "propose_repair", "{}") END("end_turn")},
		 "read model model_failed:protocol"},
		{"nor in a pause",
		 {START CALL("0", "a", "propose_repair", "{}")
			  END("pause_turn")},
		 "read model model_failed:protocol"},
		{"a stop for a tool without a call ends the run",
		 {START TEXT("0", "hm") END("tool_use")},
		 "read model model_failed:protocol"},
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		int count = 0;
		auto_free char *asked = NULL;

		while (count < 3 && cases[i].replies[count] != NULL)
			count++;
		asked = asked_after(cases[i].replies, count);
		test_text(cases[i].name, asked, cases[i].asked);
	}
}

static void
stops_after_its_turns(void)
{
	struct script script;

	script_begin(&script);
	script_prompt(&script, 2);
	for (int i = 0; i < 2; i++) {
		script_reply(&script, PROPOSE("t", "{}"));
		script_tool(&script, true, DENIED);
	}
	script_answer(&script, "\"content\":[]");
	script_run(&script);
	test_text("stops after its turns", script.asked,
		  "read model propose_repair model propose_repair "
		  "model_failed:turns");
	test("and that is no failure of ours", script.result == 0);
	script_free(&script);
}

static void
caps_calls(void)
{
	auto_free char *reply = NULL;
	size_t size;
	FILE *out = xmemstream(&reply, &size);
	struct script script;
	int calls = 0;

	fputs(START, out);
	for (int i = 0; i < 40; i++)
		fprintf(out, CALL("%d", "t%d", "propose_repair", "{}"), i, i, i,
			i);
	fputs(END("tool_use"), out);
	fclose(out);
	script_begin(&script);
	script_prompt(&script, 1);
	script_reply(&script, reply);
	for (int i = 0; i < 40; i++)
		script_tool(&script, true, DENIED);
	script_run(&script);
	for (const char *at = script.asked;
	     (at = strstr(at, "propose_repair")) != NULL; at++)
		calls++;
	test("never proposes more often than the supervisor bears",
	     calls == WIRE_PROPOSALS_MAX - 1);
	script_free(&script);
}

int
main(void)
{
	proposes_what_was_recorded();
	proposes_better();
	answers_parallel_calls();
	stops_in_the_middle_of_a_turn();
	gives_up();
	follows_stop_reasons();
	stops_after_its_turns();
	caps_calls();
	return test_end();
}
