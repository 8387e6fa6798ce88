/*
 * brief_shapes.h - the distinct shapes of a field, however many records have
 * it. Private to brief*.c.
 *
 * When there are too many, sizes are told no longer one by one but as the
 * largest of each format, so that none of the formats is ever left out.
 */
#ifndef SUPERVISOR_BRIEF_SHAPES_H
#define SUPERVISOR_BRIEF_SHAPES_H

#include <stdbool.h>

#include "supervisor/disclose.h"

#define SHAPES_MAX 16 /* distinct ones; more say nothing new */

struct shapes {
	struct shape of[SHAPES_MAX];
	int count;
	bool is_merged; /* one a format, with the largest sizes */
};

void shapes_add(struct shapes *shapes, const struct shape *shape);

#endif
