#include "pgmend.h"
#include "supervisor/database.h"
#include "supervisor/database_connection.h"

/* A pooler invents the pid that it tells at login. */
static int
check_pooler(struct database *database, const char *conninfo, struct error *err)
{
	auto_database struct database *second = NULL;

	if (database->login_pid == database->backend.pid)
		return 0;
	if (connection_open(&second, conninfo, "pgmend probe", err) < 0)
		return -1;
	return session_refuse_shared(database, second, err);
}

int
database_open(struct database **ret_database, const char *conninfo,
	      const char *application_name, struct error *err)
{
	auto_database struct database *database = NULL;

	if (conninfo == NULL)
		conninfo = "";
	if (connection_open(&database, conninfo, application_name, err) < 0 ||
	    session_backend(&database->backend, database, err) < 0 ||
	    check_pooler(database, conninfo, err) < 0 ||
	    session_pin(database, err) < 0)
		return fail_in(err, "connect to the database");
	*ret_database = take(database);
	return 0;
}
