/*
 * catalog_holdings.h - what belongs to the table and its partitions, by oid:
 * read before and after a change, so that what the transaction wrote to and
 * locked can be told from what it had no business with.
 */
#ifndef SUPERVISOR_CATALOG_HOLDINGS_H
#define SUPERVISOR_CATALOG_HOLDINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct catalog;
struct database;
struct error;

struct holding {
	char *kind, *oid;
	char *name, *file; /* of a table or an index, else NULL */
};

struct holdings {
	struct holding *items;
	int count;
	/* By catalogue: how many rows of it the session wrote, rolled back or
	 * not; no file where that isn't known. */
	struct holding *written;
	int written_count;
};

int holdings_read(struct holdings *ret_holdings, struct database *database,
		  const struct catalog *catalog, struct error *err);
void holdings_free(struct holdings *holdings);

/* The table or index of that name, or NULL. */
const struct holding *
holdings_find(const struct holdings *holdings, const char *name);
/* How many rows of the catalogue were written between two readings in one
 * transaction; -1: not known. */
int64_t holdings_written(const struct holdings *before,
			 const struct holdings *after, const char *catalogue);
/* All oids but the neighbours', or theirs alone, with a comma before each that
 * isn't the first of all. */
void holdings_write(FILE *out, const struct holdings *holdings, bool neighbours,
		    bool is_first);

#endif
