/*
 * lexer.h - a policy file as lexemes. The end of a line is one, except after a
 * comma and within parentheses.
 */
#ifndef POLICY_LEXER_H
#define POLICY_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/diagnostic.h"

enum lexeme_kind {
	LEXEME_END,
	LEXEME_LINE,
	LEXEME_WORD,	/* a name or a glob; names may have hyphens */
	LEXEME_STRING,	/* text is what stands between the quotes */
	LEXEME_NUMBER,	/* with a unit or none */
	LEXEME_DECIMAL, /* 5.00: text only */
	LEXEME_DATE,	/* number: days since 1970-01-01 */
	LEXEME_TIME,	/* number: minutes since midnight */
	LEXEME_REF,	/* @name: text is the name */
	LEXEME_SYMBOL,
	LEXEME_COMMENT, /* with its '#'; only where they are asked for */
	LEXEME_BAD	/* already diagnosed */
};

struct lexeme {
	enum lexeme_kind kind;
	const char *text; /* as written, but for strings and references */
	int64_t number;
	const char *unit;    /* "" for none */
	const char *written; /* in the source: place.width bytes */
	struct place place;
};

struct lexemes {
	struct lexeme *of; /* ends with LEXEME_END */
	int count;
};

/* Never fails: what is wrong is diagnosed. */
struct lexemes
lexer_read(const struct source *source, struct diagnostics *diagnostics);

/* The same with the comments, which the parser can't read. A comment changes
 * nothing about where lines end. */
struct lexemes lexer_read_with_comments(const struct source *source,
					struct diagnostics *diagnostics);

#endif
