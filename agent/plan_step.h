/*
 * plan_step.h - the step in which the ranges of partitions follow each other,
 * and the range that it puts around a value.
 *
 * Pure. Ranges are half open, of days or of integers.
 */
#ifndef AGENT_PLAN_STEP_H
#define AGENT_PLAN_STEP_H

#include <stdbool.h>

struct span {
	long long from, to; /* not itself */
};

struct step {
	int months;	  /* 1, 3, 12, or 0: then it has a size */
	long long size;	  /* days or integers */
	long long origin; /* where a range begins: a day, a month, an integer */
};

/* False unless all ranges have the same step, and there is one. */
bool step_find(struct step *ret_step, const struct span *spans, int count,
	       bool is_days);
struct span step_around(const struct step *step, long long value);

#endif
