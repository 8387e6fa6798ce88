/*
 * lines.h - what an MCP host sends: one message a line, however it is cut.
 *
 * Unlike a frame of a worker's, a line that is too long or nonsense ends
 * nothing: it is told apart, skipped to its LF, and the next one is read. The
 * memory that a host can make us take is bounded all the same.
 */
#ifndef SUPERVISOR_LINES_H
#define SUPERVISOR_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Without its LF; a frame is no longer. */
#define LINE_MAX_BYTES (1024 * 1024)

struct lines {
	int in; /* borrowed */
	char *buffer;
	size_t start, used, allocated; /* what isn't handed out yet */
	bool skips;	/* the rest of a line that was too long */
	bool has_ended; /* end of file; what isn't a whole line is lost */
};

enum line {
	LINE_NONE,     /* no whole one yet */
	LINE_WHOLE,    /* without its LF; valid until lines_receive() */
	LINE_TOO_LONG, /* told once, as soon as it is known */
};

void lines_init(struct lines *lines, int in);
void lines_free(struct lines *lines);

/* Reads once, after poll() said so. */
int lines_receive(struct lines *lines, struct error *err);
enum line
lines_next(struct lines *lines, const char **ret_line, size_t *ret_size);

#endif
