/*
 * database_rows.h - how the client fills the rows that database.h hands out.
 */
#ifndef SUPERVISOR_DATABASE_ROWS_H
#define SUPERVISOR_DATABASE_ROWS_H

struct rows;

/* All values are NULL at first. */
struct rows *rows_new(int count, int columns);
void rows_set(struct rows *rows, int row, int column, const char *text);
void rows_set_type(struct rows *rows, int column, unsigned type, int modifier);

#endif
