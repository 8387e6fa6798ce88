#include "pgmend.h"
#include "policy/arena.h"

struct arena {
	void **blocks;
	size_t count;
};

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (size_t i = 0; i < arena->count; i++)
		free(arena->blocks[i]);
	free(arena->blocks);
	free(arena);
}

static void
keep(struct arena *arena, void *block)
{
	bool is_full = (arena->count & (arena->count - 1)) == 0;

	if (is_full)
		arena->blocks = xreallocarray(
			arena->blocks, 2 * arena->count + 1, sizeof(void *));
	arena->blocks[arena->count++] = block;
}

void *
arena_take(struct arena *arena, size_t size)
{
	void *block = xcalloc(1, size);

	keep(arena, block);
	return block;
}

char *
arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = xstrndup(text, size);

	keep(arena, copy);
	return copy;
}

char *
arena_print(struct arena *arena, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	keep(arena, text);
	return text;
}

void *
arena_extend(struct arena *arena, void *array, int count, size_t size)
{
	void *grown;

	if (count != 0 && (count & (count - 1)) != 0)
		return array;
	grown = arena_take(arena, (size_t)(count == 0 ? 1 : 2 * count) * size);
	if (count != 0)
		memcpy(grown, array, (size_t)count * size);
	return grown;
}
