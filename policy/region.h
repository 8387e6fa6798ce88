/*
 * region.h - the worlds that a set of claims can't tell apart, one region each.
 * Private to policy/.
 *
 * The language has no arithmetic between facts and no loops, so all worlds fall
 * into finitely many regions. They are all found: names by walking the product
 * of all patterns (glob.h), types by the closed table of base types and the
 * limits of the patterns, facts by the points at which some condition changes
 * its mind. Facts that no claim connects are tried one apart from the other.
 */
#ifndef POLICY_REGION_H
#define POLICY_REGION_H

#include <stdint.h>

#include "policy/claim.h"

/* Worlds that may be tried out for one operation. Above it, nothing is said
 * about the operation: it is "not decided", never "fine". */
#define REGION_POINTS_MAX 5000000

struct region {
	enum operation operation;
	const struct subject *subject; /* of one world in it */
	const int *claims;	       /* the others are false */
	const uint8_t *truths;	       /* of each of them: enum truth */
	int count;
	const struct worlds *worlds; /* where its facts are found */
	int number;
};

typedef void region_visit(const struct region *region, void *context);

/*
 * Visits every region of the operation, those first in which least is known; it
 * and its texts are gone after the visit. Returns how many worlds were tried,
 * or -1 when there would be too many: then some regions were not visited.
 * `today` in days since 1970-01-01: no earlier day is tried.
 */
int64_t regions_visit(struct claims *claims, enum operation operation,
		      int today, region_visit *visit, void *context);

/* The facts of one world in the region: what doesn't matter is unknown. */
void region_facts(const struct region *region, struct facts *ret_facts);

/* Of a claim, by its number. */
enum truth region_truth(const struct region *region, int claim);

/* --- region_write.c: for people ------------------------------------------- */

/* app.orders.note; parts that need quotes have them. The caller frees it. */
char *subject_text(const struct subject *subject);
/* "type text, change.rewrite = yes": types where some claim asks for them, and
 * what is known of the facts. Nothing when nothing is. */
void region_write(FILE *out, const struct claims *claims,
		  const struct region *region);
void types_write(FILE *out, const struct claims *claims,
		 const struct region *region, const char *separator);
/* "table.rows = 5, on mon 09:00", with the separator in front of the first. */
void facts_write(FILE *out, const struct facts *facts, const char *separator);

/* How many facts are known, the clock and the date among them. */
int facts_known(const struct facts *facts);

/* --- region_axis.c: what conditions ask for --------------------------------
 */

/* What varies besides names and types: facts by their number, and these. */
enum { AXIS_CLOCK = FACTS, AXIS_TODAY, AXES };

/* What the condition asks for, as bits. */
uint64_t condition_axes(const struct condition *condition);
/* True for an atom that holds whatever the fact is, once it is known. */
bool atom_is_vacuous(const struct condition *atom, struct arena *arena);

#endif
