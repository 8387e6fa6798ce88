/*
 * database.h - one connection to PostgreSQL; the only user of libpq.
 *
 * It runs what it is told and nothing else: every statement goes through the
 * extended protocol (so a text is one statement, whatever it holds), with
 * values as parameters. The queries themselves belong to catalog, audit,
 * execute and replay.
 *
 * A failed statement is an error with the server's sentence and SQLSTATE in
 * it, but never DETAIL or CONTEXT, which hold rows. The reason is
 * EXIT_TEMPFAIL where waiting can help (sqlstate_is_transient(), or a lost
 * connection), else EXIT_INTERNAL; callers that know better set theirs. The
 * codes are connection_lost, database_busy and database_error. The sentence is
 * the server's and may quote what it was given: escape it where it is shown.
 */
#ifndef SUPERVISOR_DATABASE_H
#define SUPERVISOR_DATABASE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct error;
struct database;
struct rows;
struct watch;

/*
 * Connects. `conninfo` is a libpq connection string without a password (one
 * that holds a password is EXIT_USAGE); the environment completes it as with
 * psql. Sets keepalives, TCP user timeout, client_encoding=UTF8 and
 * `application_name`, then pins the session (database_session.h). Of several
 * hosts it takes the primary.
 *
 * Unreachable: EXIT_TEMPFAIL, database_unreachable. There, but full, starting
 * or stopping: EXIT_TEMPFAIL, server_busy. Refused by the server in a
 * way that waiting doesn't cure (no such database, role or right, a wrong or
 * missing password): EXIT_USAGE, database_refused. A pooler in transaction
 * mode, through which settings and locks would leak: EXIT_USAGE, pooler.
 */
int database_open(struct database **ret_database, const char *conninfo,
		  const char *application_name, struct error *err);
void database_free(struct database *database);
void database_cleanup(struct database **database);
#define auto_database __attribute__((cleanup(database_cleanup)))

/*
 * Runs one statement with text parameters (NULL is NULL). `ret_rows` may be
 * NULL when nothing is wanted; else the caller frees it with rows_free().
 */
int database_run(struct database *database, const char *sql, int count,
		 const char *const *parameters, struct rows **ret_rows,
		 struct error *err);

/* The same without parameters. */
int
database_command(struct database *database, const char *sql, struct error *err);

/* The same, of binary parameters, too; and while the server works on it
 * `meanwhile` is called again and again, until it says that it has nothing more
 * to do. It may be NULL; it must not use this connection. */
struct statement_run {
	const char *sql;
	int count;
	const char *const *parameters;
	const int *sizes; /* of binary ones, in bytes; 0 for a text; NULL: all
			   * are text */
	bool (*meanwhile)(void *context);
	void *context;
	bool is_final; /* its outcome must be known (database_watch.h) */
};

int database_run_meanwhile(struct database *database,
			   const struct statement_run *statement,
			   struct rows **ret_rows, struct error *err);

/*
 * Several statements of one open transaction in one round trip. Behind one that
 * fails none is run. `ret_affected` holds for each the count of rows that it
 * affected; -1 for the one that failed and those behind it.
 */
int database_run_together(struct database *database,
			  const struct statement_run *statements, int count,
			  int64_t *ret_affected, struct error *err);

/*
 * Parse and Describe only: nothing runs. On success `ret_types` holds the
 * parameters' type OIDs (caller frees) and `ret_count` their number.
 */
int database_describe(struct database *database, const char *sql,
		      unsigned **ret_types, int *ret_count, struct error *err);

/* From now on the watch is kept while a statement is waited for. Borrowed;
 * NULL: none. */
void database_watch(struct database *database, const struct watch *watch);

/* The diagnostic fields of the last failed statement; "" where not given.
 * Valid until the next call on this connection. */
struct diagnostic {
	char sqlstate[6];
	const char *message, *detail, *hint, *context;
	const char *schema, *table, *column, *datatype, *constraint;
};

const struct diagnostic *database_diagnostic(const struct database *database);

/* True when the connection is gone. */
bool database_is_lost(const struct database *database);
/* Gives up on a server that doesn't answer: the statement that is waited for
 * fails, and the connection is lost. */
void database_abandon(struct database *database);
/*
 * Bounds the waiting on this side of the wire, too: the server gives a
 * statement up after so long by its statement_timeout, and where no word of
 * that arrives within the grace, the connection is lost. 0: for ever. At first
 * it is the pinned timeout; who sets another says so here.
 */
void database_bound(struct database *database, int64_t statement_ms);
#define DATABASE_GRACE_MS 3000 /* for the server's word to travel */
int database_server_version(const struct database *database);
/* The backend behind this connection, as pg_stat_activity has it: the pid and
 * the time it started, which together name it even after the pid is reused. */
int database_backend_pid(const struct database *database);
const char *database_backend_start(const struct database *database);
/* The server's port when it is reached over TCP, else 0. */
unsigned database_tcp_port(const struct database *database);
/* A connection option as it took effect ("sslrootcert"), from the string, the
 * environment, the service file or built in. NULL when it isn't set. Never
 * the password. The caller frees it. */
char *database_option(const struct database *database, const char *name);

/*
 * Files and folders that a reconnect may read; for the self-lock. The list
 * ends with NULL; free it with database_files_free(). Not all of them exist.
 */
char **database_files(const struct database *database);
void database_files_free(char **files);

/* True for a SQLSTATE that waiting can cure (classes 08, 40, 53, 57P, and
 * 25006, 55P03, 57014). */
bool sqlstate_is_transient(const char *sqlstate);
/* True for one at login that waiting doesn't cure: wrong role, password,
 * database or rights. */
bool sqlstate_is_refusal(const char *sqlstate);

int rows_count(const struct rows *rows);
/* NULL for SQL NULL; valid as long as the rows are. */
const char *rows_text(const struct rows *rows, int row, int column);
int64_t rows_number(const struct rows *rows, int row, int column);
bool rows_is_true(const struct rows *rows, int row, int column);
/* Type OID and type modifier of a result column. */
unsigned rows_type(const struct rows *rows, int column);
int rows_type_modifier(const struct rows *rows, int column);
void rows_free(struct rows *rows);
void rows_cleanup(struct rows **rows);
#define auto_rows __attribute__((cleanup(rows_cleanup)))

/* Name and version of the library, as "pgmend --version" prints it. */
void database_write_version(FILE *out);

#endif
