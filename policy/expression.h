/*
 * expression.h - the value expressions that the floor admits (F05), and how
 * they are written back.
 *
 * A default may hold constants, casts to pg_catalog base types, CURRENT_DATE
 * and its kin, and a few pg_catalog functions without arguments. A replayed
 * value may also hold parameters, arrays, COALESCE, NULLIF and a short list of
 * pg_catalog string and date functions. A CHECK may hold what a default may,
 * and columns, AND, OR, NOT, IS NULL, IN and the unqualified operators of
 * comparison and arithmetic; a partition's bound constants alone. Anything else
 * is refused.
 */
#ifndef POLICY_EXPRESSION_H
#define POLICY_EXPRESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/statement.h"
#include "policy/vocabulary.h"

struct node;

enum expression_kind {
	EXPRESSION_NULL,
	EXPRESSION_BOOLEAN, /* number is 0 or 1 */
	EXPRESSION_NUMBER,  /* text, with every digit */
	EXPRESSION_STRING,
	EXPRESSION_PARAMETER, /* number is n of $n */
	EXPRESSION_CAST,      /* of the one argument to `type` */
	EXPRESSION_KEYWORD,   /* text: CURRENT_DATE; number: precision or -1 */
	EXPRESSION_CALL,      /* text: the function's name in pg_catalog */
	EXPRESSION_COALESCE,
	EXPRESSION_NULLIF,
	EXPRESSION_ARRAY,
	EXPRESSION_EXCLUDED, /* text: a column of the conflicting row */
	EXPRESSION_DEFAULT,  /* the word DEFAULT in place of a value */
	EXPRESSION_COLUMN,   /* text: a column of the row that is checked */
	EXPRESSION_OPERATOR, /* text: between, or before, its arguments */
	EXPRESSION_LOGIC,    /* text: AND, OR, NOT */
	EXPRESSION_IS_NULL,  /* number is 1 for IS NOT NULL */
	EXPRESSION_IN,	     /* the first argument in the others; 1: NOT IN */
	EXPRESSION_LIST,     /* of values or columns, without parentheses */
	EXPRESSION_KINDS
};

struct expression {
	enum expression_kind kind;
	char *text;
	int number;
	struct type type;
	struct expression **arguments;
	int count;
};

/* Where it stands decides what it may hold. */
enum expression_place {
	PLACE_DEFAULT, /* of a column */
	PLACE_VALUE,   /* of a replayed row */
	PLACE_UPDATE,  /* of ON CONFLICT DO UPDATE: as a value, plus EXCLUDED */
	PLACE_CHECK,   /* of a constraint */
	PLACE_BOUND    /* of a partition */
};

/* NULL with the refusal filled when it isn't understood; else the caller
 * frees it. */
struct expression *
expression_parse(struct node *node, enum expression_place place,
		 struct refusal *refusal);
/* A field of constants, and one of names of columns, as an EXPRESSION_LIST. */
struct expression *expression_parse_list(struct node *node, const char *field,
					 struct refusal *refusal);
struct expression *expression_parse_names(struct node *node, const char *field,
					  struct refusal *refusal);
void expression_free(struct expression *expression);

/* One entry per parameter: what stands for $n instead. */
struct parameter_text {
	const char *const *texts; /* index n-1; SQL */
	int count;
};

/* `parameters` may be NULL: $n is written as $n. */
void expression_write(FILE *out, const struct expression *expression,
		      const struct parameter_text *parameters);

/* Both NULL, or equal in every field. */
bool
expression_same(const struct expression *left, const struct expression *right);

/* Sets used[n] for each parameter $n in it, up to `count`. */
void expression_mark_parameters(const struct expression *expression, bool *used,
				int count);
/* True when it is of that kind, or holds one that is. */
bool
expression_has(const struct expression *expression, enum expression_kind kind);

/* The volatility of the whole, for default.volatility. */
enum volatility expression_volatility(const struct expression *expression);

/* True when a number or a string in it holds the text. */
bool expression_contains(const struct expression *expression, const char *text,
			 size_t size);

#endif
