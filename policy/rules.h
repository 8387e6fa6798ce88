/*
 * rules.h - a policy set in memory: what the parser builds and the judge reads.
 * Private to policy/. Everything lives in the set's arena and is never changed
 * once the set is loaded.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/diagnostic.h"
#include "policy/digest.h"
#include "policy/judge.h"
#include "policy/policy.h"
#include "policy/vocabulary.h"

struct arena;
struct zone;

/* Schema, table and perhaps column. A quoted part is exact. */
struct pattern_part {
	const char *text;
	bool quoted;
};

struct pattern {
	struct pattern_part parts[3];
	int count; /* 2 or 3 */
	struct place place;
};

struct patterns {
	struct pattern *of;
	int count;
};

#define PATTERN_MODIFIERS_MAX 2

struct pattern_modifier {
	bool any;     /* '*' */
	bool at_most; /* '<=' */
	int value;
};

struct type_pattern {
	const char *schema; /* "pg_catalog" when none is written; may be '*' */
	const char *name;   /* typname, or a glob over it */
	struct pattern_modifier modifiers[PATTERN_MODIFIERS_MAX];
	int modifier_count;
	bool is_array;
};

struct type_patterns {
	struct type_pattern *of;
	int count;
};

/* Minutes since Monday 00:00; the end is exclusive. A span that wraps around
 * (sun-mon) is stored as two. */
struct span {
	int first_day, last_day;
	int start, end;
};

struct window {
	const char *name; /* of its definition */
	struct span *of;
	int count;
};

enum comparison {
	COMPARE_EQUAL,
	COMPARE_UNEQUAL,
	COMPARE_LESS,
	COMPARE_AT_MOST,
	COMPARE_GREATER,
	COMPARE_AT_LEAST,
	COMPARISONS
};

struct value {
	int64_t number;
	const char *text; /* of names; else NULL */
};

enum condition_kind {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_NOT,
	CONDITION_TRUE,	   /* a yes/no fact */
	CONDITION_COMPARE, /* with values[0] */
	CONDITION_LIKE,	   /* values[0] is a glob */
	CONDITION_IN,	   /* one of the values */
	CONDITION_HAS,	   /* the set holds a name like values[0] */
	CONDITION_WINDOW
};

struct condition {
	enum condition_kind kind;
	const struct condition *left, *right; /* right: AND, OR */
	enum fact fact;
	enum comparison comparison;
	const struct value *values;
	int value_count;
	const struct window *window;
	int line; /* of an atom: where it stands */
	struct place place;
};

/* Limits that a `with` clause may tighten. */
#define RULE_LIMIT_NONE (-1)

struct rule {
	enum decision decision;
	unsigned operations; /* bit per enum operation */
	struct patterns subjects, excepts;
	struct type_patterns types, froms; /* none: every type */
	bool has_types, has_froms;
	int types_line, froms_line, expires_line;
	struct place expires_place;
	const struct condition **conditions; /* all must hold */
	int condition_count;
	int approvers;
	const char **groups; /* who may approve; none: anyone */
	int group_count;
	struct place groups_place; /* of the clause that names them */
	int expires;		   /* days since 1970-01-01; 0 never */
	int64_t limits[LIMITS];	   /* RULE_LIMIT_NONE where none is given */
	const char *reason;	   /* or NULL */
	const char *label;	   /* or NULL */
	const char *file;
	int line;
	struct place place; /* of its first word */
};

/* assert never allow ... : kept for the linter. */
struct assertion {
	enum decision decision;
	unsigned operations;
	struct patterns subjects;
	const struct condition *condition; /* or NULL */
	struct place place;
};

struct given {
	enum fact fact;
	struct value value;
};

struct expectation {
	enum decision decision;
	int approvers; /* 0: any */
	bool replay, mapping;
	const char *sql; /* or the table of a replay, or the mapping */
	const char *by;	 /* label, "default", "floor F01", or NULL */
	struct place place;
};

struct policy_test {
	const char *name;
	struct given *givens;
	int given_count;
	bool clock_known;
	int clock_minutes, today; /* as struct facts has them */
	struct expectation *expectations;
	int expectation_count;
};

/* One value of a setting as it was written. */
struct setting {
	int row; /* of the settings table */
	struct value *values;
	int value_count;
	struct patterns patterns; /* of FORM_PATTERNS; the values tell them */
	struct place place;
	struct place section; /* the word that begins its section */
};

/* The rules about one operation, by their numbers: what the judge reads. */
struct rule_index {
	const uint16_t *of;
	int count;
};

struct layer {
	const char *name; /* org, team or local */
	const char *file; /* the one that names the layer */
	bool inherits;	  /* default inherit: only narrows */
	bool has_windows; /* one of its conditions asks for the clock */
	struct rule *rules;
	int rule_count;
	struct rule_index about[OPERATIONS];
	struct setting *settings;
	int setting_count;
	struct assertion *assertions;
	int assertion_count;
	struct policy_test *tests;
	int test_count;
};

struct policy {
	struct arena *arena;
	const struct source *source; /* of the file that was asked for */
	struct layer *layers;	     /* org first */
	int layer_count;
	const char *files; /* what its hash is over */
	char files_hash[DIGEST_HEX_SIZE];
	char meaning_hash[DIGEST_HEX_SIZE];
	struct policy_settings settings;
	const struct zone *zone; /* that its windows are read in */
	struct policy_counts counts;
	struct policy *narrower; /* a further set on top, or NULL */
};

#endif
