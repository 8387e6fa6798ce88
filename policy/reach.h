/*
 * reach.h - who can bring a decision about: for every region of worlds in which
 * a pattern covers the subject, the rules that decide it so.
 */
#ifndef POLICY_REACH_H
#define POLICY_REACH_H

#include <stdbool.h>

#include "policy/judge.h"

struct arena;
struct error;
struct policy;

/* A rule of each layer that has an opinion, and a world in which they decide:
 * every rule that brings the decision about is in one of the ways. Texts live
 * with them. */
struct way {
	enum operation operation;
	struct decider deciders[VERDICT_DECIDERS_MAX];
	int decider_count;
	int approvers;	     /* of an escalation: the fewest */
	const char *example; /* "app.orders.note, type text, table.rows = 5" */
};

struct ways {
	struct arena *arena;
	struct way *of;
	int count;
	bool undecided; /* one operation at least has too many worlds */
};

struct reach_question {
	enum decision decision; /* allow or escalate */
	unsigned operations;	/* a bit for each */
	const char *pattern;	/* as a denial has it, and as widely read */
	int today;		/* days since 1970-01-01 */
};

/* EXIT_USAGE where the pattern isn't one. The caller frees them. */
int ways_to(struct ways **ret_ways, const struct policy *policy,
	    const struct reach_question *question, struct error *err);
void ways_free(struct ways *ways);
void ways_cleanup(struct ways **ways);
#define auto_ways __attribute__((cleanup(ways_cleanup)))

#endif
