#include "pgmend.h"

#include "policy/policy.h"
#include "supervisor/audit.h"
#include "supervisor/configuration.h"
#include "supervisor/connect.h"
#include "supervisor/courier.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/endpoint.h"
#include "supervisor/lock.h"
#include "supervisor/run.h"
#include "supervisor/worker.h"

#define SEAL_TIMEOUT_MS 10000

/* Where the audit can't be opened the result alone says why. */
int
end_unproven(struct run *run)
{
	struct error unrecorded = NO_ERROR;

	worker_free(run->worker);
	worker_free(run->second);
	run->worker = run->second = NULL;
	courier_free(run->courier);
	run->courier = NULL;
	connect_records(run, &unrecorded);
	return -1;
}

int
spawn_worker(struct run *run, struct error *err)
{
	if (worker_spawn(&run->worker, err) < 0 ||
	    (has_two_planners(run) && worker_spawn(&run->second, err) < 0))
		return end_unproven(run);
	return 0;
}

int
attest_worker(struct run *run, struct error *err)
{
	unsigned required = policy_settings(run->policy)->sandbox_require;
	int64_t deadline = wire_now_ms() + SEAL_TIMEOUT_MS;
	const struct jail *jail;

	if (worker_attest(run->worker, required, deadline, err) < 0 ||
	    (run->second != NULL &&
	     worker_attest(run->second, required, deadline, err) < 0))
		return end_unproven(run);
	jail = worker_jail(run->worker);
	run->result.attested = true;
	run->result.layers = jail->achieved;
	run->result.timings_us[TIMING_SPAWN] = jail->spawn_us;
	run->result.timings_us[TIMING_ATTEST] = jail->attest_us;
	return 0;
}

int
connect_records(struct run *run, struct error *err)
{
	if (connect_both(run, err) < 0)
		return -1;
	if (secret_read(&run->audit_key, AUDIT_KEY_NAME,
			getenv(AUDIT_KEY_VARIABLE), err) < 0)
		return -1;
	return audit_open(&run->audit, run->records, run->schema,
			  run->audit_key.bytes, run->audit_key.size, err);
}

/* A login that can do more than heal would make every other limit void. */
static const char powerful_roles[] =
	"SELECT r.rolname, CASE"
	"         WHEN r.rolsuper THEN 'is a superuser'"
	"         WHEN r.rolbypassrls THEN 'has BYPASSRLS'"
	"         WHEN r.rolcreaterole THEN 'has CREATEROLE'"
	"         WHEN r.rolreplication THEN 'has REPLICATION'"
	"         ELSE 'reaches outside the database' END"
	"  FROM pg_catalog.pg_roles r"
	" WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')"
	"   AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole"
	"        OR r.rolreplication"
	"        OR r.rolname IN ('pg_execute_server_program',"
	"                         'pg_read_server_files',"
	"                         'pg_write_server_files',"
	"                         'pg_write_all_data'))"
	" ORDER BY r.rolname <> session_user, r.rolname LIMIT 1";

/* With pipelines configured: their roles, their tables' owners, those of the
 * schemas where a table of theirs isn't yet, the audit's writer, and no other.
 * $1: roles, $2: tables, both JSON arrays; $3: writer. */
static const char needless_roles[] =
	"SELECT r.rolname"
	"  FROM pg_catalog.pg_auth_members m"
	"  JOIN pg_catalog.pg_roles r ON r.oid = m.roleid"
	"  JOIN pg_catalog.pg_roles l ON l.oid = m.member"
	" WHERE l.rolname = session_user"
	"   AND r.rolname <> $3"
	"   AND r.rolname NOT IN (SELECT"
	"       pg_catalog.json_array_elements_text($1::pg_catalog.json))"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c"
	"       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"       WHERE c.relowner = r.oid"
	"         AND n.nspname || '.' || c.relname IN (SELECT"
	"       pg_catalog.json_array_elements_text($2::pg_catalog.json)))"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n,"
	"       pg_catalog.json_array_elements_text($2::pg_catalog.json) t"
	"       WHERE n.nspowner = r.oid"
	"         AND pg_catalog.starts_with(t, n.nspname || '.')"
	"         AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c"
	"             WHERE c.relnamespace = n.oid"
	"               AND n.nspname || '.' || c.relname = t))"
	" ORDER BY 1 LIMIT 1";

