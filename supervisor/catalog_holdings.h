/*
 * catalog_holdings.h - what belongs to the table and its partitions, by oid:
 * read before and after a change, so that what the transaction wrote to and
 * locked can be told from what it had no business with.
 */
#ifndef SUPERVISOR_CATALOG_HOLDINGS_H
#define SUPERVISOR_CATALOG_HOLDINGS_H

#include <stdbool.h>
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
};

int holdings_read(struct holdings *ret_holdings, struct database *database,
		  const struct catalog *catalog, struct error *err);
void holdings_free(struct holdings *holdings);

/* The table or index of that name, or NULL. */
const struct holding *
holdings_find(const struct holdings *holdings, const char *name);
/* All oids but the neighbours', or theirs alone, with a comma before each that
 * isn't the first of all. */
void holdings_write(FILE *out, const struct holdings *holdings, bool neighbours,
		    bool is_first);

#endif
