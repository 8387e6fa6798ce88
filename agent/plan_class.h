/*
 * plan_class.h - the planners of each class of drift, a file each.
 *
 * Each looks for its own kind of break in the whole brief, whichever class the
 * trial named: the server stops at the first, and a record may have several.
 */
#ifndef AGENT_PLAN_CLASS_H
#define AGENT_PLAN_CLASS_H

#include <stdbool.h>

struct draft;
struct field;

typedef void plan_class(struct draft *draft);

plan_class plan_table;	   /* there is no table */
plan_class plan_columns;   /* new fields become nullable columns */
plan_class plan_widen;	   /* too long, too large, 1.5 for an integer */
plan_class plan_times;	   /* epochs and ISO 8601 */
plan_class plan_documents; /* a scalar became an object or an array */
plan_class plan_labels;	   /* new enum values */
plan_class plan_nulls;	   /* fields that are no longer sent */
plan_class plan_partition; /* a partition like its siblings */
plan_class plan_identity;  /* an identity column is written */
plan_class plan_arbiter;   /* ON CONFLICT without an index */

/*
 * A field that the table knows by another spelling (plan_rename.c): true when
 * it was mapped, or given up since it isn't sure.
 */
bool plan_rename(struct draft *draft, struct field *field);
/* The same for a column that gets nothing, and a field that nobody takes. */
bool plan_rename_back(struct draft *draft, struct field *field);

#endif
