/*
 * brief.h - what the planner is told: the drift, the table, what the failed
 * statement wanted and what the records hold, as far as the policy discloses
 * it. Enough for one request to suffice: no DETAIL, no literal, and names as
 * the detectors leave them.
 */
#ifndef SUPERVISOR_BRIEF_H
#define SUPERVISOR_BRIEF_H

#include <stdbool.h>

struct catalog;
struct document;
struct grounds;

/*
 * {"class","sqlstate","message","statement","target":{"schema","table"},
 *  "columns":[...],"partitions":{...},"views":[...],"has_triggers",
 *  "conflict":{...},"wanted":[{"column","field","exists","cast","disclosure","shapes":[...],
 *  "values":[...]}],"suspects":[{"column","sqlstate"}],"other_fields":[...],
 *  "records"}
 *
 * `message` is the server's, or NULL; it and the statement are redacted. The
 * distinct shapes of a field are of all records, its values only of the first
 * few, and only where the policy shows more than shapes. "other_fields" are
 * those that the statement doesn't take, in the form of "wanted"; "suspects"
 * are the columns that the trial failed at, where it was asked. Where a field
 * has too many shapes, there is one a format, with the largest sizes.
 */
struct document *
brief_document(const struct grounds *grounds, const char *drift,
	       const char *sqlstate, const char *message);

/*
 * Adds "needed":[{"column","values":[...],"epoch"}]: the distinct values, as
 * texts, of the table's partition key and its enums, which a new bound or label
 * is made of; and "seconds" or "millis" where all values are integers that can
 * be times since 1970, in these days. Only for a planner that no model listens
 * to. A column is left out where the policy shows not even shapes, where a
 * detector fires, and where there are too many values.
 */
void brief_add_needed(struct document *brief, const struct grounds *grounds);

/* Adds "column": the one that the server named, if it named one. */
void brief_add_column(struct document *brief, const char *column);

/* The columns that the trial failed at, each with what the server said. */
struct document *suspects_document(const struct grounds *grounds);

/* --- The table (brief_table.c) -------------------------------------------- */

/* The table's columns, as the brief and describe_table show them. */
struct document *columns_document(const struct catalog *catalog);

/* {"strategy","key","type","has_default","siblings":[{"name","bound",
 * "partitioned"}]}; "key" and "type" are null unless the key is one column.
 * NULL: the table isn't partitioned. */
struct document *partitions_document(const struct catalog *catalog);
/* The one column of the partition key, or NULL. */
const char *partition_key(const struct catalog *catalog);
/* Is the column's type an enum that can get a label? */
bool column_is_enum(const struct catalog *catalog, const char *column);
/* Is the column an enum without that label? */
bool column_lacks_label(const struct catalog *catalog, const char *name,
			const char *value);

/* Is it the key of a table partitioned by LIST, none of whose partitions names
 * that value? */
bool column_lacks_partition(const struct catalog *catalog, const char *name,
			    const char *value);

/* The names of all views on the table; NULL without any. */
struct document *views_document(const struct catalog *catalog);
/* Triggers on the table or a partition may fill in what isn't sent. */
bool table_has_triggers(const struct catalog *catalog);

#endif
