/*
 * explain_database.h - `policy explain --db`: facts from the catalogue, and
 * what only the catalogue can tell the floor.
 */
#ifndef SUPERVISOR_EXPLAIN_DATABASE_H
#define SUPERVISOR_EXPLAIN_DATABASE_H

struct error;
struct explain_database;
struct question;

/*
 * Reads about the question's table, or about the statement's own where the
 * question names none, and sets the question's callbacks. A table that isn't
 * there is no error: it is refused when the question is judged.
 */
int explain_database_open(struct explain_database **ret_database,
			  struct question *question, const char *conninfo,
			  struct error *err);
/* The same over a connection that is open. */
struct database;
int explain_database_read(struct explain_database **ret_database,
			  struct question *question,
			  struct database *connection, struct error *err);
void explain_database_free(struct explain_database *database);

#endif
