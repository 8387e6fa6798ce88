/*
 * setting.h - the closed table of settings, and what a lower layer may do to
 * each.
 */
#ifndef POLICY_SETTING_H
#define POLICY_SETTING_H

#include "policy/judge.h"
#include "policy/vocabulary.h"

enum section {
	SECTION_LIMITS,
	SECTION_MODEL,
	SECTION_DISCLOSE,
	SECTION_APPROVE,
	SECTION_ALERT,
	SECTION_AUDIT,
	SECTION_SIGNING,
	SECTION_SANDBOX,
	SECTION_MCP,
	SECTIONS
};

enum setting_form {
	FORM_QUANTITY, /* one number with the unit of `type` */
	FORM_DECIMAL,  /* dollars, kept as millionths */
	FORM_WORD,     /* one of `words`, weakest first */
	FORM_WORDS,    /* several of them */
	FORM_STRINGS,
	FORM_NAMES,    /* names without quotes */
	FORM_ZONE,     /* one name, in quotes where it has a slash */
	FORM_PATTERNS, /* tables and columns, or lists of them */
	FORM_DETECT,   /* kinds of personal data, then a level */
	FORM_ALERT,    /* outcomes to channels */
	SETTING_FORMS
};

/* What a lower layer may do to what the layers above it set. */
enum setting_direction {
	MAY_LOWER,
	MAY_RAISE,
	MAY_RAISE_SOME, /* raise it, unless it is the first word: a promise */
	MAY_END,	/* go to the last word, and nowhere else */
	MAY_OMIT,	/* name some of the upper list's entries */
	MAY_ADD,	/* add entries; the upper ones stay */
	MAY_HIDE,	/* name columns that the upper layers show as well */
	MAY_SETTLE,	/* say it first: no layer above depends on it */
	DIRECTIONS
};

/* For people: a lower layer may only "lower it". */
const char *direction_name(enum setting_direction direction);

struct setting_word {
	enum section section;
	const char *name;
	enum setting_form form;
	enum setting_direction direction;
	enum fact_type type;	  /* of a quantity */
	const char *const *words; /* NULL-terminated */
	enum limit limit;	  /* LIMITS when it is none */
	bool starts_low; /* where no layer says, it is the first word */
	const char *meaning;
};

const char *section_name(enum section section);
/* By index; NULL after the last. */
const struct setting_word *setting_word(int index);
/* Of a section, by name; -1 when there is none. */
int setting_find(enum section section, const char *name);

/* The kinds of personal data and secrets that `detect` may name;
 * NULL-terminated. */
extern const char *const detect_kinds[];

/* The limits that `with` may tighten. */
struct limit_word {
	const char *name;
	enum fact_type type;
};
const struct limit_word *limit_word(enum limit limit);

/* The number of a value of FORM_ALERT that is a channel; an outcome's is 0. */
#define ALERT_CHANNEL 1

#endif
