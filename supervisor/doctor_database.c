#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/configuration.h"
#include "supervisor/database.h"
#include "supervisor/doctor.h"
#include "supervisor/run.h"
#include "supervisor/secret.h"
#include "supervisor/server_version.h"

/* A setting, or another fact of the server's, as one row of two columns: is it
 * as it should be, and what is it. */
static const struct question {
	const char *name;
	const char *sql;
	enum finding_state otherwise;
	const char *mend;
} questions[] = {
	{"durability",
	 "SELECT pg_catalog.current_setting('fsync') = 'on'"
	 "   AND pg_catalog.current_setting('full_page_writes') = 'on'"
	 "   AND pg_catalog.current_setting('synchronous_commit') <> 'off',"
	 " 'fsync=' || pg_catalog.current_setting('fsync')"
	 " || ' full_page_writes='"
	 " || pg_catalog.current_setting('full_page_writes')"
	 " || ' synchronous_commit='"
	 " || pg_catalog.current_setting('synchronous_commit')",
	 FINDING_WEAKER,
	 "set all three on, else a crash can lose what pgmend reports as "
	 "committed"},
	{"writable",
	 "SELECT NOT pg_catalog.pg_is_in_recovery()"
	 "   AND pg_catalog.current_setting('default_transaction_read_only')"
	 "       = 'off',"
	 " CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'a standby'"
	 " ELSE 'default_transaction_read_only=' || pg_catalog.current_setting("
	 "'default_transaction_read_only') END",
	 FINDING_MISSING, "connect to the primary, with a role that may write"},
	{"encryption",
	 "SELECT s.ssl OR pg_catalog.inet_server_addr() IS NULL"
	 "   OR pg_catalog.inet_server_addr() <<= '127.0.0.0/8'"
	 "   OR pg_catalog.inet_server_addr() = '::1',"
	 " CASE WHEN s.ssl THEN s.version || ' ' || s.cipher"
	 " WHEN pg_catalog.inet_server_addr() IS NULL THEN 'a unix socket'"
	 " ELSE 'TCP, not encrypted' END"
	 " FROM pg_catalog.pg_stat_ssl s"
	 " WHERE s.pid = pg_catalog.pg_backend_pid()",
	 FINDING_WEAKER, "sslmode=verify-full"},
};

static void
ask(struct doctor *doctor, struct database *database,
    const struct question *question)
{
	auto_rows struct rows *rows = NULL;
	struct error err = NO_ERROR;

	if (database_run(database, question->sql, 0, NULL, &rows, &err) < 0) {
		doctor_note(doctor, question->name, question->otherwise,
			    xstrdup(err.text), question->mend);
		return;
	}
	if (rows_count(rows) == 0)
		return;
	doctor_note(doctor, question->name,
		    rows_is_true(rows, 0, 0) ? FINDING_OK : question->otherwise,
		    xstrdup(rows_text(rows, 0, 1)), question->mend);
}

static void
look_at_server(struct doctor *doctor, const struct database *database)
{
	int version = database_server_version(database);
	bool is_tested = server_version_is_tested(version);
	bool is_old = version < SERVER_VERSION_MIN;

	doctor_note(doctor, "server",
		    is_old	? FINDING_MISSING
		    : is_tested ? FINDING_OK
				: FINDING_WEAKER,
		    xprintf("PostgreSQL %d.%d%s", version / 10000,
			    version % 10000,
			    is_old || is_tested
				    ? ""
				    : ", which pgmend isn't tested with"),
		    is_old ? "PostgreSQL 13 or newer"
			   : "make check runs every test with the newest "
			     "server that is installed");
}

/* What every heal asks of its login. */
static void
look_at_role(struct doctor *doctor, struct run *run)
{
	struct error err = NO_ERROR;

	if (check_role(run, &err) < 0)
		doctor_note(doctor, "role", FINDING_MISSING, xstrdup(err.text),
			    "a plain login role, member only of the roles that "
			    "own the tables and that load them");
	else
		doctor_note(doctor, "role", FINDING_OK,
			    xstrdup("no more than healing needs"), NULL);
}

static void
look_at_audit(struct doctor *doctor, struct run *run)
{
	auto_secret struct secret key = {0};
	auto_audit struct audit *audit = NULL;
	struct error err = NO_ERROR;

	if (secret_read(&key, AUDIT_KEY_NAME, getenv(AUDIT_KEY_VARIABLE),
			&err) < 0 ||
	    audit_open(&audit, run->records, run->schema, key.bytes, key.size,
		       &err) < 0) {
		doctor_note(doctor, "audit", FINDING_MISSING, xstrdup(err.text),
			    "pgmend init makes the audit schema; pgmend audit "
			    "verify shows where a chain is broken");
		return;
	}
	doctor_note(doctor, "audit", FINDING_OK,
		    xprintf("schema %s, and its chain verifies", run->schema),
		    NULL);
	doctor_note(doctor, "audit-key",
		    key.bytes == NULL ? FINDING_WEAKER : FINDING_OK,
		    xstrdup(key.bytes == NULL ? "none" : "configured"),
		    "a secret " AUDIT_KEY_NAME
		    " (LoadCredential, or " AUDIT_KEY_VARIABLE
		    "): without it an owner of the tables "
		    "can rewrite the chain as a whole");
}

void
doctor_look_at_database(struct doctor *doctor, const char *conninfo)
{
	struct configuration none = {0};
	auto_database struct database *database = NULL;
	struct error err = NO_ERROR;
	struct run run = {0};

	if (database_open(&database, conninfo, "pgmend doctor", &err) < 0) {
		doctor_note(doctor, "connection", FINDING_MISSING,
			    xstrdup(err.text),
			    "--db, the PG variables, or db in pgmend.conf");
		return;
	}
	doctor_note(doctor, "connection", FINDING_OK, xstrdup("established"),
		    NULL);
	run.records = database;
	run.configuration = (struct configuration *)doctor->configuration;
	if (run.configuration == NULL)
		run.configuration = &none;
	run.schema = run.configuration->audit_schema != NULL
			     ? run.configuration->audit_schema
			     : AUDIT_SCHEMA_DEFAULT;
	look_at_server(doctor, database);
	look_at_role(doctor, &run);
	look_at_audit(doctor, &run);
	for (size_t i = 0; i < array_size(questions); i++)
		ask(doctor, database, &questions[i]);
}
