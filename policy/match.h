/*
 * match.h - whether a rule's patterns and conditions hold. Three-valued:
 * what isn't known is neither true nor false.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/glob.h"
#include "policy/rules.h"

enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

/*
 * How '*' and letters are read. A narrow reading is for what widens: '*' is
 * [a-z0-9_$]* only (in a column also A-Z) and case matters. A wide one is for
 * what restricts: '*' is anything, and case doesn't matter.
 */
enum polarity { POLARITY_NARROW, POLARITY_WIDE };

/* '*' is anything; case matters. For values and type names. */
bool match_glob(const char *glob, const char *text);

/* How one part of a pattern is read. */
struct glob part_glob(const struct pattern_part *part, bool is_column,
		      enum polarity polarity);

/* True when any of the patterns covers the subject. A pattern of two parts
 * covers every column of its tables; one of three never covers a table. */
bool match_subject(const struct patterns *patterns,
		   const struct subject *subject, enum polarity polarity);

bool match_type(const struct type_patterns *patterns, const struct type *type);

/* Marks the facts that were asked for in *used and *unknown. */
enum truth
match_condition(const struct condition *condition, const struct facts *facts,
		uint64_t *used, uint64_t *unknown);

/* An allowance that has run out is no allowance; 0 never runs out. */
enum truth rule_in_time(int expires, const struct facts *facts);

/* Whether a whole rule matches, as the judge sees it (judge.c). */
enum truth rule_truth(const struct rule *rule, const struct subject *subject,
		      const struct facts *facts);

#endif
