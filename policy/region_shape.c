#include "pgmend.h"
#include "policy/arena.h"
#include "policy/region_shape.h"

static struct shape
shape_of(struct arena *arena, const struct pattern *pattern,
	 enum polarity polarity)
{
	struct shape shape = {.needs_column = pattern->count == 3};

	for (int i = 0; i < pattern->count; i++) {
		struct glob glob =
			part_glob(&pattern->parts[i], i == 2, polarity);

		arena_append(arena, shape.parts[i].of, shape.parts[i].count,
			     glob);
	}
	return shape;
}

static bool
same_choice(const struct choice *left, const struct choice *right)
{
	if (left->count != right->count)
		return false;
	for (int i = 0; i < left->count; i++)
		if (left->of[i].reading != right->of[i].reading ||
		    strcmp(left->of[i].text, right->of[i].text) != 0)
			return false;
	return true;
}

static bool
differ_in_one(const struct shape *left, const struct shape *right, int part)
{
	for (int i = 0; i < 3; i++)
		if (i != part &&
		    !same_choice(&left->parts[i], &right->parts[i]))
			return false;
	return left->needs_column == right->needs_column;
}

/* Puts together what differs in this part alone. */
static void
merge(struct arena *arena, struct shapes *shapes, int part)
{
	int kept = 0;

	for (int i = 0; i < shapes->count; i++) {
		struct shape *shape = &shapes->of[i];
		int before = 0;

		while (before < kept &&
		       !differ_in_one(&shapes->of[before], shape, part))
			before++;
		if (before == kept) {
			shapes->of[kept++] = *shape;
			continue;
		}
		for (int j = 0; j < shape->parts[part].count; j++)
			arena_append(arena, shapes->of[before].parts[part].of,
				     shapes->of[before].parts[part].count,
				     shape->parts[part].of[j]);
	}
	shapes->count = kept;
}

struct shapes
shapes_of(struct arena *arena, const struct patterns *patterns,
	  enum polarity polarity)
{
	struct shapes shapes = {.count = 0};

	for (int i = 0; i < patterns->count; i++)
		arena_append(arena, shapes.of, shapes.count,
			     shape_of(arena, &patterns->of[i], polarity));
	for (int part = 2; part >= 0; part--)
		merge(arena, &shapes, part);
	return shapes;
}

const char *
choice_text(struct arena *arena, const struct choice *choice)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < choice->count; i++)
		fprintf(out, "%d %zu %s ", (int)choice->of[i].reading,
			strlen(choice->of[i].text), choice->of[i].text);
	fclose(out);
	return arena_copy(arena, text, size);
}
