#include "supervisor/connect.h"

#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/database.h"
#include "supervisor/execute.h"
#include "supervisor/run.h"

/* The server is there and has no place, or isn't ready: it will. */
static bool
can_wait(const struct run *run, const struct error *err)
{
	return same_text(err->code, "server_busy") &&
	       wire_now_ms() < run->deadline;
}

static int
try_both(struct run *run, struct error *err)
{
	auto_database struct database *records = NULL;

	if (database_open(&records, run->conninfo, "pgmend audit", err) < 0 ||
	    database_open(&run->work, run->conninfo, "pgmend work", err) < 0)
		return -1;
	run->records = take(records);
	return 0;
}

int
connect_both(struct run *run, struct error *err)
{
	for (int attempt = 0; try_both(run, err) < 0; attempt++) {
		if (!can_wait(run, err))
			return fail_in(err, "connect");
		*err = (struct error)NO_ERROR;
		execute_pause(attempt);
	}
	return 0;
}

int
connect_one(struct database **ret_database, const struct run *run,
	    const char *application_name, struct error *err)
{
	for (int attempt = 0; database_open(ret_database, run->conninfo,
					    application_name, err) < 0;
	     attempt++) {
		if (!can_wait(run, err))
			return fail_in(err, "connect");
		*err = (struct error)NO_ERROR;
		execute_pause(attempt);
	}
	return 0;
}
