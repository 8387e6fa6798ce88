/*
 * An answer of the model, however its bytes arrive: the same turn comes of it,
 * and what is given back to the API is JSON within the limits.
 */
#include "agent/events.h"
#include "agent/failure.h"
#include "agent/turn.h"
#include "sandbox/wire.h"
#include "tests/fuzz/fuzz.h"

static int
take_event(void *context, const struct event *event, struct error *err)
{
	claim(event->data[event->size] == '\0');
	claim(event->size <= EVENTS_SIZE_MAX);
	claim(strlen(event->name) <= EVENTS_NAME_MAX);
	return turn_take(context, event, err);
}

/* Feeds so many bytes at a time; the code of the failure, or NULL. */
static const char *
feed(struct turn *turn, const char *bytes, size_t size, size_t step)
{
	struct events events = {.taker = take_event, .context = turn};
	struct error err = NO_ERROR;
	const char *code = NULL;

	for (size_t at = 0; at < size && code == NULL; at += step) {
		size_t part = size - at < step ? size - at : step;

		if (events_feed(&events, bytes + at, part, &err) < 0) {
			claim(is_model_failure(&err));
			code = err.code;
		}
	}
	events_free(&events);
	return code;
}

static void
check_uses(const struct turn *turn)
{
	for (int i = 0; i < turn->use_count; i++) {
		const struct tool_use *use = &turn->uses[i];
		auto_json struct json *json = NULL;
		struct error err = NO_ERROR;

		claim(use->id != NULL && use->name != NULL);
		if (use->input == NULL)
			continue;
		claim(strchr(use->input, '\n') == NULL);
		claim(json_scan(&json, use->input, strlen(use->input), &err) ==
		      0);
		claim(json_is(json, 0, JSON_OBJECT));
	}
}

/* What the next request holds, and people read. */
static void
check_turn(const struct turn *turn)
{
	auto_free char *content =
		xprintf("{\"content\":[%s]}",
			turn->content.size == 0 ? "" : turn->content.text);

	claim(turn->content.size <= TURN_CONTENT_MAX + TURN_BLOCKS_MAX);
	claim(fuzz_is_json(content, strlen(content)));
	claim(strchr(content, '\n') == NULL);
	claim(turn->thoughts.size <= TURN_THOUGHTS_MAX);
	claim(turn->thoughts.size == 0 ||
	      wire_is_text(turn->thoughts.text, turn->thoughts.size));
	claim(!turn_is_complete(turn) || turn->stop_reason != NULL);
	check_uses(turn);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_turn struct turn *whole = turn_new(), *split = turn_new();
	const char *bytes = (const char *)data;
	const char *code = feed(whole, bytes, size, size);
	const char *split_code = feed(split, bytes, size, 1 + size % 7);

	claim(same_text(code, split_code));
	claim(whole->stage == split->stage);
	claim(whole->use_count == split->use_count);
	claim(same_text(whole->content.text, split->content.text));
	claim(same_text(whole->stop_reason, split->stop_reason));
	check_turn(whole);
	return 0;
}
