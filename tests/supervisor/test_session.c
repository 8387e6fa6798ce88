/*
 * The look for a pooler, against scripted connections: these stand in for the
 * database client, which isn't linked here.
 */
#include "supervisor/database.h"
#include "supervisor/database_rows.h"
#include "supervisor/database_session.h"
#include "tests/test.h"

/* Each statement on it is run by the next backend of the script. */
struct database {
	const char *pids[3];
	int next;
};

int
database_run(struct database *database, const char *sql, int count,
	     const char *const *parameters, struct rows **ret_rows,
	     struct error *err)
{
	if (database->pids[database->next] == NULL)
		return fail_as(err, EXIT_TEMPFAIL, "connection_lost", "gone");
	*ret_rows = rows_new(1, 1);
	rows_set(*ret_rows, 0, 0, database->pids[database->next++]);
	return 0;
}

int
database_command(struct database *database, const char *sql, struct error *err)
{
	return 0;
}

bool
database_is_lost(const struct database *database)
{
	return false;
}

int
database_server_version(const struct database *database)
{
	return 150000;
}

static const char *
answer(struct database first, struct database second)
{
	struct error err = NO_ERROR;

	return session_refuse_shared(&first, &second, &err) == 0 ? "accepted"
								 : err.code;
}

int
main(void)
{
	test_text("a backend for each connection is no shared pool",
		  answer((struct database){.pids = {"7", "7"}},
			 (struct database){.pids = {"8"}}),
		  "accepted");
	test_text("two connections on one backend share it",
		  answer((struct database){.pids = {"7", "7"}},
			 (struct database){.pids = {"7"}}),
		  "pooler");
	test_text("a connection that changes its backend shares it",
		  answer((struct database){.pids = {"7", "9"}},
			 (struct database){.pids = {"8"}}),
		  "pooler");
	test_text("a connection lost meanwhile is no verdict",
		  answer((struct database){.pids = {"7", "7"}},
			 (struct database){.pids = {NULL}}),
		  "connection_lost");
	return test_end();
}
