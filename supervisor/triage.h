/*
 * triage.h - what a SQLSTATE says about a failed write.
 *
 * The incident's own claim is only a hint; the class that counts is that of
 * the error which the trial met.
 */
#ifndef SUPERVISOR_TRIAGE_H
#define SUPERVISOR_TRIAGE_H

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
 * `sqlstate` may be NULL or empty (a dead connection: transient). `context` is
 * the error's CONTEXT or NULL: what a PL/pgSQL function raised is not the
 * drift of the table that was written to.
 */
struct triage triage(const char *sqlstate, const char *context);

#endif
