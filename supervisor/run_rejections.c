/* What became of the records that weren't written. */
#include "pgmend.h"

#include "supervisor/batch.h"
#include "supervisor/rejected.h"
#include "supervisor/run.h"

#define REJECTIONS_SHOWN_MAX 20 /* in the result; the file has all of them */

int
run_take_rejections(struct run *run, struct rejections *rejections,
		    struct error *err)
{
	struct rejections *shown = &run->result.rejections;
	int status = 0;

	if (run->rejected != NULL)
		status = rejected_write(run->rejected, rejections,
					run->records_count, err);
	run->result.rejected += rejections->count;
	for (int i = 0;
	     i < rejections->count && shown->count < REJECTIONS_SHOWN_MAX;
	     i++) {
		const struct rejection *one = &rejections->of[i];
		const struct record record = {.ordinal = one->ordinal};

		rejections_add(shown, &record, one->sqlstate, one->code,
			       one->reason);
	}
	rejections_free(rejections);
	return status;
}

void
run_take_batch(struct run *run, struct batch *batch)
{
	struct error lost = NO_ERROR;

	if (run->keeps_rows)
		run->result.replayed += batch->rows;
	if (run_take_rejections(run, &batch->rejections, &lost) < 0)
		run->rejections_lost = lost;
	batch_reset(batch);
}
