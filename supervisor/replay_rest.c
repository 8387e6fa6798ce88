#include "supervisor/replay_rest.h"

#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/batch.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/execute.h"
#include "supervisor/loader.h"
#include "supervisor/portion.h"
#include "supervisor/run.h"
#include "supervisor/stop.h"
#include "supervisor/stream.h"

/* So many records are read between two looks at whether the server is done. */
#define STEPS_MEANWHILE 32

/* A batch of long records has fewer of them: it is in memory twice more, as
 * arrays and in libpq. */
#define BATCH_BYTES (512 << 10)

/* What the rest is written under: the table as the change left it. */
struct rest {
	struct run *run;
	struct policy_settings settings;
	struct catalog *catalog; /* owned, as the next two */
	struct hazards hazards;
	struct source source;
	struct portion portions[2];
	struct portion *portion, *next; /* written, and filled meanwhile */
	struct error source_failed;	/* with a text: filling it failed */
	struct grounds grounds;
	struct replay_form *form; /* owned */
	struct batch batch;
	bool is_commit_lost; /* the last attempt may have written all of it */
	int64_t done;	     /* records, for the progress */
};

static void
rest_release(struct rest *rest)
{
	portion_release(&rest->portions[0]);
	portion_release(&rest->portions[1]);
	source_release(&rest->source);
	batch_reset(&rest->batch);
	replay_form_free(rest->form);
	hazards_free(&rest->hazards);
	catalog_free(rest->catalog);
}
#define auto_rest __attribute__((cleanup(rest_release)))

/* --- One transaction ------------------------------------------------------ */

/* How many of the records make the next batch. */
static int
batch_size(const struct rest *rest, const struct record *records, int left)
{
	size_t bytes = 0;
	int size = 0;

	while (size < left && size < (int)rest->settings.batch_rows &&
	       bytes < BATCH_BYTES)
		bytes += records[size++].size;
	return size;
}

static int
write_batches(struct rest *rest, struct error *err)
{
	const struct portion *portion = rest->portion;
	int size;

	for (int first = 0; first < portion->count; first += size) {
		const struct record *records = portion->records + first;

		size = batch_size(rest, records, portion->count - first);
		if (batch_write(&rest->batch, records, size, err) < 0)
			return -1;
	}
	return 0;
}

static int
write_transaction(struct rest *rest, struct error *err)
{
	struct run *run = rest->run;

	batch_reset(&rest->batch);
	if (transaction_begin(run->work, &rest->settings, err) < 0 ||
	    replay_prepare_again(rest->form, run->work, err) < 0 ||
	    grounds_check(&rest->grounds, run->work, err) < 0)
		return -1;
	rest->batch.database = run->work;
	if (write_batches(rest, err) < 0 ||
	    replay_check_reach(rest->grounds.replay, run->work, run->schema,
			       err) < 0)
		return -1;
	if (transaction_commit(run->work, err) == 0)
		return 0;
	rest->is_commit_lost = database_is_lost(run->work);
	return -1;
}

/* --- Again, where that can help ------------------------------------------- */

static int
get_ready_again(struct run *run, struct error *err)
{
	if (!database_is_lost(run->work))
		return database_command(run->work, "ROLLBACK", err);
	database_free(run->work);
	run->work = NULL;
	if (database_open(&run->work, run->conninfo, "pgmend work", err) < 0)
		return -1;
	database_watch(run->work, run->work_watch);
	return 0;
}

/* What the attempt whose COMMIT went unheard had written, its keys tell. */
static void
count_what_was_written(struct rest *rest)
{
	struct batch *batch = &rest->batch;

	if (!rest->is_commit_lost)
		return;
	batch->written += batch->repeated;
	batch->rows += batch->repeated * batch->replay->insert->row_count;
	batch->repeated = 0;
	rest->is_commit_lost = false;
}

