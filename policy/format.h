/*
 * format.h - a policy file, laid out as the house lays it out.
 *
 * Clauses stand four columns in, the words of neighbouring definitions and of
 * the head stand under each other, lists go on below themselves at column 88,
 * and more than one blank line is one. The head of a rule stays on one line
 * unless its author broke it. Nothing is put into another order, every comment
 * stays where it is, and doing it again changes nothing.
 */
#ifndef POLICY_FORMAT_H
#define POLICY_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

struct error;
struct source; /* diagnostic.h */

#define FORMAT_COLUMNS 88

/*
 * The caller frees the text. A file with mistakes is not laid out: they go to
 * `diagnostics` (EXIT_USAGE, policy_invalid). What other files define is taken
 * on trust, so that a file that others include can be laid out by itself. The
 * result is read again: it has the lexemes of the original, or nothing comes
 * out.
 */
int policy_format(char **ret_text, const struct source *source,
		  FILE *diagnostics, bool as_json, struct error *err);

#endif
