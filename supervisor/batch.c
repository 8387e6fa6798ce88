#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/batch.h"
#include "supervisor/database.h"
#include "supervisor/turn.h"

static const char savepoint[] = "SAVEPOINT pgmend_batch";
static const char release[] = "RELEASE SAVEPOINT pgmend_batch";
/* The settings of before the savepoint come back with it. */
static const char undo[] = "ROLLBACK TO SAVEPOINT pgmend_batch";

/* Most records are new, which is cheap to believe; where one isn't, all are
 * asked from then on. */
static bool
must_be_wary(struct batch *batch, const struct error *err)
{
	if (batch->is_wary || !same_text(err->code, "claim_conflict"))
		return false;
	batch->is_wary = true;
	return true;
}

/* What one record can be blamed for: the server refused it, or took it and
 * wrote something else, or its key is another record's. */
static bool
is_records_fault(const struct error *err, const struct database *database)
{
	if (database_is_lost(database))
		return false;
	return same_text(err->code, "database_error") ||
	       same_text(err->code, "rows_differ") ||
	       same_text(err->code, "id_reused");
}

/* Claims the keys one by one; `records` keeps those that weren't written
 * before. */
static int
claim_warily(struct batch *batch, struct record *records, int *count,
	     struct error *err)
{
	auto_free enum claim_result *results =
		xcalloc((size_t)*count, sizeof(*results));
	int fresh = 0;

	if ((batch->is_open &&
	     database_command(batch->database, release, err) < 0) ||
	    database_command(batch->database, savepoint, err) < 0)
		return -1;
	if (turn_claim(results, batch->database, batch->keys, records, *count,
		       err) < 0)
		return -1;
	for (int i = 0; i < *count; i++) {
		if (results[i] == CLAIM_OTHER)
			return fail_as(err, EXIT_BAD_INCIDENT, "id_reused",
				       "the id was used before with another "
				       "record");
		if (results[i] == CLAIM_NEW)
			records[fresh++] = records[i];
	}
	*count = fresh;
	return 0;
}

/* All of them, or none. Behind it there is a savepoint, unless what failed is
 * no record's fault. */
static int
write_together(struct batch *batch, const struct record *records, int count,
	       struct error *err)
{
	auto_free struct record *fresh = xcalloc((size_t)count, sizeof(*fresh));
	auto_claim struct claim_statement claim = {.sql = NULL};
	bool is_wary = batch->keys != NULL && batch->is_wary;
	struct replay_rows rows = {
		.replay = batch->replay,
		.form = batch->form,
		.records = fresh,
		.count = count,
		.release = batch->is_open && !is_wary ? release : NULL,
		.savepoint = is_wary ? NULL : savepoint,
		.meanwhile = batch->meanwhile,
		.context = batch->context,
	};
	int64_t written = 0;

	memcpy(fresh, records, (size_t)count * sizeof(*fresh));
	if (is_wary && claim_warily(batch, fresh, &rows.count, err) < 0)
		return -1;
	if (batch->keys != NULL && !is_wary) {
		turn_prepare_claim(&claim, batch->keys, records, count);
		rows.claim = &claim.run;
	}
	if (rows.count > 0 &&
	    replay_run(&written, &rows, batch->database, err) < 0)
		return -1;
	batch->rows += written;
	batch->written += rows.count;
	batch->repeated += count - rows.count;
	return 0;
}

/* Of several records together the first rows come first: where one row keeps
 * out another, whose is kept would depend on that. */
static bool
depends_on_order(const struct batch *batch)
{
	const struct insert *insert = batch->replay->insert;

	return insert->row_count > 1 && insert->conflict == CONFLICT_NOTHING;
}

static int
write_some(struct batch *batch, const struct record *records, int count,
	   struct error *err)
{
	int status = write_together(batch, records, count, err);
	char sqlstate[6] = "";
	bool is_again;

	batch->is_open = true;
	if (status == 0)
		return 0;
	is_again = must_be_wary(batch, err);
	if (!is_again && !is_records_fault(err, batch->database))
		return -1;
	if (same_text(err->code, "database_error"))
		memcpy(sqlstate, database_diagnostic(batch->database)->sqlstate,
		       sizeof(sqlstate));
	if (count == 1 && !is_again)
		rejections_add(&batch->rejections, &records[0], sqlstate,
			       err->code, err->text);
	if (database_command(batch->database, undo, err) < 0)
		return -1;
	if (is_again)
		return write_some(batch, records, count, err);
	if (count == 1)
		return 0;
	if (write_some(batch, records, count / 2, err) < 0)
		return -1;
	return write_some(batch, records + count / 2, count - count / 2, err);
}

int
batch_write(struct batch *batch, const struct record *records, int count,
	    struct error *err)
{
	if (!depends_on_order(batch))
		return write_some(batch, records, count, err);
	for (int i = 0; i < count; i++)
		if (write_some(batch, &records[i], 1, err) < 0)
			return -1;
	return 0;
}

void
batch_reset(struct batch *batch)
{
	rejections_free(&batch->rejections);
	batch->is_open = false;
	batch->rows = 0;
	batch->written = 0;
	batch->repeated = 0;
}

int
batch_check(const struct batch *batch, struct error *err)
{
	const struct rejection *first = batch->rejections.of;

	if (batch->rejections.count == 0 || batch->written > 0)
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK,
		       first->sqlstate[0] == '\0' ? first->code : "rolled_back",
		       "%s", first->reason);
}
