/*
 * execute.h - the one transaction: change, replay, proof, marker, COMMIT.
 *
 * Intent is committed to the audit chain first. A lock that isn't granted in
 * time, a deadlock or a serialisation failure rolls back and tries again, with
 * jitter. Anything else rolls back for good. A COMMIT whose reply was lost is
 * resolved by the marker row, never guessed.
 */
#ifndef SUPERVISOR_EXECUTE_H
#define SUPERVISOR_EXECUTE_H

#include <stdint.h>

#include "pgmend.h"

struct database;
struct run;

/*
 * On success the change is live, and run->is_live says so. Reasons:
 * EXIT_ROLLED_BACK (post-check or replay failed), EXIT_TEMPFAIL (no lock in
 * time), EXIT_REFUSED (the facts changed and the judge says no), EXIT_UNKNOWN.
 */
int execute(struct run *run, struct error *err);

/* Waits before attempt number `attempt`, longer each time, with jitter: runs
 * that met the same lock don't meet again. */
void execute_pause(int attempt);

/* execute_transaction.c: BEGIN, with the timeouts of this transaction. */
struct policy_settings;
int
transaction_begin(struct database *work, const struct policy_settings *settings,
		  struct error *err);
/* The table's owner, up to loader_leave(). EXIT_USAGE, owner_not_granted. */
int
transaction_become(struct database *work, const char *owner, struct error *err);
/* COMMIT. A run that was told to stop doesn't send it. */
int transaction_commit(struct database *work, struct error *err);

#endif
