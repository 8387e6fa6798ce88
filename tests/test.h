/*
 * test.h - the smallest harness: each check prints one TAP line, named as a
 * sentence; test_end() is main's return value.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include "pgmend.h"

static int test_failures;

/* One behaviour: prints "ok NAME" or "not ok NAME". */
#define test(name, claim)                                                   \
	do {                                                                \
		if (claim) {                                                \
			printf("ok %s\n", (name));                          \
		} else {                                                    \
			test_failures++;                                    \
			printf("not ok %s (%s:%d: %s)\n", (name), __FILE__, \
			       __LINE__, #claim);                           \
		}                                                           \
	} while (0)

/* Two texts that must be equal; both are shown when they aren't. */
#define test_text(name, got, expected)                                \
	do {                                                          \
		const char *got_ = (got);                             \
		const char *expected_ = (expected);                   \
		if (same_text(got_, expected_)) {                     \
			printf("ok %s\n", (name));                    \
		} else {                                              \
			test_failures++;                              \
			printf("not ok %s (%s:%d)\n#   got      %s\n" \
			       "#   expected %s\n",                   \
			       (name), __FILE__, __LINE__,            \
			       got_ ? got_ : "NULL",                  \
			       expected_ ? expected_ : "NULL");       \
		}                                                     \
	} while (0)

/* A test that can't run here says what is missing; CI fails on it. */
#define test_skip(name, missing) printf("ok %s # SKIP %s\n", (name), (missing))

static inline int
test_end(void)
{
	fflush(stdout);
	return test_failures == 0 ? 0 : 1;
}

#endif
