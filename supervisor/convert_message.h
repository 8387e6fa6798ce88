/*
 * convert_message.h - the text of a driver's exception, taken apart.
 *
 * Python's drivers say "psycopg2.errors.UndefinedColumn: column ...", with
 * SQLAlchemy in parentheses and the statement behind "[SQL: "; Java's says
 * "org.postgresql.util.PSQLException: ERROR: column ...", perhaps behind
 * "Batch entry 0 INSERT ... was aborted: ". Below that stand the server's
 * DETAIL, HINT and CONTEXT. The class of Python is the SQLSTATE under another
 * name; Java's text doesn't say it.
 */
#ifndef SUPERVISOR_CONVERT_MESSAGE_H
#define SUPERVISOR_CONVERT_MESSAGE_H

struct draft;

/* Fills in what the text says: at least the message, its first line when
 * nothing in it looks like one of these. What the draft has already stays. */
void message_read(struct draft *draft, const char *text);

/* The statement that the text quotes whole, or NULL: it is quoted more or less
 * than once, and a value may have put one there. The caller frees. */
char *message_statement(const char *text);

/* The SQLSTATE of a class of psycopg2.errors or psycopg.errors; NULL when it
 * isn't one that matters here. */
const char *message_sqlstate(const char *class_name);

#endif