static int
write_portion(struct rest *rest, struct error *err)
{
	for (int attempt = 0; write_transaction(rest, err) < 0; attempt++) {
		struct error ignored = NO_ERROR;
		bool is_hopeless = err->reason != EXIT_TEMPFAIL ||
				   stop_is_wanted() ||
				   rest->run->is_cancelled ||
				   same_text(err->code, "facts_changed") ||
				   attempt + 1 >= rest->settings.max_attempts;

		if (is_hopeless) {
			get_ready_again(rest->run, &ignored);
			return -1;
		}
		execute_pause(attempt);
		if (get_ready_again(rest->run, err) < 0)
			return -1;
	}
	count_what_was_written(rest);
	return 0;
}

/* --- What is told of it --------------------------------------------------- */

static struct document *
batch_document(const struct rest *rest)
{
	const struct portion *portion = rest->portion;
	const struct rejections *rejections = &rest->batch.rejections;
	struct document *body = document_object();

	document_number(body, "records", portion->count);
	if (portion->count > 0) {
		document_number(body, "first", portion->records[0].ordinal);
		document_number(body, "last",
				portion->records[portion->count - 1].ordinal);
	}
	document_number(body, "rows", rest->batch.rows);
	document_number(body, "rejected",
			rejections->count + portion->rejections.count);
	document_number(body, "repeated",
			rest->batch.repeated + portion->repeated);
	return body;
}

/* A line on a terminal, and nothing elsewhere. */
static void
show_progress(const struct rest *rest, bool is_end)
{
	const struct run *run = rest->run;
	long long all = run->records_count;

	if (!isatty(STDERR_FILENO))
		return;
	all += run->stream == NULL ? 0 : stream_count(run->stream);
	fprintf(stderr, "\rpgmend: %lld of %lld records%s",
		(long long)rest->done, all, is_end ? "\n" : "");
}

/* Its order: the rejected are safe before the run says that it went on. */
static int
report(struct rest *rest, struct error *err)
{
	struct run *run = rest->run;
	struct portion *portion = rest->portion;

	rest->done +=
		portion->count + portion->rejections.count + portion->repeated;
	if (run_record(run, AUDIT_REPLAY_BATCH, batch_document(rest), err) < 0)
		return -1;
	run->result.repeated += rest->batch.repeated + portion->repeated;
	if (run_take_rejections(run, &portion->rejections, err) < 0)
		return -1;
	run->result.replayed += rest->batch.rows;
	run->is_live = run->is_live || rest->batch.rows > 0;
	if (run_take_rejections(run, &rest->batch.rejections, err) < 0)
		return -1;
	show_progress(rest, false);
	return 0;
}

/* --- All of them ---------------------------------------------------------- */

/* After the change the table is another: it is read and judged once more. */
static int
judge_rest(struct rest *rest, struct error *err)
{
	struct run *run = rest->run;
	struct verdict verdict;
	struct facts *facts = &rest->grounds.facts;

	/* The change's COMMIT may have been resolved on another one. */
	if (database_is_lost(run->work) && get_ready_again(run, err) < 0)
		return -1;
	if (catalog_read(&rest->catalog, run->work, run->catalog->oid,
			 run->loader->role, err) < 0 ||
	    hazards_read(&rest->hazards, run->work, rest->catalog, run->loader,
			 err) < 0)
		return -1;
	rest->grounds = plan_grounds(run->plan, &run->grounds);
	rest->grounds.catalog = rest->catalog;
	rest->grounds.hazards = &rest->hazards;
	verdict = judge_replay(&rest->grounds);
	if (verdict.decision != DECISION_ALLOW)
		return fail_as(err, EXIT_REFUSED, "facts_changed",
			       "the replay is no longer allowed: %s",
			       verdict.reason);
	rest->settings = policy_settings_for(run->policy, &verdict);
	facts_set_number(facts, FACT_REPLAY_SESSION_DEPENDENT, true);
	verdict = judge_replay(&rest->grounds);
	rest->source.allows_dependent = verdict.decision == DECISION_ALLOW;
	return 0;
}

