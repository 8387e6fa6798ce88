#include "pgmend.h"

#include "supervisor/brief_shapes.h"

static bool
is_same_kind(const struct shape *left, const struct shape *right)
{
	return left->type == right->type && left->format == right->format &&
	       left->element == right->element &&
	       left->is_uniform == right->is_uniform &&
	       left->fits_int8 == right->fits_int8;
}

static bool
is_same_size(const struct shape *left, const struct shape *right)
{
	return left->length == right->length && left->whole == right->whole &&
	       left->fraction == right->fraction;
}

static int
larger(int left, int right)
{
	return left > right ? left : right;
}

/* False when there is no room for another one. */
static bool
put_shape(struct shapes *shapes, const struct shape *shape)
{
	for (int i = 0; i < shapes->count; i++) {
		struct shape *known = &shapes->of[i];

		if (!is_same_kind(known, shape) ||
		    (!shapes->is_merged && !is_same_size(known, shape)))
			continue;
		known->length = larger(known->length, shape->length);
		known->whole = larger(known->whole, shape->whole);
		known->fraction = larger(known->fraction, shape->fraction);
		return true;
	}
	if (shapes->count == SHAPES_MAX)
		return false;
	shapes->of[shapes->count++] = *shape;
	return true;
}

static void
merge_shapes(struct shapes *shapes)
{
	struct shapes merged = {.is_merged = true};

	for (int i = 0; i < shapes->count; i++)
		put_shape(&merged, &shapes->of[i]);
	*shapes = merged;
}

/* Merged, there is room: formats are fewer than that, and a kind beyond the
 * most would say nothing new. */
void
shapes_add(struct shapes *shapes, const struct shape *shape)
{
	if (put_shape(shapes, shape))
		return;
	merge_shapes(shapes);
	put_shape(shapes, shape);
}
