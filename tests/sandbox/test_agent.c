/*
 * test_agent.c - the real agent in its real jail: a conversation with a model
 * needs no system call and no memory but what the seal leaves.
 */
#include "tests/identity.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"

#define DEADLINE_MS 20000
/* Chunks of a long answer: most of what the supervisor passes on. */
#define COMMENTS 100

#define START(planner) "{\"pgmend_start\":1,\"planner\":\"" planner "\"}"
#define RESULT(id, members)               \
	"{\"jsonrpc\":\"2.0\",\"id\":" id \
	",\"result\":{\"resultType\":\"complete\"," members "}}"
#define DISCOVERED RESULT("1", "\"supportedVersions\":[\"2026-07-28\"]")
#define PROMPT                                                                \
	RESULT("2", "\"contents\":[{\"text\":\"{\\\"request\\\":{\\\"tools\\" \
		    "\":[{\\\"name\\\":\\\"give_up\\\"}]},\\\"first\\\":"     \
		    "\\\"heal\\\",\\\"max_turns\\\":2,\\\"attempts\\\":2,"    \
		    "\\\"turn_timeout_ms\\\":60000,\\\"remaining_ms\\\":"     \
		    "60000}\"}]")
/* A drift that the builtin planner leaves to others. */
#define BRIEF                                                                 \
	RESULT("2", "\"contents\":[{\"text\":\"{\\\"class\\\":\\\"other\\\"," \
		    "\\\"target\\\":{\\\"schema\\\":\\\"a\\\",\\\"table\\\":" \
		    "\\\"b\\\"}}\"}]")

/* A date has to be read, and since it is past, our own wait to be waited. */
#define LIMITED                                                              \
	RESULT("3", "\"status\":429,\"headers\":{\"retry-after\":\"Sun, 06 " \
		    "Nov 1994 08:49:37 GMT\"},\"failure\":null")
#define ANSWERED RESULT("4", "\"status\":200,\"headers\":{},\"failure\":null")
#define TAKEN RESULT("5", "\"content\":[],\"isError\":false")

/* The model's call, whose input has as many values as its size allows: what is
 * made of them must fit the agent's memory. */
#define INPUT_PIECES 8
#define INPUT_PIECE_VALUES 15000
#define EVENT(name, members) \
	"event: " name "\ndata: {\"type\":\"" name "\"" members "}\n\n"
#define PIECE(json)                               \
	EVENT("content_block_delta",              \
	      ",\"index\":0,\"delta\":{\"type\":" \
	      "\"input_json_delta\",\"partial_json\":\"" json "\"}")
#define TURN_BEGIN                                                       \
	EVENT("message_start", ",\"message\":{\"usage\":{}}")            \
	EVENT("content_block_start",                                     \
	      ",\"index\":0,\"content_block\":{"                         \
	      "\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"give_up\"," \
	      "\"input\":{}}")                                           \
	PIECE("{\\\"a\\\":[")
#define TURN_END                                                            \
	PIECE("0]}")                                                        \
	EVENT("content_block_stop", ",\"index\":0")                         \
	EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"tool_use\"}") \
	EVENT("message_stop", "")

static bool
says(struct wire *wire, const char *frame)
{
	struct error err = NO_ERROR;

	return wire_write(wire, wire_now_ms() + DEADLINE_MS, frame,
			  strlen(frame), &err) == 0;
}

/* The next request has this in it. */
static bool
hears(struct wire *wire, const char *part)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t size;

	return wire_read(wire, wire_now_ms() + DEADLINE_MS, &frame, &size,
			 &err) == 0 &&
	       frame != NULL && strstr(frame, part) != NULL;
}

static bool
hears_the_end(struct wire *wire)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t size;

	return wire_read(wire, wire_now_ms() + DEADLINE_MS, &frame, &size,
			 &err) == 0 &&
	       frame == NULL;
}

static bool
says_bytes(struct wire *wire, const char *bytes, size_t size)
{
	auto_free char *encoded = post_encode(bytes, size);
	auto_free char *frame = xprintf("{\"jsonrpc\":\"2.0\",\"method\":"
					"\"pgmend/model_chunk\",\"params\":"
					"{\"bytes\":\"%s\"}}",
					encoded);

	return says(wire, frame);
}

