#include "pgmend.h"
#include "supervisor/database.h"
#include "supervisor/database_session.h"

struct setting {
	const char *name, *value;
};

static const struct setting pinned[] = {
	/* What a text means: off turned "add two columns" into "drop one". */
	{"standard_conforming_strings", "on"},
	{"client_encoding", "UTF8"},
	/* Which objects unqualified names find; a temporary pg_class must not
	 * come before the real one. */
	{"search_path", "pg_catalog, pg_temp"},
	{"transform_null_equals", "off"},
	/* Who acts, on which rows. */
	{"role", "none"},
	{"row_security", "on"},
	/* How values are read and written. */
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"quote_all_identifiers", "off"},
	/* What DDL does where it doesn't say. */
	{"default_tablespace", ""},
	/* What a transaction is, and that COMMIT means on disk. */
	{"synchronous_commit", "on"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_deferrable", "off"},
	/* Compiling a catalogue query takes longer than running it. */
	{"jit", "off"},
	/* Nothing waits for ever, and no dead client keeps a lock. */
	{"lock_timeout", "5s"},
	{"statement_timeout", "60s"}, /* SESSION_STATEMENT_MS */
	{"idle_in_transaction_session_timeout", "60s"},
	{"tcp_keepalives_idle", "10"},
	{"tcp_keepalives_interval", "5"},
	{"tcp_keepalives_count", "3"},
	{"tcp_user_timeout", "25000"},
};

#define SESSION_TIMEOUT_VERSION 140000

static int
set_all(struct database *database, struct error *err)
{
	auto_free char *sql = NULL;
	size_t size;
	FILE *text = xmemstream(&sql, &size);

	fputs("SELECT", text);
	for (size_t i = 0; i < array_size(pinned); i++)
		fprintf(text, "%s pg_catalog.set_config('%s', '%s', false)",
			i == 0 ? "" : ",", pinned[i].name, pinned[i].value);
	fclose(text);
	return database_command(database, sql, err);
}

int
session_pin(struct database *database, struct error *err)
{
	struct error ignored = NO_ERROR;

	if (set_all(database, err) < 0)
		return fail_in(err, "pin the session's settings");
	if (database_server_version(database) < SESSION_TIMEOUT_VERSION)
		return 0;
	/* The audit connection idles while anyone thinks. */
	if (database_command(database,
			     "SELECT pg_catalog.set_config("
			     "'idle_session_timeout', '0', false)",
			     err) < 0)
		return fail_in(err, "pin the session's settings");
	/* Some platforms of the server can't do it and refuse any value. */
	database_command(database,
			 "SELECT pg_catalog.set_config("
			 "'client_connection_check_interval', '2s', false)",
			 &ignored);
	if (database_is_lost(database))
		return fail_as(err, EXIT_TEMPFAIL, "connection_lost", "%s",
			       ignored.text);
	return 0;
}

int
session_backend(struct backend *ret_backend, struct database *database,
		struct error *err)
{
	static const char sql[] =
		"SELECT pid, backend_start FROM pg_catalog.pg_stat_activity "
		"WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()";
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 0, NULL, &rows, err) < 0)
		return fail_in(err, "ask for the backend");
	if (rows_count(rows) != 1)
		return fail(err, "the server doesn't list our own backend");
	ret_backend->pid = (int)rows_number(rows, 0, 0);
	snprintf(ret_backend->start, sizeof(ret_backend->start), "%s",
		 rows_text(rows, 0, 1));
	return 0;
}

static int
refuse_pooler(struct error *err)
{
	return fail_as(err, EXIT_USAGE, "pooler",
		       "there is a pooler in transaction mode before the "
		       "database: settings and locks would leak to others; "
		       "connect to the server itself or in session mode");
}

int
session_refuse_shared(struct database *first, struct database *second,
		      struct error *err)
{
	struct database *const asked[] = {first, second, first};
	int64_t pids[array_size(asked)];

	for (size_t i = 0; i < array_size(asked); i++) {
		auto_rows struct rows *rows = NULL;

		if (database_run(asked[i], "SELECT pg_catalog.pg_backend_pid()",
				 0, NULL, &rows, err) < 0)
			return fail_in(err, "look for a pooler");
		pids[i] = rows_number(rows, 0, 0);
	}
	if (pids[0] != pids[2] || pids[0] == pids[1])
		return refuse_pooler(err);
	return 0;
}
