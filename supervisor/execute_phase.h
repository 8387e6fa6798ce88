/*
 * execute_phase.h - one transaction of a plan. Private to execute*.c.
 *
 * A plan is one transaction, but for new enum labels: using one in the
 * transaction that added it is an error, so labels are committed first.
 */
#ifndef SUPERVISOR_EXECUTE_PHASE_H
#define SUPERVISOR_EXECUTE_PHASE_H

#include <stdbool.h>
#include <stdint.h>

struct comparison;
struct database;
struct error;
struct run;
struct statement;

struct phase {
	int step;	/* of the marker, from 1 */
	bool is_labels; /* the new enum labels alone, and no replay */
};

/* The plan with only those statements that belong to the phase; everything in
 * it is the plan's, and gone when the plan is judged again. */
struct plan phase_plan(const struct plan *plan, const struct phase *phase);

/* Tried once, and rolled back when it fails; reasons as execute() has them, and
 * EXIT_INTERNAL for what has no better. */
int phase_run(struct run *run, const struct phase *phase, struct error *err);

/* execute_refusal.c: adds the reason that the server's refusal of a statement
 * has; returns -1. */
int name_refusal(const struct comparison *comparison, struct database *work,
		 struct error *err);

/* execute_statement.c: LOCK TABLE as strongly as the statements need it; the
 * caller frees. */
char *lock_sql(const struct comparison *comparison);
/*
 * As it was rendered, but for a new partition: a table like its parent is made
 * and attached, which takes a weaker lock on the parent than PARTITION OF and
 * gives the same. Nor is a new table left to IF NOT EXISTS.
 */
int statement_execute(struct database *work, const struct statement *statement,
		      const char *sql, struct error *err);

#endif
