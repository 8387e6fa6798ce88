#include "supervisor/execute.h"

#include "supervisor/database.h"
#include "supervisor/stop.h"

int
commit_send(struct database *work, struct error *err)
{
	const struct statement_run commit = {.sql = "COMMIT", .is_final = true};

	return stop_check(err) < 0
		       ? -1
		       : database_run_meanwhile(work, &commit, NULL, err);
}
