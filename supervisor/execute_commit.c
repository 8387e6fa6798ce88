#include "supervisor/execute_phase.h"

#include <time.h>

#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/database.h"

#define COMMIT_GRACE_MS 3000 /* for the server's word to travel */

/* How long the answer is waited for. */
struct patience {
	struct database *work;
	int64_t deadline;
};

static bool
wait_a_moment(void *context)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	const struct patience *patience = context;

	nanosleep(&moment, NULL);
	if (wire_now_ms() < patience->deadline)
		return true;
	database_abandon(patience->work);
	return false;
}

int
commit_send(struct database *work, int64_t timeout_ms, struct error *err)
{
	struct patience patience = {
		.work = work,
		.deadline = wire_now_ms() + timeout_ms + COMMIT_GRACE_MS,
	};
	const struct statement_run statement = {
		.sql = "COMMIT",
		.meanwhile = timeout_ms > 0 ? wait_a_moment : NULL,
		.context = &patience,
		.is_final = true,
	};

	return database_run_meanwhile(work, &statement, NULL, err);
}