/* What is to be written, for the table as the change left it. */
static int
prepare_form(struct rest *rest, struct error *err)
{
	struct database *work = rest->run->work;
	struct error ignored = NO_ERROR;
	int status = transaction_begin(work, &rest->settings, err);

	if (status == 0)
		status = replay_prepare(&rest->form, rest->grounds.replay, work,
					err);
	if (status == 0) /* nothing was written */
		return database_command(work, "ROLLBACK", err);
	if (!database_is_lost(work))
		database_command(work, "ROLLBACK", &ignored);
	return -1;
}

/* A little of the next portion, while the server is at work on this one. */
static bool
fill_meanwhile(void *context)
{
	struct rest *rest = context;
	bool has_more = rest->source_failed.text[0] == '\0';

	for (int i = 0; i < STEPS_MEANWHILE && has_more; i++)
		if (portion_step(&has_more, rest->next, &rest->source,
				 &rest->source_failed) < 0)
			return false;
	return has_more;
}

static void
prepare(struct rest *rest, int first)
{
	struct run *run = rest->run;
	struct source *source = &rest->source;
	int64_t *most = &rest->settings.batch_rows;

	if (*most < 1 || *most > AUDIT_CLAIMS_MAX)
		*most = AUDIT_CLAIMS_MAX;
	source->grounds = &rest->grounds;
	source->form = rest->form;
	source->keys = run_records(run);
	source->own = run->records_list;
	source->own_count = run->records_count;
	source->own_next = first;
	source->stream = run->stream;
	source->most = (int)*most * PORTION_BATCHES;
	source->lines_left =
		policy_settings(run->policy)->replay_rows - run->records_count;
	source_prepare(source);
	rest->portion = &rest->portions[0];
	rest->next = &rest->portions[1];
	portion_prepare(rest->portion, source);
	portion_prepare(rest->next, source);
	rest->done = first;
	rest->batch.replay = rest->grounds.replay;
	rest->batch.form = rest->form;
	rest->batch.keys = &source->keys;
	rest->batch.meanwhile = fill_meanwhile;
	rest->batch.context = rest;
}

/* What was filled meanwhile, and what is missing of it. */
static int
take_next(struct rest *rest, struct error *err)
{
	struct portion *filled = rest->next;

	while (fill_meanwhile(rest))
		continue;
	if (rest->source_failed.text[0] != '\0') {
		*err = rest->source_failed;
		return -1;
	}
	rest->next = rest->portion;
	rest->portion = filled;
	portion_empty(rest->next);
	return 0;
}

static int
write_all(struct rest *rest, struct error *err)
{
	const struct run *run = rest->run;

	for (;;) {
		if (take_next(rest, err) < 0)
			return -1;
		if (portion_is_empty(rest->portion))
			return 0;
		if (stop_check(err) < 0)
			return -1;
		if (run->is_cancelled)
			return fail_as(err, EXIT_TEMPFAIL, "cancelled",
				       "nobody waits for the rest any more");
		if (run->options->timeout_ms != 0 &&
		    wire_now_ms() > run->deadline)
			return fail_as(err, EXIT_TEMPFAIL, "timeout",
				       "the time given to the run is over");
		batch_reset(&rest->batch);
		if (rest->portion->count > 0 && write_portion(rest, err) < 0)
			return -1;
		if (report(rest, err) < 0)
			return -1;
	}
}

int
replay_rest(struct run *run, int first, struct error *err)
{
	auto_rest struct rest rest = {.run = run};
	int64_t start = jail_now_us();
	int status;

	if (first == run->records_count && run->stream == NULL)
		return 0;
	status = judge_rest(&rest, err);
	if (status == 0)
		status = prepare_form(&rest, err);
	if (status == 0) {
		prepare(&rest, first);
		status = write_all(&rest, err);
		show_progress(&rest, true);
	}
	run->result.timings_us[TIMING_REPLAY] += jail_now_us() - start;
	if (status == 0)
		return 0;
	err->reason = EXIT_PARTIAL;
	return fail_in(err, "not every record is replayed; the same command "
			    "goes on where this one stopped");
}
