/*
 * glob_spot.h - places within several globs at once: what glob_walk() goes
 * through. Private to glob_*.c.
 *
 * A state is a sorted array of spots, by number. Of what a glob, or a choice of
 * globs, may have reached only that is kept which still makes a difference, so
 * that states which can't be told apart are the same.
 */
#ifndef POLICY_GLOB_SPOT_H
#define POLICY_GLOB_SPOT_H

#include "policy/glob.h"

#define GLOB_SYMBOL_MAX 4 /* bytes of a UTF-8 character */

/* One character of a glob; what follows its last one is its end. */
struct spot {
	int glob, choice;
	enum glob_reading reading;
	bool is_star, is_end;
	char symbol[GLOB_SYMBOL_MAX + 1];
};

struct spots {
	struct arena *arena; /* borrowed */
	struct spot *of;
	int count;
	int choice_count;
	int settled;   /* the first of two spots for each choice: a star that is
			* anything, and its end */
	int64_t moves; /* of one spot by one character, so far */
	int *next, *spare; /* room for one state */
	bool *is_settled;  /* by choice; false between the moves */
};

void spots_make(struct spots *spots, struct arena *arena,
		const struct glob_set *globs);
void spots_release(struct spots *spots);

/* The state of the empty name, and the one after another character: both are
 * left in `next`, and their size returned. */
int spots_start(struct spots *spots);
int
spots_move(struct spots *spots, const int *state, int size, const char *symbol);

#endif
