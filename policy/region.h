/*
 * region.h - the points that stand for all worlds in which one operation may be
 * judged. Private to the linter.
 */
#ifndef POLICY_REGION_H
#define POLICY_REGION_H

#include <stdint.h>

#include "policy/rules.h"

struct arena;

/* One thing that varies: a fact, the clock, the date. */
enum axis_kind { AXIS_FACT, AXIS_CLOCK, AXIS_TODAY };

struct axis {
	enum axis_kind kind;
	enum fact fact;
	struct fact_value *values; /* the first is "unknown" */
	int count;
};

struct regions {
	struct arena *arena; /* borrowed */
	enum operation operation;
	struct axis *axes;
	int axis_count;
	struct subject *subjects; /* one of each kind */
	int subject_count;
};

/* Texts that no rule names: an ordinary one, and one that needs quotes. */
#define ORDINARY "q"
#define ORDINARY_COLUMN "zq"
#define UNUSUAL "Q 1"

/* --- region_axis.c -------------------------------------------------------- */

/* The axis of that kind, made where there is none yet. */
struct axis *
regions_axis(struct regions *regions, enum axis_kind kind, enum fact fact);
void regions_add_value(struct regions *regions, struct axis *axis,
		       int64_t number, const char *text);
/* The values that the condition can tell apart. */
void regions_add_condition(struct regions *regions,
			   const struct condition *condition);
/* A text that the glob matches: each '*' stands for `filler`. */
const char *
regions_fill(struct arena *arena, const char *glob, const char *filler);

/* --- region.c ------------------------------------------------------------- */

/* The points that all layers' rules and assertions about the operation can
 * tell apart. */
struct regions regions_of(struct arena *arena, const struct policy *policy,
			  enum operation operation);

/* How many points there are. */
int64_t regions_count(const struct regions *regions);

/* Point number `index`. */
void regions_point(const struct regions *regions, int64_t index,
		   struct subject *ret_subject, struct facts *ret_facts);

#endif
