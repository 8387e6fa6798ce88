/*
 * brief.h - what the planner is told: the drift, the table, what the failed
 * statement wanted and what the records hold, as far as the policy discloses
 * it. Enough for one request to suffice: no DETAIL, no literal, and names as
 * the detectors leave them.
 */
#ifndef SUPERVISOR_BRIEF_H
#define SUPERVISOR_BRIEF_H

struct catalog;
struct document;
struct grounds;

/*
 * {"class","sqlstate","message","statement","target":{"schema","table"},
 *  "columns":[...],"wanted":[{"column","field","exists","disclosure",
 *  "shapes":[...],"values":[...]}],"suspects":[{"column","sqlstate"}],
 *  "other_fields":[...],"records"}
 *
 * `message` is the server's, or NULL; it and the statement are redacted. The
 * distinct shapes of a field are of all records, its values only of the first
 * few, and only where the policy shows more than shapes. "other_fields" are
 * those that the statement doesn't take, in the form of "wanted"; "suspects"
 * are the columns that the trial failed at, where it was asked.
 */
struct document *
brief_document(const struct grounds *grounds, const char *drift,
	       const char *sqlstate, const char *message);

/* The columns that the trial failed at, each with what the server said. */
struct document *suspects_document(const struct grounds *grounds);

/* The table's columns, as the brief and describe_table show them. */
struct document *columns_document(const struct catalog *catalog);

#endif
