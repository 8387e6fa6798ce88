/*
 * suspect.h - which columns a failed statement failed at.
 *
 * Most errors of the server name no column, and all name only the first. So
 * each column that the table has is asked alone: does the server understand its
 * value for it (Parse and Describe), and does every record's value pass the
 * input of the parameter's and the column's type. Nothing is written, and only
 * types of pg_catalog and enums are asked, whose input is the server's own
 * code.
 */
#ifndef SUPERVISOR_SUSPECT_H
#define SUPERVISOR_SUSPECT_H

#include <stdbool.h>

struct catalog;
struct database;
struct error;
struct grounds;

struct suspect {
	int column; /* of the statement */
	char sqlstate[6];
	/* The digits of the integers that the column holds, by the server's
	 * statistics; 0 unless all of them can be times since 1970, in these
	 * days. */
	int digits_least, digits_most;
};

struct suspects {
	struct suspect *of; /* owned */
	int count;
};

/* In a transaction of its own, which is rolled back. */
int suspects_find(struct suspects *ret_suspects, const struct grounds *grounds,
		  struct database *database, struct error *err);
void suspects_free(struct suspects *suspects);

/* Is the column part of the primary key, which can't be null? */
int suspect_is_key(bool *ret_is_key, const struct catalog *catalog,
		   const char *column, struct database *database,
		   struct error *err);

#endif
