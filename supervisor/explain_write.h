/*
 * explain_write.h - an answer as a page for people, or as JSON for machines.
 */
#ifndef SUPERVISOR_EXPLAIN_WRITE_H
#define SUPERVISOR_EXPLAIN_WRITE_H

#include <stdio.h>

#include "policy/judge.h"

struct answer;
struct policy;
struct question;

struct explained {
	const struct answer *answer;
	const struct question *question;
	const struct policy *policy;
};

/* Per action and layer the rules that decided, each of their clauses with its
 * truth, line and facts, what was overruled, and what came nearest. */
void explained_write_text(FILE *out, const struct explained *explained);

/* The fewest facts or lines in the way of `wanted` or something milder. */
void explained_write_why_not(FILE *out, const struct explained *explained,
			     enum decision wanted);

/* One object, as interfaces promise it; with `why_not` unless `wanted` is
 * DECISIONS. */
void explained_write_json(FILE *out, const struct explained *explained,
			  enum decision wanted);

/* The same object. */
struct document;
struct document *
explained_document(const struct explained *explained, enum decision wanted);

#endif
