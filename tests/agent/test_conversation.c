#include "agent/conversation.h"
#include "agent/prompt.h"
#include "sandbox/json.h"
#include "tests/test.h"

#define FIXED "{\"model\" : \"m\",\"tools\":[{\"name\":\"x\"}], \"n\":1.0}"

static void
writes_bodies(void)
{
	static const struct tool_result results[] = {
		{.id = "a", .text = "{\"columns\":[]}"},
		{.id = "b", .text = "no \"such\"\ntool", .is_error = true},
	};
	struct conversation conversation = {0};
	auto_free char *first = NULL, *body = NULL;
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	conversation_add_text(&conversation, "heal\n<incident>");
	first = conversation_body(&conversation, FIXED);
	test_text("the fixed part is kept byte for byte", first,
		  "{\"model\" : \"m\",\"tools\":[{\"name\":\"x\"}], \"n\":1.0,"
		  "\"messages\":[{\"role\":\"user\",\"content\":"
		  "\"heal\\n<incident>\"}]}");

	conversation_add_content(&conversation, "{\"type\":\"t\",\"n\":1.50}");
	conversation_add_results(&conversation, results, 2);
	conversation_add_content(&conversation, "");
	conversation_add_content(&conversation, NULL);
	conversation_add_text(&conversation, "go on");
	body = conversation_body(&conversation, "{\"m\":1}");
	test_text("content is given back unchanged, results come in one "
		  "message, empty content in none",
		  body,
		  "{\"m\":1,\"messages\":[{\"role\":\"user\",\"content\":"
		  "\"heal\\n<incident>\"},{\"role\":\"assistant\",\"content\":["
		  "{\"type\":\"t\",\"n\":1.50}]},{\"role\":\"user\","
		  "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
		  "\"a\",\"content\":\"{\\\"columns\\\":[]}\"},{\"type\":"
		  "\"tool_result\",\"tool_use_id\":\"b\",\"content\":"
		  "\"no \\\"such\\\"\\ntool\",\"is_error\":true}]},"
		  "{\"role\":\"user\",\"content\":\"go on\"}]}");
	test("a body is JSON on one line",
	     json_scan(&json, body, strlen(body), &err) == 0 &&
		     strchr(body, '\n') == NULL);
	conversation_free(&conversation);
}

#define PROMPT(request, first, limits) \
	"{\"request\":" request ",\"first\":" first limits "}"
#define LIMITS                                                       \
	",\"max_turns\":6,\"attempts\":3,\"turn_timeout_ms\":60000," \
	"\"remaining_ms\":60000"

static void
reads_prompts(void)
{
	struct prompt prompt;
	struct error err = NO_ERROR;

	test("reads a prompt",
	     prompt_read(&prompt, PROMPT(FIXED, "\"heal\"", LIMITS), &err) ==
			     0 &&
		     prompt.max_turns == 6 && prompt.attempts == 3 &&
		     prompt.turn_timeout_ms == 60000);
	test_text("with its first message", prompt.first, "heal");
	test_text("and its fixed part as it is", prompt.request, FIXED);
	test("knows which tools are offered",
	     prompt_has_tool(&prompt, "x") && !prompt_has_tool(&prompt, "y") &&
		     !prompt_has_tool(&prompt, ""));
	prompt_free(&prompt);
}

static void
refuses_prompts(void)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"what is no JSON", "{"},
		{"no object", "[]"},
		{"no request", PROMPT("[]", "\"\"", LIMITS)},
		{"an empty request", PROMPT("{}", "\"\"", LIMITS)},
		{"no first message", PROMPT(FIXED, "null", LIMITS)},
		{"no limits", PROMPT(FIXED, "\"\"", "")},
		{"no turns",
		 PROMPT(FIXED, "\"\"",
			",\"max_turns\":0,\"attempts\":3,"
			"\"turn_timeout_ms\":60000,\"remaining_ms\":60000")},
		{"too long a time", PROMPT(FIXED, "\"\"",
					   ",\"max_turns\":6,\"attempts\":3,"
					   "\"turn_timeout_ms\":60000000000,"
					   "\"remaining_ms\":60000")},
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		auto_free char *name =
			xprintf("refuses a prompt with %s", cases[i].name);
		struct prompt prompt;
		struct error err = NO_ERROR;

		test(name, prompt_read(&prompt, cases[i].text, &err) < 0);
	}
}

int
main(void)
{
	writes_bodies();
	reads_prompts();
	refuses_prompts();
	return test_end();
}
