/*
 * diagnostic.h - what is wrong with a policy file, and where: one diagnostic a
 * mistake, with the source line, a caret run and a hint.
 *
 *   policies/team.policy:4:7: error[E141]: unknown operation 'add_colunm'
 *       4 | allow add_colunm on app.* as a1
 *         |       ^~~~~~~~~~
 *         = hint: did you mean 'add_column'?
 */
#ifndef POLICY_DIAGNOSTIC_H
#define POLICY_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/diagnostic_format.h"

struct arena;

/* A file of the set; its text is the buffer that was hashed. */
struct source {
	const char *path; /* as people know it: policies/team.policy */
	const char *name; /* within the policy root: team.policy */
	const char *text;
	size_t size;
};

/* Lines and columns (in bytes) count from 1. A width of 0 shows no line. */
struct place {
	const struct source *source;
	int line, column, width;
};

struct diagnostic {
	const char *code; /* E... is an error, W... a warning; static */
	struct place place;
	const char *message;
	const char *hint; /* or NULL */
};

struct diagnostics {
	struct arena *arena; /* borrowed */
	struct diagnostic *of;
	int count, errors, warnings;
};

/* Adds one. Always returns false, so that a parser can return it. */
__attribute__((format(printf, 4, 5))) bool
diagnose(struct diagnostics *diagnostics, const char *code, struct place place,
	 const char *format, ...);

/* Gives the last one a hint. Returns false as well. */
__attribute__((format(printf, 2, 3))) bool
diagnose_hint(struct diagnostics *diagnostics, const char *format, ...);

/* "did you mean 'x'?" for the nearest of the words (NULL-terminated), when one
 * is near enough. Returns false as well. */
bool diagnose_similar(struct diagnostics *diagnostics, const char *word,
		      const char *const *words);

/* The nearest of the words, or NULL. */
const char *diagnose_nearest(const char *word, const char *const *words);

/* After an error: warnings come of a whole that makes sense, else they'd only
 * repeat it. */
void diagnostics_drop_warnings(struct diagnostics *diagnostics);

/* In the order of files, lines and columns. */
void diagnostics_print(struct diagnostics *diagnostics, FILE *out,
		       enum diagnostic_format format);

/* --- diagnostic_sarif.c: for code scanning -------------------------------- */

void diagnostic_write_sarif(FILE *out, const struct diagnostic *diagnostic);
/* A text in quotes. */
void diagnostic_write_json_text(FILE *out, const char *text);

/* --- diagnostic_code.c ---------------------------------------------------- */

struct diagnostic_code {
	const char *code;
	const char *meaning;
};

/* By index, in order; NULL after the last. Every code that is given is there.
 */
const struct diagnostic_code *diagnostic_code(int index);
/* Its index, or -1. */
int diagnostic_code_find(const char *code);

#endif
