/*
 * array.h - an array of the server's, as a binary parameter.
 *
 * Binary needs no quoting, so that nothing in a value can pass for syntax, and
 * the server reads it faster than the text that it would have to take apart.
 */
#ifndef SUPERVISOR_ARRAY_H
#define SUPERVISOR_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* The OIDs of the elements' types. */
enum array_type { ARRAY_OF_INT8 = 20, ARRAY_OF_TEXT = 25 };

struct array {
	char *bytes; /* owned */
	size_t size, allocated;
	int count; /* elements */
};

/* `array` is zero. It is whole when array_end() has written the count. */
void array_begin(struct array *array, enum array_type type);
void array_add_text(struct array *array, const char *text);
void array_add_number(struct array *array, int64_t number);
/* One that was written by element_write(); returns where the next begins. */
const char *array_add_element(struct array *array, const char *element);
void array_end(struct array *array);
void array_free(struct array *array);

/*
 * One element as arrays hold it: four bytes of length, then so many of text;
 * a NULL has no text, and a length of its own. Returns the end of what it
 * wrote, of at most ELEMENT_HEAD + `size` bytes.
 */
#define ELEMENT_HEAD 4
char *element_write(char *ret_element, const char *text, size_t size);
/* Its head alone; returns where its text of `size` bytes is to be written. */
char *element_begin(char *ret_element, size_t size);
char *element_write_null(char *ret_element);

#endif