static bool
says_comments(struct wire *wire)
{
	auto_free char *comment = xcalloc(1, POST_CHUNK_MAX);
	bool is_said = true;

	memset(comment, ':', POST_CHUNK_MAX);
	comment[POST_CHUNK_MAX - 1] = '\n';
	for (int i = 0; i < COMMENTS && is_said; i++)
		is_said = says_bytes(wire, comment, POST_CHUNK_MAX);
	return is_said;
}

/* An event with as many values as may come at once. */
static char *
piece_of_input(size_t *ret_size)
{
	char *event;
	FILE *out = xmemstream(&event, ret_size);
	static const char piece[] = PIECE("@");
	const char *at = strchr(piece, '@');

	fprintf(out, "%.*s", (int)(at - piece), piece);
	for (int i = 0; i < INPUT_PIECE_VALUES; i++)
		fputs("0,", out);
	fputs(at + 1, out);
	fclose(out);
	return event;
}

static bool
says_turn(struct wire *wire)
{
	size_t size;
	auto_free char *piece = piece_of_input(&size);
	bool is_said = says_bytes(wire, TURN_BEGIN, strlen(TURN_BEGIN));

	for (int i = 0; i < INPUT_PIECES && is_said; i++)
		is_said = says_bytes(wire, piece, size);
	return is_said && says_bytes(wire, TURN_END, strlen(TURN_END));
}

static bool
converses(struct wire *wire)
{
	return says(wire, START("claude")) &&
	       hears(wire, "\"server/discover\"") && says(wire, DISCOVERED) &&
	       hears(wire, "pgmend://model") && says(wire, PROMPT) &&
	       hears(wire, "\"heal\"") && says(wire, LIMITED) &&
	       hears(wire, "\"heal\"") && says_comments(wire) &&
	       says_turn(wire) && says(wire, ANSWERED) &&
	       hears(wire, ",0,0]}") && says(wire, TAKEN) &&
	       hears_the_end(wire);
}

static bool
stays_builtin(struct wire *wire)
{
	return says(wire, START("builtin")) &&
	       hears(wire, "\"server/discover\"") && says(wire, DISCOVERED) &&
	       hears(wire, "pgmend://incident") && says(wire, BRIEF) &&
	       hears(wire, "\"give_up\"");
}

static bool
ends_on_unknown_planner(struct wire *wire)
{
	return says(wire, START("builtin-then-claude")) && hears_the_end(wire);
}

static const struct {
	const char *name;
	bool (*talk)(struct wire *wire);
} talks[] = {
	{"the sealed agent holds a conversation", converses},
	{"the builtin planner alone asks nobody", stays_builtin},
	{"a planner that isn't there ends the agent", ends_on_unknown_planner},
};

/* Holds one talk with a fresh agent. */
static bool
is_held(bool (*talk)(struct wire *wire), const struct filter *filter)
{
	struct error err = NO_ERROR;
	struct jail jail = NO_JAIL;
	struct jail_program program = {
		.path = identity_built("pgmend-agent"),
		.name = "pgmend-agent",
		.filter = filter,
	};
	bool result = false;

	if (jail_spawn(&jail, &program, &err) == 0 &&
	    jail_attest(&jail, filter, JAIL_REQUIRED_DEFAULT,
			wire_now_ms() + DEADLINE_MS, &err) == 0) {
		struct wire wire;

		wire_init(&wire, jail.from_worker, jail.to_worker);
		result = talk(&wire);
		wire_free(&wire);
	} else {
		printf("# %s\n", err.text);
	}
	jail_end(&jail);
	return result;
}

static void
holds_talks(void)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};

	if (filter_compile(&filter, FILTER_AGENT, &err) < 0)
		abort();
	for (size_t i = 0; i < array_size(talks); i++)
		test(identity_name(talks[i].name),
		     is_held(talks[i].talk, &filter));
	filter_free(&filter);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, holds_talks);
}
