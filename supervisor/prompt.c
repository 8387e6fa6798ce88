#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/document.h"
#include "supervisor/prompt.h"
#include "supervisor/tools.h"
#include "policy/policy_model.h"

#include "prompt_txt.h"

#define TURN_TIMEOUT_MS 60000
#define TURN_ATTEMPTS 3

/* One block, marked as the end of what stays the same: it is cached. */
static struct document *
system_document(void)
{
	struct document *blocks = document_array();
	struct document *block = document_object();
	struct document *cache = document_object();

	document_text(cache, "type", "ephemeral");
	document_text(block, "type", "text");
	document_text(block, "text", prompt_txt);
	document_add(block, "cache_control", cache);
	document_add(blocks, NULL, block);
	return blocks;
}

static struct document *
tool_choice_document(void)
{
	struct document *choice = document_object();

	document_text(choice, "type", "auto");
	document_bool(choice, "disable_parallel_tool_use", true);
	return choice;
}

/* How much the model may think; off is as little as it can. */
static struct document *
effort_document(const struct policy_model *limits)
{
	static const char *const efforts[] = {
		[THINKING_OFF] = "low",
		[THINKING_LOW] = "low",
		[THINKING_MEDIUM] = "medium",
		[THINKING_HIGH] = "high",
	};
	struct document *config = document_object();

	document_text(config, "effort", efforts[limits->thinking]);
	return config;
}

void
prompt_make(struct prompt *ret_prompt, const char *model,
	    const struct policy_model *limits, const struct document *brief)
{
	auto_document struct document *request = document_object();
	auto_free char *data = document_print(brief);

	document_text(request, "model", model);
	document_number(request, "max_tokens", limits->max_tokens);
	document_bool(request, "stream", true);
	document_add(request, "system", system_document());
	document_add(request, "tools", tools_for_model());
	document_add(request, "tool_choice", tool_choice_document());
	document_add(request, "output_config", effort_document(limits));
	*ret_prompt = (struct prompt){
		.model = xstrdup(model),
		.request = document_print(request),
		.first = xprintf("An INSERT failed. Propose the repair.\n"
				 "<incident>\n%s\n</incident>",
				 data),
		.max_tokens = limits->max_tokens,
		.max_turns = limits->max_turns,
	};
}

void
prompt_free(struct prompt *prompt)
{
	free(prompt->model);
	free(prompt->request);
	free(prompt->first);
	*prompt = (struct prompt){0};
}

struct document *
prompt_document(const struct prompt *prompt)
{
	struct document *document = document_object();
	int64_t remaining = prompt->deadline - wire_now_ms();

	document_raw(document, "request", prompt->request);
	document_text(document, "first", prompt->first);
	document_number(document, "max_turns", prompt->max_turns);
	document_number(document, "attempts", TURN_ATTEMPTS);
	document_number(document, "turn_timeout_ms", TURN_TIMEOUT_MS);
	document_number(document, "remaining_ms",
			remaining > 0 ? remaining : 1);
	return document;
}

char *
prompt_first_request(const struct prompt *prompt)
{
	auto_document struct document *message = document_object();
	auto_free char *text = NULL;

	document_text(message, "role", "user");
	document_text(message, "content", prompt->first);
	text = document_print(message);
	return xprintf("%.*s,\"messages\":[%s]}",
		       (int)strlen(prompt->request) - 1, prompt->request, text);
}
