/*
 * plan_bound.h - the partitions that a table has, as the brief lists them.
 */
#ifndef AGENT_PLAN_BOUND_H
#define AGENT_PLAN_BOUND_H

#include <stdbool.h>

#include "agent/plan_step.h"

struct json;

struct sibling {
	char *name; /* owned, as what follows */
	char *bound;
	bool is_partitioned;
};

struct partitions {
	char *strategy; /* range, list or hash */
	char *key;	/* the one column; NULL: several, or an expression */
	char *type;	/* of it */
	bool has_default;
	struct sibling *siblings;
	int count;
};

struct partitions partitions_read(const struct json *json, int node);
void partitions_free(struct partitions *partitions);
bool partitions_have(const struct partitions *partitions, const char *name);

/* The one constant between the parentheses that follow the word: FROM, TO, IN.
 * NULL when there are several, or none. The caller frees it. */
char *bound_constant(const char *bound, const char *word);
/* The number after a word: MODULUS, REMAINDER. -1 without one. */
long bound_number(const char *bound, const char *word);

#endif
