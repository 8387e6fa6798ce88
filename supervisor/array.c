#include <arpa/inet.h>

#include "pgmend.h"
#include "supervisor/array.h"

/* The words before the first element, each of four bytes. */
enum head {
	HEAD_DIMENSIONS,
	HEAD_HAS_NULLS,
	HEAD_TYPE,
	HEAD_COUNT,
	HEAD_LOWER_BOUND,
	HEAD_WORDS
};

#define NULL_LENGTH UINT32_MAX

static void
write_word(char *at, uint32_t number)
{
	uint32_t word = htonl(number);

	memcpy(at, &word, sizeof(word));
}

static uint32_t
read_word(const char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return ntohl(word);
}

/* Room for so many more bytes. */
static char *
extend(struct array *array, size_t size)
{
	char *at;

	while (array->size + size > array->allocated) {
		array->allocated = array->allocated * 2 + 4096;
		array->bytes = xreallocarray(array->bytes, array->allocated, 1);
	}
	at = array->bytes + array->size;
	array->size += size;
	return at;
}

void
array_begin(struct array *array, enum array_type type)
{
	const uint32_t head[HEAD_WORDS] = {
		[HEAD_DIMENSIONS] = 1,
		[HEAD_HAS_NULLS] = 1,
		[HEAD_TYPE] = (uint32_t)type,
		[HEAD_LOWER_BOUND] = 1,
	};

	array->size = 0;
	array->count = 0;
	for (int i = 0; i < HEAD_WORDS; i++)
		write_word(extend(array, sizeof(head[i])), head[i]);
}

void
array_add_text(struct array *array, const char *text)
{
	size_t size = strlen(text);

	element_write(extend(array, ELEMENT_HEAD + size), text, size);
	array->count++;
}

void
array_add_number(struct array *array, int64_t number)
{
	char *at = extend(array, ELEMENT_HEAD + sizeof(number));

	write_word(at, sizeof(number));
	write_word(at + ELEMENT_HEAD, (uint32_t)((uint64_t)number >> 32));
	write_word(at + ELEMENT_HEAD + 4, (uint32_t)number);
	array->count++;
}

const char *
array_add_element(struct array *array, const char *element)
{
	uint32_t length = read_word(element);
	size_t size = ELEMENT_HEAD + (length == NULL_LENGTH ? 0 : length);

	memcpy(extend(array, size), element, size);
	array->count++;
	return element + size;
}

void
array_end(struct array *array)
{
	write_word(array->bytes + HEAD_COUNT * sizeof(uint32_t),
		   (uint32_t)array->count);
}

void
array_free(struct array *array)
{
	free(array->bytes);
	*array = (struct array){.bytes = NULL};
}

char *
element_begin(char *ret_element, size_t size)
{
	write_word(ret_element, (uint32_t)size);
	return ret_element + ELEMENT_HEAD;
}

char *
element_write(char *ret_element, const char *text, size_t size)
{
	return mempcpy(element_begin(ret_element, size), text, size);
}

char *
element_write_null(char *ret_element)
{
	write_word(ret_element, NULL_LENGTH);
	return ret_element + ELEMENT_HEAD;
}
