/*
 * reply.h - an answer of the Messages API as a file of tests/cases.
 */
#ifndef TESTS_AGENT_REPLY_H
#define TESTS_AGENT_REPLY_H

#include "tests/test.h"

/* The caller frees it. */
static inline char *
reply_read(size_t *ret_size)
{
	auto_stream FILE *file = fopen("tests/cases/claude-reply.sse", "r");
	char *text = xcalloc(1, 65536);

	if (file == NULL)
		abort();
	*ret_size = fread(text, 1, 65535, file);
	return text;
}

/* The same answer with other line ends; the caller frees it. */
static inline char *
reply_with_ends(const char *end, size_t *ret_size)
{
	auto_free char *text = reply_read(ret_size);
	char *changed;
	FILE *out = xmemstream(&changed, ret_size);

	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\n')
			fputs(end, out);
		else
			fputc(*at, out);
	}
	fclose(out);
	return changed;
}

#endif
