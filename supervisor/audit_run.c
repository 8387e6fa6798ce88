#include <pwd.h>

#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/audit_state.h"
#include "supervisor/chain.h"
#include "supervisor/database.h"
#include "supervisor/document.h"

/* Opening a chain stays fast: so many events are verified again and again at
 * most. */
#define ANCHOR_EVERY 1000

static int
lock_run(struct audit *audit, const char *run_id, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(audit->database,
			 "SELECT pg_catalog.pg_try_advisory_lock("
			 "pg_catalog.hashtextextended('pgmend run ' || $1, 0))",
			 1, &run_id, &rows, err) < 0)
		return -1;
	if (!rows_is_true(rows, 0, 0))
		return fail_as(err, EXIT_TEMPFAIL, "run_is_alive",
			       "another process works on run %s", run_id);
	snprintf(audit->run_id, sizeof(audit->run_id), "%s", run_id);
	return 0;
}

int
audit_release(struct audit *audit, struct error *err)
{
	const char *run_id = audit->run_id;

	return database_run(
		audit->database,
		"SELECT pg_catalog.pg_advisory_unlock("
		"pg_catalog.hashtextextended('pgmend run ' || $1, 0))",
		1, &run_id, NULL, err);
}

/* The head as it is now, to be kept inside a body: a chain that is rewritten
 * later doesn't lead to it any more. */
static int
add_head(struct document *body, struct audit *audit, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT h.seq, pg_catalog.encode(h.hash, 'hex'), e.at "
		"FROM \"%s\".chain_head h LEFT JOIN \"%s\".event e USING (seq)",
		audit->schema, audit->schema);
	auto_rows struct rows *rows = NULL;
	struct document *head;

	if (database_run(audit->database, sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1)
		return fail_as(err, EXIT_AUDIT_BROKEN, "audit_broken",
			       "the audit chain has no head");
	head = document_object();
	document_number(head, "seq", rows_number(rows, 0, 0));
	document_text(head, "hash", rows_text(rows, 0, 1));
	document_text(head, "at", rows_text(rows, 0, 2));
	document_add(body, "head", head);
	return 0;
}

/* One column of `run` and one member of run.received. */
struct field {
	const char *name, *value;
};

#define RUN_FIELDS 13

static void
collect_fields(struct field ret_fields[RUN_FIELDS], const struct audit_run *run,
	       const char *host)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct field fields[RUN_FIELDS] = {
		{"run_id", run->run_id},
		{"incident_id", run->incident_id},
		{"incident_hash", run->incident_hash},
		{"fingerprint", run->fingerprint},
		{"source_kind", run->source_kind},
		{"source_name", run->source_name},
		{"pipeline", run->pipeline},
		{"mode", run->mode},
		{"occurred_at", run->occurred_at},
		{"policy_files", run->policy_files},
		{"policy_meaning", run->policy_meaning},
		{"host", host},
		{"os_user", user == NULL ? "unknown" : user->pw_name},
	};

	memcpy(ret_fields, fields, sizeof(fields));
}

static int
insert_run(struct audit *audit, const struct field fields[RUN_FIELDS],
	   struct error *err)
{
	auto_free char *sql = xprintf(
		"INSERT INTO \"%s\".run (run_id, incident_id, incident_hash, "
		"fingerprint, source_kind, source_name, pipeline, mode, "
		"occurred_at, policy_files, policy_meaning, host, os_user, "
		"version) VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, "
		"$9::timestamptz, $10, $11, $12, $13, $14)",
		audit->schema);
	const char *values[RUN_FIELDS + 1];

	for (int i = 0; i < RUN_FIELDS; i++)
		values[i] = fields[i].value;
	values[RUN_FIELDS] = PGMEND_VERSION;
	return database_run(audit->database, sql, RUN_FIELDS + 1, values, NULL,
			    err);
}

