/*
 * region_shape.h - patterns by what matches each part of a name. Private to
 * region*.c.
 */
#ifndef POLICY_REGION_SHAPE_H
#define POLICY_REGION_SHAPE_H

#include "policy/match.h"

struct arena;

/* Globs of which any may match; none of them: whatever there is. */
struct choice {
	struct glob *of;
	int count;
};

struct shape {
	struct choice parts[3];
	bool needs_column;
};

struct shapes {
	struct shape *of;
	int count;
};

/*
 * The patterns of one list. Those that differ in one part alone are one shape:
 * of "*.*.*name*, *.*.*mail*" only the column is a choice. So a long list costs
 * little, where each pattern for itself would double what can be told apart.
 */
struct shapes shapes_of(struct arena *arena, const struct patterns *patterns,
			enum polarity polarity);

/* The choice as a text: equal choices, equal texts. */
const char *choice_text(struct arena *arena, const struct choice *choice);

#endif
