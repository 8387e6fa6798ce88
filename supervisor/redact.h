/*
 * redact.h - texts of the server and of statements without what was in the
 * data: for a model, which may see names and wording, but no values.
 *
 * Errs on the side of leaving out. Where a detector still fires in what is
 * left, nothing of it is told: REDACT_WITHHELD stands for the whole text.
 */
#ifndef SUPERVISOR_REDACT_H
#define SUPERVISOR_REDACT_H

#include "sandbox/json.h"

#define REDACT_WITHHELD "[withheld]"
#define REDACT_MESSAGE_MAX 1000 /* bytes told of a message */
#define REDACT_SQL_MAX 4096	/* bytes told of a statement */

/* What a message may be about. */
struct redaction {
	const char *const *names; /* that may stay where they are quoted */
	int name_count;
	const struct json *json; /* values that may not stay anywhere */
	const int *payloads;
	int payload_count;
};

/*
 * The first line of an error message: '?' for what stands in quotes and is
 * none of the names, for what stands in parentheses, for numbers, and for
 * every text of four and more bytes from the payloads, wherever it stands.
 * NULL for NULL. The caller frees it, as all of these.
 */
char *redact_message(const char *message, const struct redaction *redaction);

/* SQL without comments, with '?' for each constant and number; placeholders
 * stay. What follows a constant that can be read in two ways is left out. NULL
 * for NULL. */
char *redact_sql(const char *sql);

/* A name of the catalogue or of a payload; REDACT_WITHHELD for one in which a
 * detector fires. NULL for NULL. */
char *redact_name(const char *name);

#endif
