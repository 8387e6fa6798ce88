/*
 * brief.h - what the planner is told: the drift, the table, and what the failed
 * statement wanted, as shapes. No value of a payload, no DETAIL, no literal.
 */
#ifndef SUPERVISOR_BRIEF_H
#define SUPERVISOR_BRIEF_H

struct catalog;
struct document;
struct replay;

struct document *
brief_document(const struct replay *replay, const struct catalog *catalog,
	       const char *drift, const char *sqlstate);

/* The table's columns, as the brief and describe_table show them. */
struct document *columns_document(const struct catalog *catalog);

#endif
