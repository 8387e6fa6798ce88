/*
 * floor.h - the safety floor in words: what no policy can lift, for people.
 * The code that refuses is in statement.c and what it calls.
 */
#ifndef POLICY_FLOOR_H
#define POLICY_FLOOR_H

struct floor_row {
	const char *code;
	const char *refuses;
};

/* By index, NULL after the last. */
const struct floor_row *floor_row(int index);

#endif
