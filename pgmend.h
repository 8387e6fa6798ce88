/*
 * pgmend.h - errors, ownership and memory: what every file of pgmend shares.
 *
 * One error idiom: a function that can fail returns 0 or -1 and takes a
 * `struct error *` last. The error is one sentence in a buffer on the caller's
 * stack, and the exit reason that goes with it. Callers add context in front
 * with fail_in(), which keeps the reason.
 *
 * One way to own memory: an owned local is declared auto_free or auto_close and
 * initialised on the same line; take() hands it on. Out of memory ends the
 * process.
 */
#ifndef PGMEND_H
#define PGMEND_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PGMEND_VERSION "0.1.0"

/* What a run ends with: the exit codes of `pgmend heal`, a contract. */
enum exit_reason {
	EXIT_HEALED = 0,
	EXIT_INTERNAL = 1,
	EXIT_USAGE = 2,
	EXIT_ESCALATED = 10,
	EXIT_REFUSED = 11,
	EXIT_PROPOSED = 12,
	EXIT_BAD_INCIDENT = 13,
	EXIT_UNHEARD = 14,
	EXIT_ROLLED_BACK = 20,
	EXIT_UNKNOWN = 21,
	EXIT_UNRECORDED = 22,
	EXIT_PARTIAL = 23,
	EXIT_UNSAFE = 30,
	EXIT_AUDIT_BROKEN = 40,
	EXIT_TEMPFAIL = 75,
};

struct error {
	enum exit_reason reason;
	const char *code; /* static: a stable word for machines */
	char text[1024];  /* one sentence for people, never a secret */
};

#define NO_ERROR                                            \
	{                                                   \
		.reason = EXIT_INTERNAL, .code = "internal" \
	}

__attribute__((format(printf, 4, 5))) static inline int
fail_as(struct error *err, enum exit_reason reason, const char *code,
	const char *format, ...)
{
	va_list arguments;

	err->reason = reason;
	err->code = code;
	va_start(arguments, format);
	vsnprintf(err->text, sizeof(err->text), format, arguments);
	va_end(arguments);
	return -1;
}

/* A failure that nobody gave a better reason: exit 1. */
#define fail(err, ...) fail_as((err), EXIT_INTERNAL, "internal", __VA_ARGS__)

/* Puts "context: " in front of the sentence; reason and code stay. */
__attribute__((format(printf, 2, 3))) static inline int
fail_in(struct error *err, const char *format, ...)
{
	char context[256];
	char text[sizeof(err->text)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(context, sizeof(context), format, arguments);
	va_end(arguments);
	memcpy(text, err->text, sizeof(text));
	snprintf(err->text, sizeof(err->text), "%s: %.*s", context,
		 (int)(sizeof(text) - sizeof(context) - 3), text);
	return -1;
}

static inline void
free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void
close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void
close_stream(FILE **stream)
{
	if (*stream != NULL)
		fclose(*stream);
}

#define auto_free __attribute__((cleanup(free_pointer)))
#define auto_close __attribute__((cleanup(close_descriptor)))
#define auto_stream __attribute__((cleanup(close_stream)))

/* Hands an owned pointer on: the local lets go of it. */
#define take(pointer)                                   \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

/* The same for a descriptor. */
#define take_fd(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#define array_size(array) (sizeof(array) / sizeof((array)[0]))

static inline void *
xcalloc(size_t count, size_t size)
{
	void *memory = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);

	if (memory == NULL)
		abort();
	return memory;
}

/* Grows an array to hold `count` elements; the new ones are not cleared. */
static inline void *
xreallocarray(void *memory, size_t count, size_t size)
{
	void *grown = reallocarray(memory, count == 0 ? 1 : count,
				   size == 0 ? 1 : size);

	if (grown == NULL)
		abort();
	return grown;
}

static inline char *
xstrndup(const char *text, size_t size)
{
	char *copy = xcalloc(1, size + 1);

	memcpy(copy, text, size);
	return copy;
}

/* NULL stays NULL. */
static inline char *
xstrdup(const char *text)
{
	return text == NULL ? NULL : xstrndup(text, strlen(text));
}

/* The caller frees what it returns. */
__attribute__((format(printf, 1, 2))) static inline char *
xprintf(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}

/* A stream that collects text in memory; read it after fclose(). */
static inline FILE *
xmemstream(char **ret_text, size_t *ret_size)
{
	FILE *stream = open_memstream(ret_text, ret_size);

	if (stream == NULL)
		abort();
	return stream;
}

/* True when both are NULL, or both are the same text. */
static inline bool
same_text(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return left == right;
	return strcmp(left, right) == 0;
}

#endif
