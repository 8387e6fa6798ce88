#include "agent/claude.h"
#include "agent/conversation.h"
#include "agent/exchange.h"
#include "agent/failure.h"
#include "agent/mcp.h"
#include "agent/prompt.h"
#include "agent/turn.h"
#include "sandbox/wire.h"

/* The supervisor ends an agent that proposes more often, and the builtin
 * planner may have been first. */
#define CALLS_MAX (WIRE_PROPOSALS_MAX - 1)

#define REMINDER                                                       \
	"Nothing that you write as text reaches anybody. Call a tool " \
	"now: propose_repair, or give_up with the reason."

struct claude {
	struct mcp *mcp;
	struct prompt prompt;
	struct conversation conversation;
	struct usage usage;
	int calls; /* passed on, in all turns */
	bool was_reminded, was_truncated;
	bool is_done;
};

/* --- Tool calls ----------------------------------------------------------- */

static bool
is_repeated(const struct turn *turn, int at)
{
	for (int i = 0; i < at; i++)
		if (same_text(turn->uses[i].id, turn->uses[at].id))
			return true;
	return false;
}

/* Why a call isn't passed on, for the model; NULL when it is. */
static const char *
why_not_call(const struct claude *claude, const struct turn *turn, int at)
{
	const struct tool_use *use = &turn->uses[at];

	if (is_repeated(turn, at))
		return "another call of this turn has the same id";
	if (!prompt_has_tool(&claude->prompt, use->name))
		return "there is no tool of this name";
	if (use->input == NULL)
		return "the input is no JSON object, or not a sound one: no "
		       "invalid UTF-8, \\u0000, lone surrogate, repeated key "
		       "or deep nesting";
	if (claude->calls >= CALLS_MAX)
		return "too many calls in one run";
	return NULL;
}

/* A proposal that was taken and giving up end the run: the supervisor takes
 * nothing more. */
static bool
ends_run(const struct tool_use *use, const struct mcp_answer *answer)
{
	return !answer->is_error && (same_text(use->name, "propose_repair") ||
				     same_text(use->name, "give_up"));
}

/* Makes one call of the turn, or says why not; the answer's text is owned. */
static int
make_call(struct claude *claude, const struct turn *turn, int at,
	  struct mcp_answer *ret_answer, struct error *err)
{
	const struct tool_use *use = &turn->uses[at];
	const char *why_not = why_not_call(claude, turn, at);

	if (why_not != NULL) {
		*ret_answer = (struct mcp_answer){xstrdup(why_not), true};
		return 0;
	}
	claude->calls++;
	if (mcp_call(claude->mcp, use->name, use->input, ret_answer, err) < 0)
		return -1;
	claude->is_done = ends_run(use, ret_answer);
	return 0;
}

/* Every call has its answer, in order, until one of them ends the run. */
static int
make_calls(struct claude *claude, const struct turn *turn,
	   struct mcp_answer *answers, struct error *err)
{
	for (int i = 0; i < turn->use_count && !claude->is_done; i++)
		if (make_call(claude, turn, i, &answers[i], err) < 0)
			return -1;
	return 0;
}

static void
add_answers(struct claude *claude, const struct turn *turn,
	    const struct mcp_answer *answers)
{
	struct tool_result results[TURN_BLOCKS_MAX];

	for (int i = 0; i < turn->use_count; i++)
		results[i] = (struct tool_result){
			.id = turn->uses[i].id,
			.text = answers[i].text,
			.is_error = answers[i].is_error,
		};
	conversation_add_content(&claude->conversation, turn->content.text);
	conversation_add_results(&claude->conversation, results,
				 turn->use_count);
}

static int
answer_calls(struct claude *claude, const struct turn *turn, struct error *err)
{
	struct mcp_answer answers[TURN_BLOCKS_MAX] = {0};
	int result;

	if (turn->use_count == 0)
		return fail_model(err, "protocol",
				  "the model stopped for a tool, but called "
				  "none");
	result = make_calls(claude, turn, answers, err);
	if (result == 0 && !claude->is_done)
		add_answers(claude, turn, answers);
	for (int i = 0; i < turn->use_count; i++)
		free(answers[i].text);
	return result;
}

/* --- Other ends of a turn ------------------------------------------------- */

