/*
 * convert_pglog.h - one line of the server's log, whichever form it has.
 */
#ifndef SUPERVISOR_CONVERT_PGLOG_H
#define SUPERVISOR_CONVERT_PGLOG_H

#include <stddef.h>

struct error;

enum pglog_field {
	PGLOG_TIMESTAMP,
	PGLOG_USER,
	PGLOG_DATABASE,
	PGLOG_SQLSTATE,
	PGLOG_MESSAGE,
	PGLOG_DETAIL,
	PGLOG_HINT,
	PGLOG_CONTEXT,
	PGLOG_STATEMENT,
	PGLOG_APPLICATION,
	PGLOG_FIELDS
};

/* Owned; NULL: not in the line. */
struct pglog {
	char *fields[PGLOG_FIELDS];
};

/* A record of csvlog, of PostgreSQL 9 or newer; its fields have no names, so
 * their number says the version. EXIT_BAD_INCIDENT when it is none. */
int pglog_read_csv(struct pglog *pglog, const char *text, struct error *err);

#endif
