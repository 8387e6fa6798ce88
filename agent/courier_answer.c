#include <ctype.h>

#include "agent/courier_answer.h"
#include "pgmend.h"
#include "sandbox/post.h"

#define HEADER_VALUE_MAX 256

void
answer_reset(struct answer *answer)
{
	for (int i = 0; i < answer->header_count; i++) {
		free(answer->headers[i].name);
		free(answer->headers[i].value);
	}
	*answer = (struct answer){0};
}

static bool
has_header(const struct answer *answer, const char *name)
{
	for (int i = 0; i < answer->header_count; i++)
		if (strcmp(answer->headers[i].name, name) == 0)
			return true;
	return false;
}

/* What isn't printable becomes a question mark. */
static char *
clean_value(const char *text, size_t size)
{
	char *value;

	while (size > 0 && isspace((unsigned char)*text))
		text++, size--;
	while (size > 0 && isspace((unsigned char)text[size - 1]))
		size--;
	value = xstrndup(text,
			 size < HEADER_VALUE_MAX ? size : HEADER_VALUE_MAX);
	for (char *at = value; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return value;
}

static void
keep_header(struct answer *answer, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);
	auto_free char *name = NULL;

	if (colon == NULL || answer->header_count == ANSWER_HEADERS_MAX)
		return;
	name = xstrndup(line, (size_t)(colon - line));
	for (char *at = name; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if (!post_lists(post_headers, name) || has_header(answer, name))
		return;
	answer->headers[answer->header_count++] = (struct answer_header){
		.name = take(name),
		.value = clean_value(colon + 1,
				     size - (size_t)(colon + 1 - line)),
	};
}

/* A status line starts over: "100 Continue" may have come before it. */
void
answer_take(struct answer *answer, const char *line, size_t size)
{
	if (size > 5 && memcmp(line, "HTTP/", 5) == 0)
		answer_reset(answer);
	else
		keep_header(answer, line, size);
}
