/*
 * difference.h - what a new policy set decides otherwise than an old one.
 *
 * Every region of worlds that either set can tell apart is decided by both, so
 * a difference can't hide behind names, order or layout. Regions are put
 * together by the rule that made the difference. Where neither set denies, the
 * limits and approvers that its rules demand are compared as well. Settings are
 * compared by what they come to over all layers.
 */
#ifndef POLICY_DIFFERENCE_H
#define POLICY_DIFFERENCE_H

#include <stdbool.h>

struct policy;

/* Texts live with the differences. */
struct difference {
	bool widens;
	const char *what; /* "add_column on raw_*.*", "approvers of add_column",
			   * "limits.lock_timeout" */
	const char *change; /* "types +jsonb", "when table.rows < 5", or "" */
	const char *before, *after; /* "deny", "escalate 1", "3s" */
	const char *example;	    /* of a region: a world in it; else NULL */
	const char *file;  /* of what decides in the new set; NULL: nothing */
	int line;	   /* 0: the file's default */
	const char *label; /* or NULL */
};

struct differences {
	struct arena *arena;
	struct difference *of; /* the widening ones first */
	int count, wider;
	bool undecided; /* one operation at least has too many worlds */
};

/* `today` in days since 1970-01-01. The caller frees them. */
struct differences *differences_of(const struct policy *before,
				   const struct policy *after, int today);
void differences_free(struct differences *differences);
void differences_cleanup(struct differences **differences);
#define auto_differences __attribute__((cleanup(differences_cleanup)))

#endif
