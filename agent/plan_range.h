/*
 * plan_range.h - the ranges of a table's partitions: of days or of integers,
 * in one step, with names that tell where each begins.
 */
#ifndef AGENT_PLAN_RANGE_H
#define AGENT_PLAN_RANGE_H

#include <stdbool.h>

#include "agent/plan_bound.h"
#include "agent/plan_step.h"

struct range {
	const struct partitions *partitions; /* borrowed */
	struct step step;
	bool is_days, in_utc; /* bounds are days; of the type with a zone */
	struct span *spans;   /* owned: of the siblings, then the new ones */
	int count, made;
};

/* False unless all siblings follow one step; to be freed all the same. */
bool range_of(struct range *ret_range, const struct partitions *partitions);
void range_free(struct range *range);

/*
 * The partition for a value. False when it isn't sure: the value is no value of
 * the key, a sibling is in the way, or no name is free. No name when one that
 * was planned before takes it. The caller frees both.
 */
bool range_plan(struct range *range, const char *value, char **ret_name,
		char **ret_bound);

#endif
