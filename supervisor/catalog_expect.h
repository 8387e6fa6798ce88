/*
 * catalog_expect.h - what a plan must make of the catalogue, property by
 * property. Whatever else differs between two snapshots wasn't planned.
 *
 * Private to catalog_*.c. Where the server words something its own way (a
 * default, an index definition after its column's type changed) only its
 * presence can be said; the rest exactly.
 */
#ifndef SUPERVISOR_CATALOG_EXPECT_H
#define SUPERVISOR_CATALOG_EXPECT_H

#include <stdbool.h>

#include "supervisor/catalog_snapshot.h"

struct action;
struct comparison;
struct database;
struct error;

enum expected {
	EXPECT_IS,	/* exactly this; without a value: it is gone */
	EXPECT_SOME,	/* something, in the server's words */
	EXPECT_REWORDED /* something if there was something before */
};

struct expectation {
	enum expected expected;
	char *object, *name, *value; /* owned; value may be NULL */
};

struct expectations {
	struct expectation *items;
	int count;
	struct database *database; /* what follows is borrowed */
	const struct comparison *comparison;
};

/* Predicts all statements of the comparison. EXIT_ROLLED_BACK, code
 * catalogue_difference, where a new partition isn't as its parent. */
int expectations_make(struct expectations *ret_expectations,
		      struct database *database,
		      const struct comparison *comparison, struct error *err);
void expectations_free(struct expectations *expectations);
const struct expectation *
expectations_find(const struct expectations *expectations, const char *object,
		  const char *name);

/* Adds one, or puts it in the place of an earlier one; copies all texts. */
void expect(struct expectations *expectations, enum expected expected,
	    const char *object, const char *name, const char *value);

/*
 * The table and its partitions as they were before, by their quoted names, one
 * a call; NULL after the last. `place` starts at 0.
 */
const char *next_relation(const struct expectations *expectations, int *place);

/* "SCHEMA.TABLE" of the comparison's table, quoted; the caller frees. */
char *table_name_of(const struct comparison *comparison);
/* The object that the action's column is in a relation; the caller frees. */
char *column_object(const struct expectations *expectations,
		    const char *relation, const struct action *action);

/* --- One operation each --------------------------------------------------- */

typedef int expect_action(struct expectations *expectations,
			  const struct action *action, struct error *err);

/* catalog_column.c */
expect_action expect_column, expect_type, expect_nullable, expect_default;
/* catalog_label.c */
expect_action expect_comment, expect_label;
/* catalog_constraint.c, catalog_partition.c */
expect_action expect_constraint, expect_partition;

/* --- What else was written ------------------------------------------------ */

/* catalog_written.c; EXIT_ROLLED_BACK, code catalogue_difference. */
int check_written(struct database *database,
		  const struct comparison *comparison, struct error *err);

/* The query over all catalogues that a server of this version has, for what
 * operations (a bit each) don't plan to write; the caller frees it. */
char *written_query(unsigned operations, int version);

/* EXIT_ROLLED_BACK, code catalogue_difference; returns -1. */
__attribute__((format(printf, 2, 3))) int
fail_difference(struct error *err, const char *format, ...);

#endif
