#include "agent/failure.h"
#include "agent/retry.h"
#include "tests/test.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOVEMBER 784111777

static void
decides(void)
{
	static const struct {
		int status;
		const char *should_retry;
		bool expected;
	} cases[] = {
		{0, NULL, true},     {400, NULL, false},
		{401, NULL, false},  {403, NULL, false},
		{404, NULL, false},  {408, NULL, true},
		{409, NULL, true},   {413, NULL, false},
		{429, NULL, true},   {500, NULL, true},
		{503, NULL, true},   {529, NULL, true},
		{302, NULL, false},  {529, "false", false},
		{400, "true", true}, {429, "perhaps", true},
		{400, "yes", false},
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct retry_hints hints = {.should_retry =
						    cases[i].should_retry};
		auto_free char *name = xprintf(
			"%s %d%s%s", cases[i].expected ? "retries" : "accepts",
			cases[i].status,
			cases[i].should_retry == NULL ? "" : " told ",
			cases[i].should_retry == NULL ? ""
						      : cases[i].should_retry);

		test(name, retry_may_help(cases[i].status, &hints) ==
				   cases[i].expected);
	}
}

static void
does_as_it_is_told(void)
{
	static const struct {
		const char *after_ms, *after;
		int64_t expected;
	} cases[] = {
		{"1500", NULL, 1500},
		{"1500", "3", 1500},
		{NULL, "3", 3000},
		{NULL, "0.25", 250},
		{"soon", "3", 3000},
		{"-1", "3", 3000},
		{NULL, "Sun, 06 Nov 1994 08:49:40 GMT", 3000},
		{NULL, "Mon, 07 Nov 1994 08:49:37 GMT", 86400000},
		{NULL, "999999999", 86400000},
		{NULL, "inf", 86400000},
		/* What can't be meant leaves our own wait. */
		{NULL, "0", 500},
		{NULL, "-5", 500},
		{NULL, "nan", 500},
		{NULL, "3 seconds", 500},
		{NULL, "", 500},
		{NULL, "Sun, 06 Nov 1994 08:49:36 GMT", 500},
		{NULL, "Sun, 06 Nov 1994 08:49:40 CET", 500},
		{NULL, "yesterday", 500},
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct retry_hints hints = {.after_ms = cases[i].after_ms,
					    .after = cases[i].after};
		struct retry_moment moment = {.failures = 1, .now = NOVEMBER};
		int64_t wait = retry_wait_ms(&hints, &moment);
		auto_free char *name =
			xprintf("waits %lld ms for retry-after-ms '%s' and "
				"retry-after '%s'",
				(long long)cases[i].expected,
				cases[i].after_ms ? cases[i].after_ms : "",
				cases[i].after ? cases[i].after : "");

		test(name, wait == cases[i].expected);
	}
}

/* The same second as the C library sees it, over years with and without leap
 * days. */
static void
knows_the_calendar(void)
{
	static const struct {
		const char *date;
		int64_t seconds;
	} cases[] = {
		{"Thu, 01 Jan 1970 00:00:09 GMT", 9},
		{"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
		{"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
		{"Thu, 31 Dec 2026 23:59:59 GMT", 1798761599},
		{"Thu, 01 Mar 2100 00:00:00 GMT", 4107542400},
	};
	bool is_right = true;

	for (size_t i = 0; i < array_size(cases); i++) {
		struct retry_hints hints = {.after = cases[i].date};
		struct retry_moment moment = {.failures = 1,
					      .now = cases[i].seconds - 7};

		is_right = is_right && retry_wait_ms(&hints, &moment) == 7000;
	}
	test("dates mean the second that they name", is_right);
}

static void
waits_longer_each_time(void)
{
	static const int64_t longest[] = {500, 1000, 2000, 4000, 8000, 8000};
	struct retry_hints hints = {0};
	bool is_right = true;

	for (int i = 0; i < (int)array_size(longest); i++) {
		struct retry_moment least = {.failures = i + 1,
					     .chance = RETRY_CHANCES - 1};
		struct retry_moment most = {.failures = i + 1};
		int64_t low = retry_wait_ms(&hints, &least);

		is_right = is_right &&
			   retry_wait_ms(&hints, &most) == longest[i] &&
			   low < longest[i] && low >= longest[i] * 3 / 4;
	}
	test("waits twice as long each time, up to 8 s, less up to a quarter",
	     is_right);
	test("many failures don't overflow",
	     retry_wait_ms(&hints, &(struct retry_moment){
					   .failures = 1000000}) == 8000);
}

static void
names_failures(void)
{
	test_text("529 is overload", failure_of_status(529), "overloaded");
	test_text("429 is a rate limit", failure_of_status(429),
		  "rate_limited");
	test_text("401 is about the key", failure_of_status(401), "auth");
	test_text("502 is a gateway's", failure_of_status(502), "unreachable");
	test_text("418 is our request's fault", failure_of_status(418),
		  "invalid_request");
	test_text("302 is no answer of the API's", failure_of_status(302),
		  "protocol");
	test_text("an unknown type is no overload",
		  failure_of_type("new_error"), "protocol");
	test_text("no type either", failure_of_type(NULL), "protocol");
}

int
main(void)
{
	decides();
	does_as_it_is_told();
	knows_the_calendar();
	waits_longer_each_time();
	names_failures();
	return test_end();
}
