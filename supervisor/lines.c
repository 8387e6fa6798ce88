#include "pgmend.h"

#include "supervisor/lines.h"

#define RECEIVE_BYTES 65536

void
lines_init(struct lines *lines, int in)
{
	*lines = (struct lines){.in = in};
}

void
lines_free(struct lines *lines)
{
	free(lines->buffer);
	*lines = (struct lines){.in = -1};
}

/* Moves what is left to the front, and makes room behind it. */
static void
make_room(struct lines *lines)
{
	size_t left = lines->used - lines->start;

	if (lines->start > 0 && left > 0)
		memmove(lines->buffer, lines->buffer + lines->start, left);
	lines->start = 0;
	lines->used = left;
	if (lines->allocated - left >= RECEIVE_BYTES)
		return;
	lines->allocated = left + RECEIVE_BYTES;
	lines->buffer = xreallocarray(lines->buffer, lines->allocated, 1);
}

int
lines_receive(struct lines *lines, struct error *err)
{
	ssize_t size;

	make_room(lines);
	size = read(lines->in, lines->buffer + lines->used, RECEIVE_BYTES);
	if (size < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (size < 0)
		return fail(err, "read a line: %s", strerror(errno));
	lines->used += (size_t)size;
	lines->has_ended = size == 0;
	return 0;
}

/* What is left of a line that was too long. */
static void
skip(struct lines *lines)
{
	const char *text = lines->buffer + lines->start;
	const char *end = memchr(text, '\n', lines->used - lines->start);

	lines->skips = end == NULL;
	lines->start =
		end == NULL ? lines->used : (size_t)(end - lines->buffer) + 1;
}

enum line
lines_next(struct lines *lines, const char **ret_line, size_t *ret_size)
{
	const char *text, *end;
	size_t size;

	if (lines->skips && lines->used > lines->start)
		skip(lines);
	size = lines->used - lines->start;
	if (size == 0)
		return LINE_NONE;
	text = lines->buffer + lines->start;
	end = memchr(text, '\n', size);
	if (end != NULL)
		size = (size_t)(end - text);
	if (size > LINE_MAX_BYTES) {
		skip(lines);
		return LINE_TOO_LONG;
	}
	if (end == NULL)
		return LINE_NONE;
	lines->start += size + 1;
	*ret_line = text;
	*ret_size = size;
	return LINE_WHOLE;
}
