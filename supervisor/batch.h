/*
 * batch.h - records written inside a transaction, the bad among them set aside.
 *
 * A batch that fails is halved under savepoints until what fails stands alone:
 * that record is rejected, with the server's reason, and all others are
 * written. Each record's key goes before its rows, under the same savepoint, so
 * a rejected record leaves none.
 */
#ifndef SUPERVISOR_BATCH_H
#define SUPERVISOR_BATCH_H

#include <stdint.h>

#include "supervisor/record.h"
#include "supervisor/replay.h"

struct database;
struct error;
struct turn_records;

struct batch {
	const struct replay *replay;
	const struct replay_form *form;
	const struct turn_records *keys; /* NULL: none are claimed */
	struct database *database;

	/* Called while the server works; see database.h. */
	bool (*meanwhile)(void *context);
	void *context;

	bool is_open; /* there is a savepoint of the batch before */
	bool is_wary; /* keys were met that are claimed: each is asked */

	/* What came of all writes so far. */
	int64_t rows;
	int64_t written;  /* records */
	int64_t repeated; /* that were written before, by their keys */
	struct rejections rejections;
};

/*
 * Adds to the batch's counts. The last savepoint is left to the next call, or
 * to the transaction's end: every batch is one round trip. Fails when it wasn't
 * a record's fault: no connection, a lock, a deadlock, the loader's rights;
 * then the transaction is to be rolled back.
 */
int batch_write(struct batch *batch, const struct record *records, int count,
		struct error *err);

/* Forgets all counts, and that there was a savepoint: as in a transaction that
 * begins. */
void batch_reset(struct batch *batch);

/* Fails with the first rejection's reason when nothing was written but
 * something was rejected: the change didn't help. */
int batch_check(const struct batch *batch, struct error *err);

#endif
