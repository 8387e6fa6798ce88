/*
 * stream.h - a file of failed records, one JSON object a line, read in constant
 * memory whatever its size.
 *
 * Opened before the supervisor locks itself. It must be an ordinary file: its
 * lines are counted first, and the count is what policy's limit and the
 * progress are about.
 */
#ifndef SUPERVISOR_STREAM_H
#define SUPERVISOR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct stream;

#define STREAM_LINE_MAX (1 << 20) /* bytes; as much as a worker's frame */

struct line {
	const char *text; /* borrowed until the next one; NULL at the end */
	size_t size;
	int64_t number;	     /* from 0; empty lines count, too */
	const char *mistake; /* static: why it is no record; or NULL */
};

/* EXIT_USAGE, replay_file, when it can't be read. */
int
stream_open(struct stream **ret_stream, const char *path, struct error *err);
void stream_free(struct stream *stream);

/* Lines that aren't empty. */
int64_t stream_count(const struct stream *stream);

/* Of a line that is too long only the beginning is given. */
int
stream_next(struct line *ret_line, struct stream *stream, struct error *err);

/* The next line is the first one again. */
int stream_rewind(struct stream *stream, struct error *err);

#endif
