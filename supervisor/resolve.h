/*
 * resolve.h - a COMMIT whose reply was lost: find out, never guess.
 *
 * On another connection: end the old backend, take the transaction's advisory
 * lock (having it proves that the old transaction has ended; asking for its
 * status alone said "in progress" while a synchronous standby was waited for,
 * and it then committed), then look for the marker row.
 */
#ifndef SUPERVISOR_RESOLVE_H
#define SUPERVISOR_RESOLVE_H

#include <stdbool.h>

struct database;
struct error;
struct run;

/* What is known of the transaction of a change. */
struct transaction {
	const char *run_id;
	int step;				 /* of its marker */
	const char *schema;			 /* of the audit */
	const char *backend_pid, *backend_start; /* as the server told them */
};

/*
 * Waits for its end as long as the session's lock_timeout lets it. -1 with
 * EXIT_UNKNOWN: it couldn't be told in time; who is in the way is named.
 */
int
resolve_transaction(bool *ret_committed, struct database *database,
		    const struct transaction *transaction, struct error *err);

/*
 * The run's own, on a new connection; the one whose marker has this step. 0: it
 * was committed. -1 with EXIT_ROLLED_BACK: it was not. -1 with EXIT_UNKNOWN: as
 * above.
 */
int resolve_commit(struct run *run, int step, struct error *err);

#endif
