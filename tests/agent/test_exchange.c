#include "tests/agent/reply.h"
#include "tests/agent/script.h"
#include "tests/agent/stream.h"

#define ALLOWED "{\"verdict\":\"allow\"}"

/* --- Bad answers ---------------------------------------------------------- */

/* One attempt that goes wrong. */
struct mishap {
	const char *name, *bytes;
	int status;
	const char *failure;
	const char *word; /* the reason, when every attempt goes wrong so */
	bool is_retried;
};

#define OVERLOADED                                                      \
	"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"," \
	"\"message\":\"Overloaded\"}}"

static const struct mishap mishaps[] = {
	{"an overload", OVERLOADED, 529, NULL, "overloaded", true},
	{"a rate limit", "", 429, NULL, "rate_limited", true},
	{"a gateway's page", "<html>\n\n502\n\n", 502, NULL, "unreachable",
	 true},
	{"a bad key", "{}", 401, NULL, "auth", false},
	{"a bad request", "{\"error\":{\"message\":\"m\"}}", 400, NULL,
	 "invalid_request", false},
	{"a redirect", "", 302, NULL, "protocol", false},
	{"an API that can't be reached", "", 0, "unreachable", "unreachable",
	 true},
	{"bad TLS", "", 0, "tls", "unreachable", true},
	{"a timeout", "", 0, "timeout", "unreachable", true},
	{"an answer that is too large", "", 0, "too_large", "protocol", false},
	{"a word of the supervisor's", "", 0, "model_cost", "invalid_request",
	 false},
	{"no status and no word", "", 0, NULL, "invalid_request", false},
	{"a whole answer that was said to be cut", PROPOSE("t", "{}"), 200,
	 "cut", "unreachable", true},
	{"an empty stream", "", 200, NULL, "unreachable", true},
	{"JSON in place of a stream", "{\"type\":\"message\"}\n\n", 200, NULL,
	 "unreachable", true},
	{"an overload in the middle",
	 START CALL("0", "t", "propose_repair", "{}")
		 EVENT("error", ",\"error\":{\"type\":\"overloaded_error\","
				"\"message\":\"Overloaded\"}"),
	 200, NULL, "overloaded", true},
	{"a bad key in the middle",
	 START EVENT("error", ",\"error\":{\"type\":\"authentication_error\"}"),
	 200, NULL, "auth", false},
	{"an error after which the stream goes on",
	 START EVENT("error", "") CALL("0", "t", "propose_repair", "{}")
		 END("tool_use"),
	 200, NULL, "protocol", true},
	{"invalid UTF-8",
	 START CALL("0", "t", "propose_repair", "{\\\"a\\\":\\\"\xff\\\"}")
		 END("tool_use"),
	 200, NULL, "protocol", true},
	{"a stream without its last line",
	 START CALL("0", "t", "propose_repair", "{}")
		 EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"tool_"
					"use\"}") "event: message_stop\ndata: "
						  "{}\n",
	 200, NULL, "unreachable", true},
};

static void
script_mishap(struct script *script, const struct mishap *mishap)
{
	script_bytes(script, mishap->bytes, strlen(mishap->bytes));
	script_end(script, mishap->status, mishap->failure);
}

static void
survives_one(const struct mishap *mishap)
{
	auto_free char *name =
		xprintf("%s is %s", mishap->name,
			mishap->is_retried ? "retried" : "not retried");
	auto_free char *ended =
		xprintf("read model model_failed:%s", mishap->word);
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_mishap(&script, mishap);
	if (mishap->is_retried) {
		script_reply(&script, PROPOSE("t", "{}"));
		script_tool(&script, false, ALLOWED);
	} else {
		script_answer(&script, "\"content\":[]");
	}
	script_run(&script);
	test_text(name, script.asked,
		  mishap->is_retried ? "read model model propose_repair"
				     : ended);
	test("and is no failure of ours", script.result == 0);
	script_free(&script);
}