static int
append_received(struct audit *audit, const struct field fields[RUN_FIELDS],
		struct error *err)
{
	auto_document struct document *body = document_object();
	auto_free char *text = NULL;

	if (add_head(body, audit, err) < 0)
		return -1;
	for (int i = 0; i < RUN_FIELDS; i++)
		document_text(body, fields[i].name, fields[i].value);
	document_text(body, "version", PGMEND_VERSION);
	text = document_print(body);
	return audit_append(audit, "supervisor", AUDIT_RUN_RECEIVED, text, err);
}

static int
append_anchor(struct audit *audit, struct error *err)
{
	auto_document struct document *body = document_object();
	auto_free char *text = NULL;

	if (add_head(body, audit, err) < 0)
		return -1;
	text = document_print(body);
	audit->unanchored = 0;
	return audit_append(audit, "supervisor", AUDIT_ANCHOR, text, err);
}

int
audit_begin(struct audit *audit, const struct audit_run *run, struct error *err)
{
	struct field fields[RUN_FIELDS];
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	collect_fields(fields, run, host);
	if (lock_run(audit, run->run_id, err) < 0)
		return -1;
	audit->run_seq = 0;
	if (append_received(audit, fields, err) < 0 ||
	    insert_run(audit, fields, err) < 0)
		return fail_in(err, "begin the record of the run");
	return audit->unanchored < ANCHOR_EVERY ? 0 : append_anchor(audit, err);
}

int
audit_resume(struct audit *audit, const char *run_id, struct error *err)
{
	auto_free char *sql =
		xprintf("SELECT coalesce(max(run_seq), 0) FROM \"%s\".event "
			"WHERE run_id = $1::uuid",
			audit->schema);
	auto_rows struct rows *rows = NULL;

	if (lock_run(audit, run_id, err) < 0 ||
	    database_run(audit->database, sql, 1, &run_id, &rows, err) < 0)
		return fail_in(err, "resume run %s", run_id);
	audit->run_seq = (int)rows_number(rows, 0, 0);
	return 0;
}

int
audit_escalate(struct audit *audit, const struct audit_escalation *escalation,
	       struct error *err)
{
	auto_free char *sql = xprintf(
		"INSERT INTO \"%s\".approval (run_id, decision, plan_sha256, "
		"plan, approvers, fingerprint) VALUES ($1::uuid, 'requested', "
		"$2, $3::json, $4::integer, $5)",
		audit->schema);
	auto_free char *plan = json_ascii(escalation->plan);
	char approvers[16];

	snprintf(approvers, sizeof(approvers), "%d", escalation->approvers);
	if (database_run(audit->database, sql, 5,
			 (const char *const[]){
				 audit->run_id, escalation->plan_sha256, plan,
				 approvers, escalation->fingerprint},
			 NULL, err) < 0)
		return fail_in(err, "store the plan for approval");
	return 0;
}

static char *
hex_of(const char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = xcalloc(2 * size + 1, 1);

	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)bytes[i] & 0x0f];
	}
	return hex;
}

int
audit_artifact(struct audit *audit, const char *kind, const char *text,
	       size_t size, char *ret_hash, struct error *err)
{
	auto_free char *sql = xprintf(
		"INSERT INTO \"%s\".artifact (run_id, hash, kind, content) "
		"VALUES ($1::uuid, $2, $3, pg_catalog.decode($4, 'hex')) "
		"ON CONFLICT DO NOTHING",
		audit->schema);
	auto_free char *content = hex_of(text, size);
	struct digest digest = digest_of(text, size);
	char hash[DIGEST_HEX_SIZE];

	digest_hex(hash, &digest);
	if (database_run(
		    audit->database, sql, 4,
		    (const char *const[]){audit->run_id, hash, kind, content},
		    NULL, err) < 0)
		return fail_in(err, "keep an artifact");
	memcpy(ret_hash, hash, sizeof(hash));
	return 0;
}
