/*
 * region_parts.h - what the files region*.c share. Private to them.
 */
#ifndef POLICY_REGION_PARTS_H
#define POLICY_REGION_PARTS_H

#include "policy/region.h"

/* What is asked of one operation. Bits and arrays go by the position of a
 * claim in `about`. */
struct survey {
	struct arena *arena;
	struct claims *claims;
	enum operation operation;
	int today;
	const int *about; /* claims about the operation */
	int count;
	size_t words;	       /* of a bit for each of them */
	int64_t points, steps; /* tried and taken so far */
};

/* Counts points, and the steps that each of them takes; false when there are
 * too many. */
bool survey_spend(struct survey *survey, int64_t points, int steps);
const struct claim *survey_claim(const struct survey *survey, int index);

/* Subjects alike to all claims, and which claims cover them; after the claims'
 * bits stand those of conditions on column.name, which the subject decides. */
struct kind {
	struct subject subject;
	const uint64_t *covered;
};

struct kinds {
	struct kind *of;
	int count;
	size_t unit_words; /* of all those bits */
	bool is_complete;
};

/* region_subject.c */
struct kinds region_kinds(struct survey *survey);
/* False for an operation on a whole table; a comment may be on either. */
bool operation_has_column(enum operation operation);

/* Types alike to all claims, and which claims they suit. A NULL type is one
 * that isn't known, or isn't there. */
struct type_kind {
	const struct type *type;
	const uint64_t *suited;
};

struct type_kinds {
	struct type_kind *of;
	int count;
	bool is_complete;
};

/* region_type.c: new types, or old ones. */
struct type_kinds region_types(struct survey *survey, bool old);

/* region_axis.c: what one thing that varies can be. */
struct atom {
	int claim;
	const struct condition *condition; /* NULL: the claim's expiry */
};

struct axis {
	struct fact_value *values; /* the first is "unknown" */
	int count;
	struct atom *atoms; /* that ask for it */
	int atom_count;
};

/* The points at which any claim's conditions change their mind. */
struct axis *region_axes(struct survey *survey);
void axis_set(struct facts *facts, int axis, const struct fact_value *value);
enum truth atom_truth(const struct survey *survey, const struct atom *atom,
		      const struct facts *facts);

/* region_facts.c: visits the regions of one kind of subject and types. */
struct cell {
	const struct subject *subject;
	const int *live;       /* positions of claims that aren't false */
	const uint8_t *truths; /* as far as names and types go */
	int count;
};

bool cell_visit(struct survey *survey, const struct axis *axes,
		const struct cell *cell, region_visit *visit, void *context);

#endif
