#include "agent/turn.h"
#include "agent/block.h"
#include "agent/events.h"
#include "agent/failure.h"
#include "sandbox/json.h"
#include "sandbox/utf8.h"

struct turn *
turn_new(void)
{
	return xcalloc(1, sizeof(struct turn));
}

void
turn_free(struct turn *turn)
{
	if (turn == NULL)
		return;
	for (int i = 0; i < turn->use_count; i++) {
		free(turn->uses[i].id);
		free(turn->uses[i].name);
		free(turn->uses[i].input);
	}
	free(turn->uses);
	free(turn->stop_reason);
	free(turn->refusal);
	buffer_free(&turn->content);
	buffer_free(&turn->thoughts);
	block_free(turn->block);
	free(turn);
}

void
turn_cleanup(struct turn **turn)
{
	turn_free(*turn);
}

bool
turn_is_complete(const struct turn *turn)
{
	return turn->stage == TURN_COMPLETE;
}

static char *
member_text(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

/* --- Usage ---------------------------------------------------------------- */

/* Counts are cumulative: the newest stands. One that isn't there, is null or
 * can't be meant leaves the last. */
static void
read_usage(struct usage *usage, const struct json *json, int node)
{
	const struct {
		const char *name;
		int64_t *count;
	} counts[] = {
		{"input_tokens", &usage->input},
		{"output_tokens", &usage->output},
		{"cache_creation_input_tokens", &usage->cache_write},
		{"cache_read_input_tokens", &usage->cache_read},
	};

	for (size_t i = 0; i < array_size(counts); i++) {
		int member = json_member(json, node, counts[i].name);
		long long count;

		if (json_integer(json, member, &count) && count >= 0 &&
		    count <= INT32_MAX)
			*counts[i].count = count;
	}
}

/* --- Blocks --------------------------------------------------------------- */

/* Keeps the words of a block for people, up to the cap and in whole
 * characters. */
static void
add_thoughts(struct buffer *thoughts, const char *words)
{
	size_t size = words == NULL ? 0 : strlen(words);
	size_t at = 0;

	if (size > 0 && thoughts->size > 0 &&
	    thoughts->size < TURN_THOUGHTS_MAX)
		buffer_add_text(thoughts, "\n");
	while (at < size) {
		size_t length = utf8_decode(words + at, size - at, NULL);

		if (thoughts->size + length > TURN_THOUGHTS_MAX)
			return;
		buffer_add(thoughts, words + at, length);
		at += length;
	}
}

static int
add_use(struct turn *turn, const struct block_done *done, struct error *err)
{
	const struct json *json = done->json;
	int input = json_member(json, 0, "input");
	auto_free char *id = member_text(json, 0, "id");
	auto_free char *name = member_text(json, 0, "name");

	if (id == NULL || name == NULL || !json_is(json, input, JSON_OBJECT))
		return fail_model(err, "protocol",
				  "a tool_use without id, name and input");
	turn->uses = xreallocarray(turn->uses, (size_t)turn->use_count + 1,
				   sizeof(*turn->uses));
	turn->uses[turn->use_count++] = (struct tool_use){
		.id = take(id),
		.name = take(name),
		.input = done->is_input_valid ? json_raw_copy(json, input)
					      : NULL,
	};
	return 0;
}

static int
add_content(struct turn *turn, const char *block, struct error *err)
{
	if (turn->content.size + strlen(block) > TURN_CONTENT_MAX)
		return fail_model(err, "protocol",
				  "an answer of more than %d bytes",
				  TURN_CONTENT_MAX);
	if (turn->content.size > 0)
		buffer_add_text(&turn->content, ",");
	buffer_add_text(&turn->content, block);
	return 0;
}

/* A text of white space alone comes from the API at times, but isn't taken
 * back by it. */
static bool
is_blank(const char *text)
{
	return text != NULL && text[strspn(text, " \t\r\n")] == '\0';
}

static int
add_block(struct turn *turn, const struct block_done *done, struct error *err)
{
	auto_free char *type = member_text(done->json, 0, "type");
	auto_free char *text = member_text(done->json, 0, "text");
	auto_free char *thinking = member_text(done->json, 0, "thinking");

	if (same_text(type, "text") && is_blank(text))
		return 0;
	add_thoughts(&turn->thoughts, same_text(type, "text") ? text : NULL);
	add_thoughts(&turn->thoughts, thinking);
	if (same_text(type, "tool_use") && add_use(turn, done, err) < 0)
		return -1;
	return add_content(turn, done->text, err);
}

/* --- Events --------------------------------------------------------------- */

static int
begin_message(struct turn *turn, const struct json *json, struct error *err)
{
	int message = json_member(json, 0, "message");

	if (turn->stage != TURN_AWAITED)
		return fail_model(err, "protocol", "a second message_start");
	turn->stage = TURN_OPEN;
	read_usage(&turn->usage, json, json_member(json, message, "usage"));
	return 0;
}

/* Blocks come one after the other, so the index says nothing new: one that
 * disagrees shows that something was lost. */
static int
check_index(const struct turn *turn, const struct json *json, bool wants_open,
	    struct error *err)
{
	long long index;

	if (turn->stage != TURN_OPEN || (turn->block != NULL) != wants_open ||
	    !json_integer(json, json_member(json, 0, "index"), &index) ||
	    index != turn->block_count)
		return fail_model(err, "protocol",
				  "an event of a block out of its order");
	return 0;
}

static int
begin_block(struct turn *turn, const struct json *json, struct error *err)
{
	int block = json_member(json, 0, "content_block");
	auto_free char *type = member_text(json, block, "type");

	if (check_index(turn, json, false, err) < 0)
		return -1;
	if (type == NULL)
		return fail_model(err, "protocol", "a block without a type");
	if (turn->block_count == TURN_BLOCKS_MAX)
		return fail_model(err, "protocol", "more than %d blocks",
				  TURN_BLOCKS_MAX);
	turn->block = block_new(json, block);
	return 0;
}

static int
grow_block(struct turn *turn, const struct json *json, struct error *err)
{
	if (check_index(turn, json, true, err) < 0)
		return -1;
	return block_grow(turn->block, json, json_member(json, 0, "delta"),
			  err);
}

static int
end_block(struct turn *turn, const struct json *json, struct error *err)
{
	struct block_done done;
	int result;

	if (check_index(turn, json, true, err) < 0 ||
	    block_finish(&done, turn->block, err) < 0)
		return -1;
	result = add_block(turn, &done, err);
	block_done_free(&done);
	block_free(take(turn->block));
	turn->block_count++;
	return result;
}

/* "category: explanation", as far as they are there. */
static char *
explain_refusal(const struct json *json, int details)
{
	auto_free char *category = member_text(json, details, "category");
	auto_free char *why = member_text(json, details, "explanation");

	if (category == NULL || why == NULL)
		return category == NULL ? take(why) : take(category);
	return xprintf("%s: %s", category, why);
}

static int
change_message(struct turn *turn, const struct json *json, struct error *err)
{
	int delta = json_member(json, 0, "delta");
	char *stop_reason = member_text(json, delta, "stop_reason");

	read_usage(&turn->usage, json, json_member(json, 0, "usage"));
	if (stop_reason == NULL)
		return 0;
	free(turn->stop_reason);
	free(turn->refusal);
	turn->stop_reason = stop_reason;
	turn->refusal =
		explain_refusal(json, json_member(json, delta, "stop_details"));
	return 0;
}

static int
end_message(struct turn *turn, const struct json *json, struct error *err)
{
	if (turn->stage != TURN_OPEN || turn->block != NULL ||
	    turn->stop_reason == NULL)
		return fail_model(err, "protocol",
				  "a message_stop out of its order");
	turn->stage = TURN_COMPLETE;
	return 0;
}

static int
fail_message(struct turn *turn, const struct json *json, struct error *err)
{
	int error = json_member(json, 0, "error");
	auto_free char *type = member_text(json, error, "type");
	auto_free char *message = member_text(json, error, "message");

	return fail_model(err, failure_of_type(type), "%s: %s",
			  type == NULL ? "error" : type,
			  message == NULL ? "no message" : message);
}

static const struct {
	const char *name;
	int (*apply)(struct turn *, const struct json *, struct error *);
} takers[] = {
	{"message_start", begin_message},
	{"content_block_start", begin_block},
	{"content_block_delta", grow_block},
	{"content_block_stop", end_block},
	{"message_delta", change_message},
	{"message_stop", end_message},
	{"error", fail_message},
};

int
turn_take(struct turn *turn, const struct event *event, struct error *err)
{
	auto_json struct json *json = NULL;
	size_t i = 0;

	while (i < array_size(takers) &&
	       strcmp(takers[i].name, event->name) != 0)
		i++;
	if (i == array_size(takers) || turn_is_complete(turn))
		return 0;
	if (json_scan(&json, event->data, event->size, err) < 0)
		return fail_model(err, "protocol", "%s: what is no JSON",
				  event->name);
	return takers[i].apply(turn, json, err);
}
