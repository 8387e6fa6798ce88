/*
 * function.h - the functions of pg_catalog and the SQL keywords that a value
 * may call. A name that isn't here is refused, whatever it does.
 */
#ifndef POLICY_FUNCTION_H
#define POLICY_FUNCTION_H

#include <stdbool.h>

#include "policy/vocabulary.h"

struct function_word {
	const char *name; /* in pg_catalog */
	int min, max;	  /* arguments */
	enum volatility volatility;
	bool only_replay; /* not in a column's default */
};

struct keyword_word {
	const char *op;	 /* as the parser names it */
	const char *sql; /* as it is written */
	bool has_precision;
};

const struct function_word *function_find(const char *name);
const struct keyword_word *keyword_find(const char *op);

#endif
