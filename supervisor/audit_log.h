/*
 * audit_log.h - events of the chain as people or programs read them.
 */
#ifndef SUPERVISOR_AUDIT_LOG_H
#define SUPERVISOR_AUDIT_LOG_H

#include <stdbool.h>
#include <stdio.h>

struct database;
struct error;

struct audit_log {
	const char *schema;
	const char *run_id; /* NULL: of all runs */
	const char *last;   /* at most so many events; digits */
	bool as_json;	    /* complete, one object a line; else the gist */
};

/*
 * Writes the events, the oldest first. What an event says comes from incidents,
 * servers and planners: in words it is escaped for a terminal and cut.
 */
int audit_log_write(FILE *out, struct database *database,
		    const struct audit_log *log, struct error *err);

#endif
