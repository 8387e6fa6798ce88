/*
 * catalog_expect.h - what a plan must make of the catalogue, property by
 * property. Whatever else differs between two snapshots wasn't planned.
 *
 * Private to catalog_*.c. A default or a check is compared by its meaning,
 * since the server words them its own way (catalog_proof.c). Of what it builds
 * anew after a column's type changed, an index, or a check that calls
 * somebody's function, only the presence can be said; of all else exactly what
 * it is.
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
	EXPECT_IS,	  /* exactly this; without a value: it is gone */
	EXPECT_SOME,	  /* something, in the server's words */
	EXPECT_REWORDED,  /* something; a check that means what it did before */
	EXPECT_EXPRESSION /* what means the same, in the server's words */
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
 * catalogue_difference, where a new partition isn't as its parent, or an
 * expression isn't the planned one. */
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
/* catalog_constraint.c, catalog_partition.c, catalog_create.c */
expect_action expect_constraint, expect_partition, expect_table;

/* --- Parts of them -------------------------------------------------------- */

/* catalog_column.c: a new column of one relation. */
int expect_new_column(struct expectations *expectations, const char *relation,
		      const struct action *action, struct error *err);
/* catalog_create.c: a new ordinary table, but for its columns: the owner's,
 * with the rights that he gives by default, and nothing set. */
int expect_relation(struct expectations *expectations, const char *relation,
		    struct error *err);
/* catalog_proof.c: each EXPECT_EXPRESSION becomes an EXPECT_IS, or is a
 * difference. */
int expectations_prove(struct expectations *expectations, struct error *err);

/* --- What else was written ------------------------------------------------ */

/* catalog_written.c; EXIT_ROLLED_BACK, code catalogue_difference. */
int check_written(struct database *database,
		  const struct comparison *comparison, struct error *err);

/* The query over all catalogues that a server of this version has, for what
 * operations (a bit each) don't plan to write; the caller frees it. */
char *written_query(unsigned operations, int version);

/* catalog_locked.c; both EXIT_ROLLED_BACK, code catalogue_difference. `oids`:
 * what belongs to the table, and its neighbours, each an array literal. */
int check_locked(struct database *database, const struct comparison *comparison,
		 const char *const *oids, struct error *err);
int
check_neighbours(struct database *database, const struct comparison *comparison,
		 const char *neighbours, struct error *err);

/* EXIT_ROLLED_BACK, code catalogue_difference; returns -1. */
__attribute__((format(printf, 2, 3))) int
fail_difference(struct error *err, const char *format, ...);

#endif
