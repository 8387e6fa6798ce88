/*
 * hazard.h - what a write to the table, or a change of it, would reach that
 * neither policy nor the statement shows (F19).
 *
 * Triggers, rules, checks, defaults, generated columns, policies, expression
 * indexes, partition keys, types and casts: what belongs to neither the
 * table's owner nor a superuser makes a heal escalate.
 */
#ifndef SUPERVISOR_HAZARD_H
#define SUPERVISOR_HAZARD_H

#include <stdbool.h>

struct catalog;
struct database;
struct error;
struct loader;
struct statement;
struct verdict;

enum hazard {
	HAZARD_CODE,	 /* a write would run a neighbour's code */
	HAZARD_UPDATE,	 /* DO UPDATE would write to other tables */
	HAZARD_OPERATOR, /* a neighbour may plant an operator on the path */
	HAZARD_CHANGE,	 /* a change would reach more than this table */
	HAZARD_EVENT,	 /* a neighbour's code runs at any change */
	HAZARD_ROW,	 /* a trigger function uses NEW or OLD whole */
	HAZARD_KEY,	 /* a new type meets a neighbour's foreign key */
	HAZARD_FOREIGN,	 /* a partition on another server: refused */
	HAZARDS
};

struct hazards {
	char *sentences[HAZARDS]; /* NULL where there is none */
};

/* Reads only; runs none of that code. The loader's search_path is where
 * unqualified names of trigger functions are looked up. */
int hazards_read(struct hazards *ret_hazards, struct database *database,
		 const struct catalog *catalog, const struct loader *loader,
		 struct error *err);
/* True when both say the same. */
bool hazards_same(const struct hazards *left, const struct hazards *right);
/* Makes the statement wait for a person where one of them concerns it. */
void hazards_warn(struct verdict *total, const struct hazards *hazards,
		  const struct statement *statement);
void hazards_free(struct hazards *hazards);

#endif
