/*
 * recover.h - what a crash left open: runs without an end, and changes whose
 * fate nobody wrote down.
 *
 * Only runs whose lock can be taken: a living one's never. Each is resolved by
 * the protocol of resolve.h, and its chain of events is closed: ddl.committed
 * or ddl.aborted where an intent was left alone, then run.finished.
 */
#ifndef SUPERVISOR_RECOVER_H
#define SUPERVISOR_RECOVER_H

#include <stdbool.h>

struct audit;
struct database;
struct document;
struct error;

struct recovery {
	struct database *database; /* that the audit writes to */
	struct audit *audit;
	const char *schema;
	bool is_for_all;    /* not only runs of our own login role */
	bool is_for_recent; /* only those among the last events: each heal
			     * begins so, and stays fast */

	int committed, rolled_back, ended, alive, unknown; /* runs */
	struct document *runs;	 /* owned by the caller; what became of each */
	char first_unknown[256]; /* why */
};

/* Fails when the audit can't be read or written; a run that can't be resolved
 * is counted as unknown. */
int recover_runs(struct recovery *recovery, struct error *err);

/* `pgmend recover`, argv[0] = "recover"; returns the exit status: 21 when a
 * run can't be resolved yet. */
int command_recover(int argc, char **argv);

#endif
