/*
 * failure.h - what ends a conversation with the model, apart from the model's
 * own decision: an error of the common kind, told apart by its exit reason.
 *
 * Its code is one of these words, and the supervisor chooses the exit by it:
 * unreachable, overloaded, rate_limited, auth, invalid_request, refusal,
 * truncated, protocol, turns.
 */
#ifndef AGENT_FAILURE_H
#define AGENT_FAILURE_H

#include "pgmend.h"

#define fail_model(err, word, ...) \
	fail_as((err), EXIT_TEMPFAIL, (word), __VA_ARGS__)

/* False for what broke on our own wire: then nobody is left to be told. */
bool is_model_failure(const struct error *err);

/* The word for an "error" of the Messages API, by its type; static. */
const char *failure_of_type(const char *type);
/* The same by the HTTP status of an answer that is none. */
const char *failure_of_status(int status);

/* Worth another try when it came in the middle of an answer. */
bool failure_may_pass(const struct error *err);

#endif
