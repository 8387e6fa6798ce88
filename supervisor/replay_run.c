/* Records into the table: one statement for all of them. */
#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/database.h"
#include "supervisor/loader.h"
#include "supervisor/record.h"
#include "supervisor/replay.h"

/* The payloads as one JSON array, byte for byte as they came. */
static char *
record_set(const struct record *records, int count)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	for (int i = 0; i < count; i++) {
		fputc(i == 0 ? '[' : ',', stream);
		fwrite(records[i].text, 1, records[i].size, stream);
	}
	fputc(']', stream);
	fclose(stream);
	return text;
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

int
replay_run(int64_t *ret_rows, const struct replay_rows *wanted,
	   struct database *database, struct error *err)
{
	const struct replay *replay = wanted->replay;
	bool has_parameters = replay->insert->parameter_count > 0;
	auto_free char *records =
		has_parameters ? record_set(wanted->records, wanted->count)
			       : NULL;
	auto_rows struct rows *rows = NULL;
	const char *parameter = records;
	const struct statement_run statement = {
		.sql = wanted->sql,
		.count = has_parameters ? 1 : 0,
		.parameters = &parameter,
		.meanwhile = wanted->meanwhile,
		.context = wanted->context,
	};

	if (loader_enter(replay->loader, database, err) < 0 ||
	    database_run_meanwhile(database, &statement, &rows, err) < 0 ||
	    check_rows(rows_affected(rows), wanted, err) < 0)
		return fail_in(err, "replay");
	if (database_command(database, "SET CONSTRAINTS ALL IMMEDIATE", err) <
	    0)
		return fail_in(err, "check the deferred constraints");
	if (loader_leave(database, err) < 0)
		return -1;
	*ret_rows = rows_affected(rows);
	return 0;
}
