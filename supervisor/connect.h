/*
 * connect.h - the connections of a run, where a server may be full.
 *
 * A thousand incidents of one drift come at once, and a server takes a hundred
 * connections. A run that held one of them while it waited for its second could
 * wait for ever for those who do the same: so a run has both or none, and
 * whoever gets none waits outside, within the run's timeout.
 */
#ifndef SUPERVISOR_CONNECT_H
#define SUPERVISOR_CONNECT_H

struct database;
struct error;
struct run;

/* run->records and run->work. Reasons are those of database_open(). */
int connect_both(struct run *run, struct error *err);

/* One more, beside them. */
int connect_one(struct database **ret_database, const struct run *run,
		const char *application_name, struct error *err);

#endif
