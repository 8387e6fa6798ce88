/* Records into the table: one statement for all of them. */
#include "pgmend.h"

#include "policy/insert.h"
#include "sandbox/json.h"
#include "supervisor/array.h"
#include "supervisor/database.h"
#include "supervisor/loader.h"
#include "supervisor/record.h"
#include "supervisor/replay.h"

/* The values of all records: an array for each parameter. */
struct columns {
	int count;
	struct array *of;
	const char **values;
	int *sizes;
};

static void
columns_release(struct columns *columns)
{
	for (int i = 0; i < columns->count; i++)
		array_free(&columns->of[i]);
	free(columns->of);
	free(columns->values);
	free(columns->sizes);
}
#define auto_columns __attribute__((cleanup(columns_release)))

static void
add_values(struct columns *columns, const char *values)
{
	for (int i = 0; i < columns->count; i++)
		values = array_add_element(&columns->of[i], values);
}

/* A record whose values nobody has read yet. */
static int
add_text(struct columns *columns, const struct replay_form *form,
	 const struct record *record, struct error *err)
{
	auto_free char *values =
		xcalloc(1, replay_values_max(form, record->size));
	auto_json struct json *json = NULL;

	if (json_scan(&json, record->text, record->size, err) < 0)
		return -1;
	replay_write_values(values, form, json);
	add_values(columns, values);
	return 0;
}

static int
fill(struct columns *columns, const struct replay_rows *wanted,
     struct error *err)
{
	size_t count = (size_t)wanted->form->count;

	columns->count = wanted->form->count;
	columns->of = xcalloc(count, sizeof(*columns->of));
	columns->values = xcalloc(count, sizeof(*columns->values));
	columns->sizes = xcalloc(count, sizeof(*columns->sizes));
	for (size_t i = 0; i < count; i++)
		array_begin(&columns->of[i], ARRAY_OF_TEXT);
	for (int i = 0; i < wanted->count && count > 0; i++) {
		const struct record *record = &wanted->records[i];

		if (record->values != NULL)
			add_values(columns, record->values);
		else if (add_text(columns, wanted->form, record, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		array_end(&columns->of[i]);
		columns->values[i] = columns->of[i].bytes;
		columns->sizes[i] = (int)columns->of[i].size;
	}
	return 0;
}

/* A trigger that returns NULL, or a rule, takes the row elsewhere: what was
 * not written must not be called written. */
static int
check_rows(int64_t rows, const struct replay_rows *wanted, struct error *err)
{
	const struct insert *insert = wanted->replay->insert;
	int64_t expected = (int64_t)wanted->count * insert->row_count;

	if (rows == expected ||
	    (insert->conflict != CONFLICT_NONE && rows < expected))
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "rows_differ",
		       "the server took the statement, but wrote %lld of %lld "
		       "rows",
		       (long long)rows, (long long)expected);
}

/* What one round trip brings to the server, in this order. */
enum step {
	STEP_RELEASE,
	STEP_SAVEPOINT,
	STEP_CLAIM,
	STEP_ENTER,
	STEP_INSERT,
	STEP_CONSTRAINTS,
	STEP_LEAVE,
	STEPS
};

struct round_trip {
	struct statement_run of[STEPS];
	enum step steps[STEPS];
	int64_t affected[STEPS];
	int count;
	const char *settings[LOADER_SETTINGS + 1];
};

static void
bring(struct round_trip *trip, enum step step, struct statement_run statement)
{
	trip->steps[trip->count] = step;
	trip->of[trip->count++] = statement;
}

static void
pack(struct round_trip *trip, const struct replay_rows *wanted,
     const struct columns *columns)
{
	struct statement_run enter, leave;

	loader_write_enter(&enter, trip->settings, wanted->replay->loader);
	loader_write_leave(&leave);
	if (wanted->release != NULL)
		bring(trip, STEP_RELEASE,
		      (struct statement_run){.sql = wanted->release});
	if (wanted->savepoint != NULL)
		bring(trip, STEP_SAVEPOINT,
		      (struct statement_run){.sql = wanted->savepoint});
	if (wanted->claim != NULL)
		bring(trip, STEP_CLAIM, *wanted->claim);
	bring(trip, STEP_ENTER, enter);
	bring(trip, STEP_INSERT,
	      (struct statement_run){
		      .sql = wanted->form->sql,
		      .count = columns->count,
		      .parameters = columns->values,
		      .sizes = columns->sizes,
	      });
	bring(trip, STEP_CONSTRAINTS,
	      (struct statement_run){.sql = "SET CONSTRAINTS ALL IMMEDIATE"});
	bring(trip, STEP_LEAVE, leave);
	for (int i = 0; i < trip->count; i++) {
		trip->of[i].meanwhile = wanted->meanwhile;
		trip->of[i].context = wanted->context;
	}
}

/* The first statement that has no count is the one that failed. */
static int
say_why(const struct round_trip *trip, const struct replay_rows *wanted,
	const struct database *database, struct error *err)
{
	int failed = 0;

	while (trip->affected[failed] >= 0)
		failed++;
	switch (trip->steps[failed]) {
	case STEP_CLAIM:
		if (strcmp(database_diagnostic(database)->sqlstate, "23505") ==
		    0)
			err->code = "claim_conflict";
		return fail_in(err, "claim the records");
	case STEP_ENTER:
		return loader_say_why(wanted->replay->loader, database, err);
	case STEP_INSERT:
		return fail_in(err, "replay");
	case STEP_CONSTRAINTS:
		return fail_in(err, "check the deferred constraints");
	default:
		if (!database_is_lost(database))
			err->code = "internal"; /* it blames no record */
		return -1;
	}
}

int
replay_run(int64_t *ret_rows, const struct replay_rows *wanted,
	   struct database *database, struct error *err)
{
	auto_columns struct columns columns = {.count = 0};
	struct round_trip trip = {.count = 0};
	int64_t rows = 0;

	if (fill(&columns, wanted, err) < 0)
		return -1;
	pack(&trip, wanted, &columns);
	if (database_run_together(database, trip.of, trip.count, trip.affected,
				  err) < 0)
		return say_why(&trip, wanted, database, err);
	for (int i = 0; i < trip.count; i++)
		if (trip.steps[i] == STEP_INSERT)
			rows = trip.affected[i];
	if (check_rows(rows, wanted, err) < 0)
		return fail_in(err, "replay");
	*ret_rows = rows;
	return 0;
}
