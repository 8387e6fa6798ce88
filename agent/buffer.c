#include "agent/buffer.h"
#include "pgmend.h"

void
buffer_add(struct buffer *buffer, const char *bytes, size_t size)
{
	size_t wanted = buffer->size + size + 1;

	if (wanted > buffer->allocated) {
		buffer->allocated = wanted * 2;
		buffer->text =
			xreallocarray(buffer->text, buffer->allocated, 1);
	}
	if (size > 0)
		memcpy(buffer->text + buffer->size, bytes, size);
	buffer->size += size;
	buffer->text[buffer->size] = '\0';
}

void
buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	if (buffer->text != NULL)
		buffer->text[0] = '\0';
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->text);
	*buffer = (struct buffer){0};
}
