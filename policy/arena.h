/*
 * arena.h - memory that is freed all at once: what a policy set is made of.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Cleared memory. */
void *arena_take(struct arena *arena, size_t size);
/* A terminated copy. */
char *arena_copy(struct arena *arena, const char *text, size_t size);
__attribute__((format(printf, 2, 3))) char *
arena_print(struct arena *arena, const char *format, ...);

/* The array with room for element `count`; it moves when `count` is 0 or a
 * power of two, so every growth of it must go through here. */
void *arena_extend(struct arena *arena, void *array, int count, size_t size);

/* Appends one value to an array and its count. */
#define arena_append(arena, array, count, value)                  \
	do {                                                      \
		(array) = arena_extend((arena), (array), (count), \
				       sizeof(*(array)));         \
		(array)[(count)++] = (value);                     \
	} while (0)

#endif
