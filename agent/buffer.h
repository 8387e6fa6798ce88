/*
 * buffer.h - bytes that grow, and are emptied and filled again.
 *
 * Always terminated, so that text in it is a string; NULL before the first
 * byte. Limits are the business of whoever fills it.
 */
#ifndef AGENT_BUFFER_H
#define AGENT_BUFFER_H

#include <stddef.h>

struct buffer {
	char *text; /* owned */
	size_t size, allocated;
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
