/*
 * database_connection.h - what is behind a `struct database`: for database.c,
 * which alone speaks to libpq, and the other database_*.c.
 */
#ifndef SUPERVISOR_DATABASE_CONNECTION_H
#define SUPERVISOR_DATABASE_CONNECTION_H

#include "supervisor/database.h"
#include "supervisor/database_session.h"

struct database {
	struct pg_conn *connection;
	int socket;		   /* the connection's */
	int login_pid;		   /* of the backend, as told at login */
	struct pg_result *failure; /* what `diagnostic` points into */
	struct diagnostic diagnostic;
	struct backend backend;
	const struct watch *watch; /* borrowed, or NULL */
	int patience_ms;	   /* of silence; -1: for ever */
};

/* Only connects: database_open() also learns who is there, and pins. */
int connection_open(struct database **ret_database, const char *conninfo,
		    const char *application_name, struct error *err);

#endif
