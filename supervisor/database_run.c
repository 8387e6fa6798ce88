#include "pgmend.h"
#include "supervisor/database.h"

int
database_run(struct database *database, const char *sql, int count,
	     const char *const *parameters, struct rows **ret_rows,
	     struct error *err)
{
	const struct statement_run statement = {
		.sql = sql, .count = count, .parameters = parameters};

	return database_run_meanwhile(database, &statement, ret_rows, err);
}

int
database_command(struct database *database, const char *sql, struct error *err)
{
	return database_run(database, sql, 0, NULL, NULL, err);
}
