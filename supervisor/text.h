/*
 * text.h - text of others, made harmless for a terminal; and the nearest word
 * for a misspelt one.
 */
#ifndef SUPERVISOR_TEXT_H
#define SUPERVISOR_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes text so that it can neither steer the terminal nor deceive the reader:
 * control characters, invalid UTF-8, and characters that hide or reorder text
 * come out as \n, \t, \xNN or \u{NNNN}. Everything stays on one line.
 */
void text_write_escaped(FILE *out, const char *text);

/*
 * A suggestion: the word of the list that differs least from
 * `word`, or NULL when none is near. The list has `count` words, the first at
 * `words`, each `stride` bytes after the one before, so that it can be a member
 * of a table's rows.
 */
const char *text_nearest(const char *word, const char *const *words,
			 size_t count, size_t stride);

#endif
