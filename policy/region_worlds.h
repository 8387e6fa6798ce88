/*
 * region_worlds.h - the facts of one kind of subject and types, in groups.
 * Private to region_group.c and region_facts.c.
 */
#ifndef POLICY_REGION_WORLDS_H
#define POLICY_REGION_WORLDS_H

#include "policy/keys.h"
#include "policy/region_parts.h"

/* A condition that must hold for a claim; of several the least truth counts. */
struct term {
	int live;	  /* position of the claim among the live ones */
	struct atom atom; /* or a whole condition */
	uint64_t axes;
};

/* Terms that share facts with each other, and with no other. */
struct group {
	uint64_t axes;
	struct axis_values {
		int axis;
		const struct fact_value **of;
		int count;
	} * varying;
	int varying_count;
	struct keys found; /* truths of all live claims, by these facts alone */
	int64_t *points;   /* of each: the first world that showed them */
	int *kept;	   /* those that matter */
	int kept_count;
};

/* Truths after some groups, and how each came about. */
struct stage {
	struct keys found;
	struct origin {
		int before; /* of the stage before */
		int choice; /* of the group */
	} * origins;
};

struct worlds {
	struct survey *survey;
	const struct axis *axes;
	const struct cell *cell;
	struct term *terms;
	int term_count;
	struct group *groups;
	struct stage *stages; /* one more than groups */
	int group_count;
	bool *is_live;		     /* by claim of the survey */
	uint8_t *truths;	     /* room for those of one world */
	struct fact_value column[2]; /* values of column.name */
};

/* An array with room for one more than `count`, as arena_extend() grows it. */
void *worlds_grow(void *array, int count, size_t size);

/* Finds the terms of the cell's claims, and the groups that they fall into. */
void worlds_collect(struct worlds *worlds);
/* Tries all values of the group's facts; false when they are too many. */
bool group_try(struct worlds *worlds, struct group *group);
/* Sets the group's facts to those of its point. */
void group_set(const struct group *group, int64_t point, struct facts *facts);
void groups_release(struct worlds *worlds);

#endif
