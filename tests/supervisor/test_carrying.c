/*
 * test_carrying.c - what a courier may say, and in which order; everything else
 * is a violation.
 */
#include "tests/test.h"
#include "supervisor/carrying.h"
#include "supervisor/endpoint.h"

#define STATUS "{\"status\":200,\"headers\":{}}"

char *
endpoint_certificates(const char *folder, const char *hash)
{
	return xstrdup(strcmp(hash, "0000000a") == 0 ? "PEM\n" : "");
}

static int
count_chunk(void *context, const char *encoded, struct error *err)
{
	++*(int *)context;
	return 0;
}

/* Conversations, a frame after the other, and the code of the last: "open" or
 * "over" when all is well. */
static const struct {
	const char *name;
	const char *frames[5];
	const char *outcome;
} conversations[] = {
	{"status, bytes, end",
	 {STATUS, "{\"bytes\":\"Zm9v\"}", "{\"bytes\":\"Zg==\"}",
	  "{\"end\":7,\"failure\":null}"},
	 "over"},
	{"a question first",
	 {"{\"certificate\":\"0123abcd\"}", STATUS,
	  "{\"failure\":null,\"end\":7}"},
	 "over"},
	{"a failure without a status",
	 {"{\"end\":7,\"failure\":\"tls\"}"},
	 "over"},
	{"a failure after bytes",
	 {STATUS, "{\"bytes\":\"Zm9v\"}", "{\"end\":7,\"failure\":\"cut\"}"},
	 "over"},
	{"listed headers",
	 {"{\"status\":429,\"headers\":{\"retry-after\":\"3\"}}"},
	 "open"},
	{"bytes before a status", {"{\"bytes\":\"Zm9v\"}"}, "violation"},
	{"an end before a status",
	 {"{\"end\":7,\"failure\":null}"},
	 "violation"},
	{"two statuses", {STATUS, STATUS}, "violation"},
	{"a question after the status",
	 {STATUS, "{\"certificate\":\"0123abcd\"}"},
	 "violation"},
	{"a question that is a path",
	 {"{\"certificate\":\"../../ab\"}"},
	 "violation"},
	{"a question in capitals",
	 {"{\"certificate\":\"0123ABCD\"}"},
	 "violation"},
	{"a question that is too long",
	 {"{\"certificate\":\"0123abcd0\"}"},
	 "violation"},
	{"a status that is no number",
	 {"{\"status\":\"200\",\"headers\":{}}"},
	 "violation"},
	{"a status of 99", {"{\"status\":99,\"headers\":{}}"}, "violation"},
	{"a status of 600", {"{\"status\":600,\"headers\":{}}"}, "violation"},
	{"a status without headers",
	 {"{\"status\":200,\"headers\":[]}"},
	 "violation"},
	{"an unlisted header",
	 {"{\"status\":200,\"headers\":{\"set-cookie\":\"a\"}}"},
	 "violation"},
	{"a header that is no text",
	 {"{\"status\":200,\"headers\":{\"retry-after\":3}}"},
	 "violation"},
	{"a chunk that isn't base64",
	 {STATUS, "{\"bytes\":\"Zm9\"}"},
	 "violation"},
	{"an empty chunk", {STATUS, "{\"bytes\":\"\"}"}, "violation"},
	{"a chunk that is no text", {STATUS, "{\"bytes\":1}"}, "violation"},
	{"the end of another request",
	 {STATUS, "{\"end\":6,\"failure\":null}"},
	 "violation"},
	{"a failure that isn't listed",
	 {STATUS, "{\"end\":7,\"failure\":\"bad luck\"}"},
	 "violation"},
	{"a failure that is no word",
	 {STATUS, "{\"end\":7,\"failure\":false}"},
	 "violation"},
	{"one member too many",
	 {"{\"certificate\":\"0123abcd\",\"x\":1}"},
	 "violation"},
	{"a member twice", {"{\"end\":7,\"end\":7}"}, "violation"},
	{"another frame", {"{\"result\":1}"}, "violation"},
	{"no object", {"[\"certificate\"]"}, "violation"},
	{"no JSON", {"READY"}, "violation"},
};

static const char *
converse(const char *const *frames)
{
	struct error err = NO_ERROR;
	int chunks = 0;
	struct courier_request request = {
		.chunk = count_chunk,
		.context = &chunks,
	};
	struct carrying carrying = {.request = &request, .number = 7};
	const char *outcome = NULL;

	for (int i = 0; outcome == NULL && frames[i] != NULL; i++) {
		auto_free char *reply = NULL;

		if (carrying_take(&carrying, frames[i], strlen(frames[i]),
				  &reply, &err) < 0)
			outcome = strcmp(err.code, "courier_violation") == 0 &&
						  err.reason == EXIT_REFUSED
					  ? "violation"
					  : err.code;
	}
	if (outcome == NULL)
		outcome = carrying.is_over ? "over" : "open";
	courier_answer_free(&carrying.answer);
	return outcome;
}

static void
test_reply(void)
{
	static const char question[] = "{\"certificate\":\"0000000a\"}";
	struct error err = NO_ERROR;
	struct carrying carrying = {.number = 7};
	int answered = 0;

	for (int i = 0; i < 100; i++) {
		auto_free char *reply = NULL;

		if (carrying_take(&carrying, question, strlen(question), &reply,
				  &err) < 0)
			break;
		if (i == 0)
			test_text("certificates are answered", reply,
				  "{\"certificates\":\"PEM\\n\"}");
		answered++;
	}
	test("sixteen questions are answered, and no more", answered == 16);
}

static void
test_length(void)
{
	struct error err = NO_ERROR;
	int chunks = 0;
	struct courier_request request = {
		.chunk = count_chunk,
		.context = &chunks,
	};
	struct carrying carrying = {.request = &request, .number = 7};
	auto_free char *bytes = xcalloc(1, POST_CHUNK_MAX + 1);
	auto_free char *most = post_encode(bytes, POST_CHUNK_MAX);
	auto_free char *more = post_encode(bytes, POST_CHUNK_MAX + 1);
	auto_free char *fit = xprintf("{\"bytes\":\"%s\"}", most);
	auto_free char *misfit = xprintf("{\"bytes\":\"%s\"}", more);
	char *reply = NULL;

	carrying_take(&carrying, STATUS, strlen(STATUS), &reply, &err);
	test("a chunk that is too long is a violation",
	     carrying_take(&carrying, misfit, strlen(misfit), &reply, &err) <
		     0);
	carrying.answer.bytes = 0;
	while (carrying_take(&carrying, fit, strlen(fit), &reply, &err) == 0)
		continue;
	test("an answer that is too long is a violation",
	     chunks == POST_ANSWER_MAX / POST_CHUNK_MAX &&
		     strcmp(err.code, "courier_violation") == 0);
	courier_answer_free(&carrying.answer);
}

int
main(void)
{
	for (size_t i = 0; i < array_size(conversations); i++)
		test_text(conversations[i].name,
			  converse(conversations[i].frames),
			  conversations[i].outcome);
	test_reply();
	test_length();
	return test_end();
}
