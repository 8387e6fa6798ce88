#include "pgmend.h"
#include "policy/arena.h"
#include "policy/difference_parts.h"

void
texts_add(struct texts *texts, const char *text)
{
	if (!texts_have(texts, text))
		arena_append(texts->arena, texts->of, texts->count, text);
}

bool
texts_have(const struct texts *texts, const char *text)
{
	for (int i = 0; i < texts->count; i++)
		if (strcmp(texts->of[i], text) == 0)
			return true;
	return false;
}

static int
write_missing(FILE *out, const char *sign, const struct texts *from,
	      const struct texts *in)
{
	int count = 0;

	for (int i = 0; i < from->count; i++)
		if (!texts_have(in, from->of[i])) {
			fprintf(out, " %s%s", sign, from->of[i]);
			count++;
		}
	return count;
}

void
texts_write_change(FILE *out, const char *word, const struct texts *before,
		   const struct texts *after)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *changes = xmemstream(&text, &size);

	write_missing(changes, "+", after, before);
	write_missing(changes, "-", before, after);
	fclose(changes);
	if (size > 0)
		fprintf(out, "%s%s%s", ftell(out) > 0 ? ", " : "", word, text);
}

const char *
text_in(struct arena *arena, void (*write)(FILE *, const void *),
	const void *what)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	write(out, what);
	fclose(out);
	return arena_copy(arena, text, size);
}
