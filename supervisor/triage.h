/*
 * triage.h - what a failed write is: a drift of the table, something that
 * waiting cures, or a wrong record.
 *
 * The incident's own claim is only a hint; what counts is the error that the
 * trial met, read together with the statement, the catalogue and the columns
 * that it failed at. Nothing rests on the words of a message.
 */
#ifndef SUPERVISOR_TRIAGE_H
#define SUPERVISOR_TRIAGE_H

#include <stdbool.h>

struct grounds;
struct incident;
struct suspects;
struct trial;

enum triage_class {
	TRIAGE_DRIFT,	  /* may be mended by changing the schema */
	TRIAGE_TRANSIENT, /* waiting can help; never a model call */
	TRIAGE_DATA,	  /* the record is wrong, not the schema */
	TRIAGE_UNKNOWN,
	TRIAGE_CLASSES
};

struct triage {
	enum triage_class class;
	const char *drift; /* missing_column, ...; NULL when not a drift */
	const char *meaning;
};

const char *triage_class_name(enum triage_class class);

/*
 * By the SQLSTATE alone. It may be NULL or empty (a dead connection:
 * transient). `context` is the error's CONTEXT or NULL: what a PL/pgSQL
 * function raised is not the drift of the table that was written to.
 */
struct triage triage(const char *sqlstate, const char *context);

/* Was it raised in a function on the way? */
bool triage_is_inner(const char *context);

/* What the incident says of itself. */
struct triage triage_claim(const struct incident *incident);

/* What the trial met. `is_key`: the column that it names is part of the primary
 * key. */
struct triage
triage_trial(const struct trial *trial, const struct suspects *suspects,
	     const struct grounds *grounds, bool is_key);

#endif
