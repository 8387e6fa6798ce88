#include <limits.h>

#include "agent/prompt.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"

void
prompt_free(struct prompt *prompt)
{
	json_free(prompt->json);
	free(prompt->text);
	free(prompt->request);
	free(prompt->first);
	*prompt = (struct prompt){0};
}

static int
read_limit(int *ret_limit, const struct json *json, const char *name,
	   struct error *err)
{
	long long limit;

	if (!json_integer(json, json_member(json, 0, name), &limit) ||
	    limit < 1 || limit > INT_MAX)
		return fail(err, "prompt: %s wanted", name);
	*ret_limit = (int)limit;
	return 0;
}

static int
read_members(struct prompt *prompt, struct error *err)
{
	const struct json *json = prompt->json;
	int request = json_member(json, 0, "request");
	int remaining_ms;

	prompt->tools = json_member(json, request, "tools");
	prompt->first = json_string(json, json_member(json, 0, "first"));
	if (json_count(json, request) == 0 ||
	    !json_is(json, request, JSON_OBJECT) || prompt->first == NULL)
		return fail(err, "prompt: request and first wanted");
	prompt->request = json_raw_copy(json, request);
	if (read_limit(&prompt->max_turns, json, "max_turns", err) < 0 ||
	    read_limit(&prompt->attempts, json, "attempts", err) < 0 ||
	    read_limit(&prompt->turn_timeout_ms, json, "turn_timeout_ms", err) <
		    0 ||
	    read_limit(&remaining_ms, json, "remaining_ms", err) < 0)
		return -1;
	prompt->deadline = wire_now_ms() + remaining_ms;
	return 0;
}

int
prompt_read(struct prompt *ret_prompt, const char *text, struct error *err)
{
	struct prompt prompt = {.text = xstrdup(text)};

	if (json_scan(&prompt.json, prompt.text, strlen(text), err) < 0 ||
	    read_members(&prompt, err) < 0) {
		prompt_free(&prompt);
		return fail_in(err, "pgmend://model");
	}
	*ret_prompt = prompt;
	return 0;
}

bool
prompt_has_tool(const struct prompt *prompt, const char *name)
{
	const struct json *json = prompt->json;

	for (int tool = json_first(json, prompt->tools); tool != JSON_NONE;
	     tool = json_next(json, tool)) {
		auto_free char *offered =
			json_string(json, json_member(json, tool, "name"));

		if (same_text(offered, name))
			return true;
	}
	return false;
}
