/*
 * policy_disclosure.h - what of a payload a model may see, by the policy set.
 *
 * Every layer may only lower what the ones above it show. The base set's first
 * layer shows shapes where it says nothing; any other layer that says nothing
 * has no opinion.
 */
#ifndef POLICY_POLICY_DISCLOSURE_H
#define POLICY_POLICY_DISCLOSURE_H

#include <stdint.h>

struct policy;

/* Each shows all that the one before it does. */
enum disclosure {
	DISCLOSE_NONE,	 /* only whether there is a value */
	DISCLOSE_SHAPE,	 /* type, format and sizes */
	DISCLOSE_MASKED, /* stars for letters and digits */
	DISCLOSE_FULL,	 /* the value */
	DISCLOSURES
};

/* The name, as a policy writes it. */
const char *disclosure_name(enum disclosure level);

/*
 * The level of a column's values. Of the lists that match it the strictest
 * wins; '*' is read widely by what shows less than the default, and narrowly
 * by what shows more.
 */
enum disclosure
policy_disclosure(const struct policy *policy, const char *schema,
		  const char *table, const char *column);

/* The level to which a value falls in which the detector of this name fires;
 * it never raises one. */
enum disclosure
policy_detect_level(const struct policy *policy, const char *detector);

/* The records of which values may be shown; shapes are of all of them. */
int64_t policy_disclose_max_rows(const struct policy *policy);

#endif
