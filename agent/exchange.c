#include <limits.h>
#include <poll.h>
#include <time.h>

#include "agent/events.h"
#include "agent/exchange.h"
#include "agent/failure.h"
#include "agent/mcp.h"
#include "agent/prompt.h"
#include "agent/retry.h"
#include "agent/turn.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"

/* Around the body: the request's other members. */
#define BODY_MAX (WIRE_FRAME_MAX - 8192)
/* Of an answer that is no stream: enough for its message. */
#define COMPLAINT_MAX 4096

/* One answer while it comes. */
struct attempt {
	struct turn *turn;
	struct events events;
	struct buffer complaint; /* the first bytes, should they be no stream */
	bool is_broken;
	struct error breakage;
	struct mcp_reply reply;
	bool may_retry;
};

static void
attempt_release(struct attempt *attempt)
{
	turn_free(attempt->turn);
	events_free(&attempt->events);
	buffer_free(&attempt->complaint);
	mcp_reply_free(&attempt->reply);
}

#define auto_attempt __attribute__((cleanup(attempt_release)))

static int
take_event(void *context, const struct event *event, struct error *err)
{
	struct attempt *attempt = context;

	return turn_take(attempt->turn, event, err);
}

/* The bytes come before the status, so they are read as a stream and kept as a
 * complaint, whichever it will turn out to be. */
static void
take_chunk(void *context, const char *bytes, size_t size)
{
	struct attempt *attempt = context;
	size_t room = COMPLAINT_MAX - attempt->complaint.size;

	buffer_add(&attempt->complaint, bytes, size < room ? size : room);
	if (!attempt->is_broken)
		attempt->is_broken = events_feed(&attempt->events, bytes, size,
						 &attempt->breakage) < 0;
}

/* --- What a bad answer says ----------------------------------------------- */

/* No answer came. A word that is none of the courier's is the supervisor's: it
 * didn't carry the request, and won't carry it a second time. */
static int
fail_unanswered(struct attempt *attempt, struct error *err)
{
	static const struct {
		const char *failure, *reason;
		bool may_retry;
	} words[] = {
		{"unreachable", "unreachable", true},
		{"tls", "unreachable", true},
		{"cut", "unreachable", true},
		{"timeout", "unreachable", true},
		{"protocol", "protocol", true},
		{"too_large", "protocol", false},
	};
	const char *failure = attempt->reply.failure;

	for (size_t i = 0; i < array_size(words); i++) {
		if (!same_text(words[i].failure, failure))
			continue;
		attempt->may_retry = words[i].may_retry;
		return fail_model(err, words[i].reason, "no answer: %s",
				  failure);
	}
	attempt->may_retry = false;
	return fail_model(err, "invalid_request",
			  "the request was not carried: %.600s",
			  failure == NULL ? "no status" : failure);
}

/* The message of an error's body; the caller frees it. NULL for what isn't of
 * the API's making. */
static char *
read_complaint(const struct buffer *complaint)
{
	auto_json struct json *json = NULL;
	struct error unsaid = NO_ERROR;
	int error;

	if (complaint->size == 0 ||
	    json_scan(&json, complaint->text, complaint->size, &unsaid) < 0)
		return NULL;
	error = json_member(json, 0, "error");
	return json_string(json, json_member(json, error, "message"));
}

static int
fail_refused(struct attempt *attempt, struct error *err)
{
	const struct mcp_reply *reply = &attempt->reply;
	auto_free char *message = read_complaint(&attempt->complaint);
	struct retry_hints hints = {.should_retry = reply->should_retry};

	attempt->may_retry = retry_may_help(reply->status, &hints);
	return fail_model(err, failure_of_status(reply->status),
			  "HTTP %d: %.600s (request %.100s)", reply->status,
			  message == NULL ? "no message" : message,
			  reply->request_id == NULL ? "unknown"
						    : reply->request_id);
}

static int
fail_broken(struct attempt *attempt, struct error *err)
{
	if (attempt->is_broken)
		*err = attempt->breakage;
	else
		fail_model(err, "unreachable",
			   "the answer ended before its end");
	attempt->may_retry = failure_may_pass(err);
	return -1;
}

static int
judge_answer(struct attempt *attempt, struct error *err)
{
	if (attempt->reply.failure != NULL || attempt->reply.status == 0)
		return fail_unanswered(attempt, err);
	if (attempt->reply.status != 200)
		return fail_refused(attempt, err);
	if (attempt->is_broken || !turn_is_complete(attempt->turn))
		return fail_broken(attempt, err);
	return 0;
}

/* --- Attempts ------------------------------------------------------------- */

/* What was said before a stream broke has been paid for. */
static void
add_usage(struct usage *total, const struct usage *part)
{
	total->input += part->input;
	total->output += part->output;
	total->cache_write += part->cache_write;
	total->cache_read += part->cache_read;
	total->requests++;
}

static int
try_once(struct attempt *attempt, const struct exchange *exchange,
	 const char *body, struct error *err)
{
	struct mcp *mcp = exchange->mcp;
	int result;

	attempt->turn = turn_new();
	attempt->events = (struct events){
		.taker = take_event,
		.context = attempt,
	};
	mcp->take_chunk = take_chunk;
	mcp->chunk_context = attempt;
	result = mcp_ask_model(mcp, body, &attempt->reply, err);
	mcp->take_chunk = NULL;
	mcp->chunk_context = NULL;
	if (result < 0)
		return -1;
	add_usage(exchange->usage, &attempt->turn->usage);
	return judge_answer(attempt, err);
}

/* There is no source of chance in the jail; what the clock says below a
 * microsecond keeps two runs apart well enough. */
static struct retry_moment
moment_after(int failures)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct retry_moment){
		.failures = failures,
		.now = now.tv_sec,
		.chance = (int)(now.tv_nsec % RETRY_CHANCES),
	};
}

static void
pause_ms(int64_t wait)
{
	poll(NULL, 0, wait < INT_MAX ? (int)wait : INT_MAX);
}

/* Waits for the next attempt; false when there is none. */
static bool
wait_for_next(const struct exchange *exchange, const struct attempt *attempt,
	      int failures, int64_t deadline)
{
	struct retry_hints hints = {
		.after = attempt->reply.retry_after,
		.after_ms = attempt->reply.retry_after_ms,
	};
	struct retry_moment moment = moment_after(failures);
	int64_t wait = retry_wait_ms(&hints, &moment);

	if (!attempt->may_retry || failures >= exchange->prompt->attempts ||
	    wire_now_ms() + wait >= deadline)
		return false;
	pause_ms(wait);
	return true;
}

int
exchange_turn(struct turn **ret_turn, const struct exchange *exchange,
	      const char *body, struct error *err)
{
	int64_t deadline = wire_now_ms() + exchange->prompt->turn_timeout_ms;

	if (deadline > exchange->prompt->deadline)
		deadline = exchange->prompt->deadline;
	if (strlen(body) > BODY_MAX)
		return fail_model(err, "turns",
				  "the conversation has outgrown %d bytes",
				  BODY_MAX);
	for (int failures = 1;; failures++) {
		auto_attempt struct attempt attempt = {.breakage = NO_ERROR};

		if (try_once(&attempt, exchange, body, err) == 0) {
			*ret_turn = take(attempt.turn);
			return 0;
		}
		if (!is_model_failure(err) ||
		    !wait_for_next(exchange, &attempt, failures, deadline))
			return -1;
	}
}
