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
	SECTIONS
};

enum setting_form {
	FORM_QUANTITY, /* one number with the unit of `type` */
	FORM_DECIMAL,  /* dollars, kept as millionths */
	FORM_WORD,     /* one of `words`, weakest first */
	FORM_WORDS,    /* several of them */
	FORM_STRINGS,
	FORM_NAMES,    /* names without quotes */
	FORM_PATTERNS, /* tables and columns, or lists of them */
	FORM_DETECT,   /* kinds of personal data, then a level */
	FORM_ALERT     /* outcomes to channels */
};

/* What a lower layer may do: only lower it, only raise it, or nothing that
 * could be compared. */
enum setting_direction { MAY_LOWER, MAY_RAISE, MAY_CHANGE };

struct setting_word {
	enum section section;
	const char *name;
	enum setting_form form;
	enum setting_direction direction;
	enum fact_type type;	  /* of a quantity */
	const char *const *words; /* NULL-terminated */
	enum limit limit;	  /* LIMITS when it is none */
};

const char *section_name(enum section section);
/* By index; NULL after the last. */
const struct setting_word *setting_word(int index);

/* The kinds of personal data and secrets that `detect` may name;
 * NULL-terminated. */
extern const char *const detect_kinds[];

/* The limits that `with` may tighten. */
struct limit_word {
	const char *name;
	enum fact_type type;
};
const struct limit_word *limit_word(enum limit limit);

#endif
