/*
 * retry.h - whether a failed request is sent again, and when: the policy of
 * the API's own clients.
 *
 * Pure: time and chance come from the caller.
 */
#ifndef AGENT_RETRY_H
#define AGENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_CHANCES 1000

/* What the API said about it: values of headers, NULL where there is none. */
struct retry_hints {
	const char *should_retry; /* x-should-retry */
	const char *after_ms;	  /* retry-after-ms */
	const char *after;	  /* retry-after: seconds or an HTTP date */
};

/* `status` is 0 when no answer came. */
bool retry_may_help(int status, const struct retry_hints *hints);

/* What differs from one wait to the next. */
struct retry_moment {
	int failures; /* so far, at least 1 */
	int64_t now;  /* seconds of the Unix epoch */
	int chance;   /* 0 to RETRY_CHANCES - 1 */
};

/* Milliseconds until the next attempt. */
int64_t retry_wait_ms(const struct retry_hints *hints,
		      const struct retry_moment *moment);

#endif