static void
ends_after_all_attempts(const struct mishap *mishap)
{
	auto_free char *name =
		xprintf("%s, three times, ends the run", mishap->name);
	auto_free char *asked = xprintf("read model model model "
					"model_failed:%s",
					mishap->word);
	auto_free char *message = NULL;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	for (int i = 0; i < 3; i++)
		script_mishap(&script, mishap);
	script_answer(&script, "\"content\":[]");
	script_run(&script);
	test_text(name, script.asked, asked);
	message = script_member(&script, 4, "params|message");
	test("and a person is told why",
	     message != NULL && strlen(message) > 2);
	script_free(&script);
}

static void
survives_mishaps(void)
{
	for (size_t i = 0; i < array_size(mishaps); i++) {
		survives_one(&mishaps[i]);
		if (mishaps[i].is_retried)
			ends_after_all_attempts(&mishaps[i]);
	}
}

static void
has_no_time_for_long_waits(void)
{
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_answer(&script, "\"status\":429,\"headers\":{\"retry-after\":"
			       "\"3600\"},\"failure\":null");
	script_answer(&script, "\"content\":[]");
	script_run(&script);
	test_text("a wait that outlasts the turn's time isn't begun",
		  script.asked, "read model model_failed:rate_limited");
	script_free(&script);
}

static void
is_refused_at_the_gate(void)
{
	auto_free char *message = NULL;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_refuse(&script, "model_cost");
	script_answer(&script, "\"content\":[]");
	script_run(&script);
	test_text("what the supervisor doesn't carry isn't sent again",
		  script.asked, "read model model_failed:invalid_request");
	message = script_member(&script, 2, "params|message");
	test_text("and its word is passed on", message,
		  "\"the request was not carried: pgmend/model: "
		  "model_cost\"");
	script_free(&script);
}

/* --- Pieces --------------------------------------------------------------- */

/* The recorded answer, cut at `at`; true when it was retried whole. */
static bool
is_retried_whole(const char *reply, size_t at, int status, const char *failure)
{
	auto_free char *first = NULL, *second = NULL;
	struct script script;
	bool is_whole;

	script_begin(&script);
	script_prompt(&script, 6);
	script_bytes(&script, reply, at);
	script_end(&script, status, failure);
	script_reply(&script, reply);
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	first = script_member(&script, 1, "params|body");
	second = script_member(&script, 2, "params|body");
	is_whole = same_text(script.asked, "read model model propose_repair") &&
		   same_text(first, second) && script.result == 0;
	script_free(&script);
	return is_whole;
}

static void
survives_every_cut(void)
{
	size_t size;
	auto_free char *reply = reply_read(&size);
	bool is_whole = true, is_whole_quietly = true;

	for (size_t at = 0; at < size; at++) {
		is_whole = is_whole && is_retried_whole(reply, at, 0, "cut");
		is_whole_quietly = is_whole_quietly &&
				   is_retried_whole(reply, at, 200, NULL);
	}
	test("a cut anywhere is retried whole, and nothing is called before",
	     is_whole);
	test("even when nobody noticed the cut", is_whole_quietly);
}

static void
survives_single_bytes(void)
{
	size_t size;
	auto_free char *reply = reply_with_ends("\r\n", &size);
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	for (size_t at = 0; at < size; at++)
		script_bytes(&script, reply + at, 1);
	script_end(&script, 200, NULL);
	script_tool(&script, false, ALLOWED);
	script_run(&script);
	test_text("an answer may come byte by byte", script.asked,
		  "read model propose_repair");
	script_free(&script);
}

static void
ends_with_its_supervisor(void)
{
	struct script script;

	script_begin(&script);
	script_prompt(&script, 6);
	script_bytes(&script, START, strlen(START));
	script_run(&script);
	test_text("the end of file ends everything", script.asked,
		  "read model");
	test("as a failure of the wire", script.result < 0);
	script_free(&script);
}

int
main(void)
{
	survives_mishaps();
	has_no_time_for_long_waits();
	is_refused_at_the_gate();
	survives_every_cut();
	survives_single_bytes();
	ends_with_its_supervisor();
	return test_end();
}