/* Text alone is no plan. It is said once. */
static int
remind(struct claude *claude, const struct turn *turn, struct error *err)
{
	if (turn->use_count > 0)
		return fail_model(err, "protocol",
				  "a call in a turn that didn't stop for it");
	if (claude->was_reminded) {
		claude->is_done = true;
		return mcp_give_up(claude->mcp,
				   "the model ended without a proposal", err);
	}
	claude->was_reminded = true;
	conversation_add_content(&claude->conversation, turn->content.text);
	conversation_add_text(&claude->conversation, REMINDER);
	return 0;
}

/* What was cut off may be the half that matters: the whole turn is asked for
 * once more, and no call is made of it. */
static int
ask_again(struct claude *claude, const struct turn *turn, struct error *err)
{
	if (claude->was_truncated)
		return fail_model(err, "truncated",
				  "the model's answer was cut off twice: %s",
				  turn->stop_reason);
	claude->was_truncated = true;
	return 0;
}

static int
stop_full(struct claude *claude, const struct turn *turn, struct error *err)
{
	return fail_model(err, "truncated",
			  "the conversation has outgrown the model");
}

static int
stop_refused(struct claude *claude, const struct turn *turn, struct error *err)
{
	return fail_model(err, "refusal", "the model refused: %s",
			  turn->refusal == NULL ? "no explanation"
						: turn->refusal);
}

/* The API paused its own work; it goes on when it gets it back. */
static int
resume(struct claude *claude, const struct turn *turn, struct error *err)
{
	if (turn->use_count > 0)
		return fail_model(err, "protocol",
				  "a call in a turn that didn't stop for it");
	conversation_add_content(&claude->conversation, turn->content.text);
	return 0;
}

static const struct {
	const char *stop_reason;
	int (*follow)(struct claude *, const struct turn *, struct error *);
} follows[] = {
	{"tool_use", answer_calls},
	{"end_turn", remind},
	{"max_tokens", ask_again},
	{"model_context_window_exceeded", stop_full},
	{"refusal", stop_refused},
	{"pause_turn", resume},
};

static int
follow(struct claude *claude, const struct turn *turn, struct error *err)
{
	for (size_t i = 0; i < array_size(follows); i++)
		if (strcmp(follows[i].stop_reason, turn->stop_reason) == 0)
			return follows[i].follow(claude, turn, err);
	return fail_model(err, "protocol", "the model stopped for '%.64s'",
			  turn->stop_reason);
}

/* --- The conversation ----------------------------------------------------- */

static int
take_turn(struct claude *claude, struct error *err)
{
	struct exchange exchange = {
		.mcp = claude->mcp,
		.prompt = &claude->prompt,
		.usage = &claude->usage,
	};
	auto_free char *body = conversation_body(&claude->conversation,
						 claude->prompt.request);
	auto_turn struct turn *turn = NULL;
	int result;

	if (exchange_turn(&turn, &exchange, body, err) < 0)
		return -1;
	claude->mcp->thinking = turn->thoughts.text;
	result = follow(claude, turn, err);
	claude->mcp->thinking = NULL;
	return result;
}

static int
converse(struct claude *claude, struct error *err)
{
	conversation_add_text(&claude->conversation, claude->prompt.first);
	for (int i = 0; i < claude->prompt.max_turns; i++) {
		if (take_turn(claude, err) < 0)
			return -1;
		if (claude->is_done)
			return 0;
	}
	return fail_model(err, "turns", "no repair was accepted in %d turns",
			  claude->prompt.max_turns);
}

int
claude_plan(struct mcp *mcp, struct error *err)
{
	struct claude claude = {.mcp = mcp};
	auto_free char *prompt = NULL;
	int result;

	if (mcp_read_prompt(mcp, &prompt, err) < 0 ||
	    prompt_read(&claude.prompt, prompt, err) < 0)
		return -1;
	mcp->usage = &claude.usage;
	result = converse(&claude, err);
	if (result < 0 && is_model_failure(err)) {
		struct error failure = *err;

		result = mcp_model_failed(mcp, &failure, err);
	}
	mcp->usage = NULL;
	conversation_free(&claude.conversation);
	prompt_free(&claude.prompt);
	return result;
}
