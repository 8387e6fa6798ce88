/*
 * policy_tables.h - `policy check --db`: which tables a database has.
 */
#ifndef SUPERVISOR_POLICY_TABLES_H
#define SUPERVISOR_POLICY_TABLES_H

#include "policy/lint.h"

struct error;
struct rows;

struct policy_tables {
	struct lint_tables tables; /* texts live in the rows */
	struct rows *rows;
	char read_at[32];
};

/* Connects, reads them all in one query, and disconnects. */
int policy_tables_read(struct policy_tables *ret_tables, const char *conninfo,
		       struct error *err);
void policy_tables_release(struct policy_tables *tables);

#endif
