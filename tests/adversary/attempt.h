/*
 * attempt.h - how a row of the escape battery is written, and what may come of
 * it.
 *
 * Outcomes, where several are right separated by a space:
 *   K    killed by the filter (SIGSYS)
 *   V    killed by another signal
 *   S    it runs, and is harmless
 *   E13  refused or answered with that errno
 *
 * An attempt that has an outcome in the weaker runs, too, is refused by more
 * than one layer.
 */
#ifndef TESTS_ADVERSARY_ATTEMPT_H
#define TESTS_ADVERSARY_ATTEMPT_H

/* What can't be written as one system call. */
enum special {
	SPECIAL_NONE,
	SPECIAL_MALLOC,
	SPECIAL_ABORT,
	SPECIAL_EXECUTE_STACK,
	SPECIAL_WRITE_TEXT,
	SPECIAL_WRITE_NULL,
	SPECIAL_MANY_WRITES,
	SPECIAL_CLOCK,
	SPECIAL_INT80_GETPID,
	SPECIAL_INT80_EXECVE,
	SPECIAL_SYSENTER,
	SPECIAL_VSYSCALL,
	SPECIAL_HALF_FRAME,
	SPECIAL_RECONNECT,
	SPECIAL_FAST_OPEN,
	SPECIAL_FLOOD,
	SPECIAL_DRIP,
	SPECIAL_SPIN,
};

/* The whole jail, and jails with layers left out. */
enum run {
	RUN_SEALED,
	RUN_UNFILTERED, /* without seccomp */
	RUN_BARE,	/* namespaces and capabilities alone */
	RUNS,
	/* The courier, sealed, where it differs from the agent. */
	OUTCOME_COURIER = RUNS,
	/* A courier with a TCP socket in the place of a slot, without seccomp
	 * and without Landlock, too. */
	OUTCOME_TCP_UNFILTERED,
	OUTCOME_TCP_BARE,
	OUTCOMES
};

struct probe {
	const char *name;
	const char *outcomes[OUTCOMES]; /* NULL: not tried in that run */
	enum special special;
	long number;
	long arguments[6];
};

/* Zeroed memory for whatever a call wants to read or write. */
static char scratch[4096];

#define TEXT(text) (long)(text)
#define SCRATCH TEXT(scratch)
#define HIGH_BIT (1L << 32)

/* The filter kills it; no other layer is asked. */
#define KILLED(name, call, ...)       \
	{                             \
		name, {"K"}, 0, call, \
		{                     \
			__VA_ARGS__   \
		}                     \
	}
/* So do the limits: there is no free descriptor, no further process. */
#define LIMITED(name, unfiltered, call, ...)      \
	{                                         \
		name, {"K", unfiltered}, 0, call, \
		{                                 \
			__VA_ARGS__               \
		}                                 \
	}
/* The layers refuse it in different ways. */
#define LAYERS(name, unfiltered, bare, call, ...)       \
	{                                               \
		name, {"K", unfiltered, bare}, 0, call, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}
/* Namespaces and capabilities refuse it, too. */
#define TWICE(name, refusal, call, ...)                 \
	{                                               \
		name, {"K", refusal, refusal}, 0, call, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}
/* The filter kills it in the agent; the courier has a use for it. */
#define DIFFERS(name, courier, call, ...)                          \
	{                                                          \
		name, {"K", [OUTCOME_COURIER] = courier}, 0, call, \
		{                                                  \
			__VA_ARGS__                                \
		}                                                  \
	}
/* On a TCP socket, where it would reach somebody. */
#define TCP(name, courier, unfiltered, bare, kind)              \
	{                                                       \
		name,                                           \
			{"K", [OUTCOME_COURIER] = courier,      \
			 [OUTCOME_TCP_UNFILTERED] = unfiltered, \
			 [OUTCOME_TCP_BARE] = bare},            \
			kind, 0,                                \
		{                                               \
			3                                       \
		}                                               \
	}
/* The filter lets it through, or answers. */
#define GIVES(name, expected, call, ...)   \
	{                                  \
		name, {expected}, 0, call, \
		{                          \
			__VA_ARGS__        \
		}                          \
	}
#define SPECIAL(name, expected, kind)      \
	{                                  \
		name, {expected}, kind, 0, \
		{                          \
			0                  \
		}                          \
	}

#endif