static int
check_membership(struct run *run, struct error *err)
{
	const struct configuration *configuration = run->configuration;
	auto_document struct document *roles = document_array();
	auto_document struct document *tables = document_array();
	auto_free char *roles_text = NULL, *tables_text = NULL;
	auto_free char *writer = xprintf("%s_writer", run->schema);
	auto_rows struct rows *rows = NULL;

	for (int i = 0; i < configuration->pipeline_count; i++) {
		const struct pipeline *pipeline = &configuration->pipelines[i];

		if (pipeline->role != NULL)
			document_text(roles, NULL, pipeline->role);
		for (int t = 0; t < pipeline->table_count; t++)
			document_text(tables, NULL, pipeline->tables[t]);
	}
	roles_text = document_print(roles);
	tables_text = document_print(tables);
	if (database_run(run->records, needless_roles, 3,
			 (const char *[]){roles_text, tables_text, writer},
			 &rows, err) < 0)
		return fail_in(err, "check the login role");
	if (rows_count(rows) == 0)
		return 0;
	return fail_as(err, EXIT_UNSAFE, "role_needless",
		       "the login is a member of '%s', which no pipeline "
		       "needs: REVOKE it",
		       rows_text(rows, 0, 0));
}

/* A login that skips triggers and foreign keys would write rows that the
 * pipeline could not. */
static int
check_triggers_fire(struct run *run, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(run->records,
			 "SELECT pg_catalog.current_setting("
			 "'session_replication_role')",
			 0, NULL, &rows, err) < 0)
		return fail_in(err, "check the login role");
	if (same_text(rows_text(rows, 0, 0), "origin"))
		return 0;
	return fail_as(err, EXIT_UNSAFE, "triggers_are_off",
		       "the login has session_replication_role = %s: triggers "
		       "and foreign keys would be skipped",
		       rows_text(rows, 0, 0));
}

int
check_role(struct run *run, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(run->records, powerful_roles, 0, NULL, &rows, err) < 0)
		return fail_in(err, "check the login role");
	if (rows_count(rows) > 0)
		return fail_as(err, EXIT_UNSAFE, "role_powerful",
			       "the login has the role '%s', which %s: heal "
			       "with a plain role",
			       rows_text(rows, 0, 0), rows_text(rows, 0, 1));
	if (check_triggers_fire(run, err) < 0)
		return -1;
	if (run->configuration->pipeline_count == 0)
		return 0;
	return check_membership(run, err);
}

/* What the database's and the endpoint's reconnects read, in one list; the
 * paths are borrowed. */
static const char **
readable_files(char *const *database, const char *const *endpoint)
{
	const char **files;
	int count = 0;

	for (int i = 0; database[i] != NULL; i++)
		count++;
	for (int i = 0; endpoint != NULL && endpoint[i] != NULL; i++)
		count++;
	files = xcalloc((size_t)count + 1, sizeof(*files));
	count = 0;
	for (int i = 0; database[i] != NULL; i++)
		files[count++] = database[i];
	for (int i = 0; endpoint != NULL && endpoint[i] != NULL; i++)
		files[count++] = endpoint[i];
	return files;
}

int
lock_supervisor(struct run *run, struct error *err)
{
	char **database = database_files(run->records);
	auto_free const char **endpoint =
		run->endpoint == NULL ? NULL : endpoint_files(run->endpoint);
	auto_free const char **files = readable_files(database, endpoint);
	unsigned database_port = database_tcp_port(run->records);
	unsigned ports[3] = {0};
	int count = 0, status;
	struct lock_terms terms = {
		.read_paths = files,
		.tcp_ports = ports,
		.may_lack_landlock =
			!(policy_settings(run->policy)->sandbox_require &
			  1u << JAIL_LANDLOCK),
	};

	if (database_port != 0)
		ports[count++] = database_port;
	if (run->endpoint != NULL)
		ports[count++] = endpoint_dialled_port(run->endpoint);
	status = lock_self(&terms, err);
	database_files_free(database);
	return status;
}
