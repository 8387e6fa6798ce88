/*
 * format_piece.h - the lines of a policy file as they are laid out: each a run
 * of lexemes, comments among them. Private to format.c.
 */
#ifndef POLICY_FORMAT_PIECE_H
#define POLICY_FORMAT_PIECE_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/lexer.h"

struct arena;

#define FORMAT_INDENT 4

struct piece {
	const struct lexeme *of;
	int count;
	int depth;	  /* 1 within a block */
	bool after_blank; /* a blank line stands above it */
	int pads[2];	  /* columns that its first lexemes take at least */
};

struct pieces {
	struct piece *of;
	int count;
};

/* Cuts the lexemes into pieces: a line each, but for a block, whose braces
 * stand apart from its clauses unless it has one line. */
struct pieces pieces_of(struct arena *arena, const struct lexemes *lexemes);

/* Lines up neighbouring definitions, and the words of the head. */
void pieces_align(struct pieces *pieces);

/* Writes one, with its line end. */
void piece_write(FILE *out, const struct piece *piece);
/* How wide it is on one line. */
int piece_width(const struct piece *piece);

/* Lines of the source. */
int piece_first_line(const struct piece *piece);
int piece_last_line(const struct piece *piece);

#endif
