#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/audit_state.h"
#include "supervisor/chain.h"
#include "supervisor/database.h"

#define SCHEMA_VERSION "1"
#define SCHEMA_MAX 48

static const char *const kind_names[AUDIT_KINDS] = {
	[AUDIT_RUN_RECEIVED] = "run.received",
	[AUDIT_RUN_COALESCED] = "run.coalesced",
	[AUDIT_EVIDENCE_COLLECTED] = "evidence.collected",
	[AUDIT_MODEL_REQUESTED] = "model.requested",
	[AUDIT_MODEL_ANSWERED] = "model.answered",
	[AUDIT_PROPOSAL_PARSED] = "proposal.parsed",
	[AUDIT_POLICY_VERDICT] = "policy.verdict",
	[AUDIT_APPROVAL_REQUESTED] = "approval.requested",
	[AUDIT_APPROVAL_GRANTED] = "approval.granted",
	[AUDIT_APPROVAL_REJECTED] = "approval.rejected",
	[AUDIT_DDL_INTENT] = "ddl.intent",
	[AUDIT_DDL_COMMITTED] = "ddl.committed",
	[AUDIT_DDL_ABORTED] = "ddl.aborted",
	[AUDIT_DDL_UNKNOWN] = "ddl.unknown",
	[AUDIT_VERIFY_OK] = "verify.ok",
	[AUDIT_VERIFY_FAILED] = "verify.failed",
	[AUDIT_REPLAY_BATCH] = "replay.batch",
	[AUDIT_ALERT_SENT] = "alert.sent",
	[AUDIT_ALERT_FAILED] = "alert.failed",
	[AUDIT_RUN_FINISHED] = "run.finished",
	[AUDIT_ANCHOR] = "audit.anchor",
};

const char *
audit_kind_name(enum audit_kind kind)
{
	return kind_names[kind];
}

int
audit_check_schema(const char *schema, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t size = strlen(schema);

	if (size == 0 || size > SCHEMA_MAX || strspn(schema, allowed) != size)
		return fail_as(err, EXIT_USAGE, "usage",
			       "audit schema '%s': lower-case letters, digits "
			       "and underscores, at most %d",
			       schema, SCHEMA_MAX);
	return 0;
}

static int
refuse_missing(struct database *database, const char *schema, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(database,
			 "SELECT pg_catalog.current_database(), session_user",
			 0, NULL, &rows, err) < 0)
		return -1;
	return fail_as(err, EXIT_USAGE, "audit_missing",
		       "database %s has no audit schema %s that %s may write "
		       "to; make it: pgmend init --db ADMIN --role %s "
		       "--schema %s",
		       rows_text(rows, 0, 0), schema, rows_text(rows, 0, 1),
		       rows_text(rows, 0, 1), schema);
}

/* A neighbour who may create schemas could put a function of theirs where we
 * look for ours; only init makes the owner's role. */
static int
check_append(struct database *database, const char *schema, struct error *err)
{
	static const char sql[] =
		"SELECT FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace n, "
		"pg_catalog.pg_roles r "
		"WHERE n.nspname = $1 AND p.pronamespace = n.oid "
		"AND p.proname = 'append' AND r.rolname = $1 || '_owner' "
		"AND NOT r.rolcanlogin AND n.nspowner = r.oid "
		"AND p.proowner = r.oid "
		"AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') "
		"AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')";
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 1, &schema, &rows, err) < 0)
		return -1;
	return rows_count(rows) == 1 ? 0
				     : refuse_missing(database, schema, err);
}

/* A version's number stays where only tables came: meta takes no update. */
static int
check_version(struct database *database, const char *schema, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT m.value FROM \"%s\".meta m"
		" WHERE m.key = 'schema_version' AND NOT EXISTS ("
		"   SELECT FROM pg_catalog.unnest("
		"     '{witness,reservation,v_reservation}'::pg_catalog.text[])"
		"     AS newer (name)"
		"    WHERE pg_catalog.to_regclass(pg_catalog.format("
		"            '%%I.%%I', $1::pg_catalog.text, newer.name)) IS "
		"NULL)",
		schema);
	auto_rows struct rows *rows = NULL;

	if (database_run(database, sql, 1, &schema, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1 ||
	    !same_text(rows_text(rows, 0, 0), SCHEMA_VERSION))
		return fail_as(err, EXIT_USAGE, "audit_version",
			       "audit schema %s is of another version; run "
			       "pgmend init again",
			       schema);
	return 0;
}

int
audit_open(struct audit **ret_audit, struct database *database,
	   const char *schema, const void *key, size_t key_size,
	   struct error *err)
{
	struct audit_report report;
	struct audit *audit;

	if (audit_check_schema(schema, err) < 0 ||
	    check_append(database, schema, err) < 0 ||
	    check_version(database, schema, err) < 0 ||
	    audit_verify(&report, database,
			 &(struct audit_scope){schema, true, key, key_size},
			 err) < 0)
		return fail_in(err, "open the audit");
	audit = xcalloc(1, sizeof(*audit));
	audit->database = database;
	audit->schema = xstrdup(schema);
	audit->key = key;
	audit->key_size = key_size;
	audit->unanchored = report.events;
	memcpy(audit->chain_id, report.chain_id, sizeof(audit->chain_id));
	*ret_audit = audit;
	return 0;
}

void
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	free(audit->schema);
	free(audit);
}

void
audit_cleanup(struct audit **audit)
{
	audit_free(*audit);
}

const char *
audit_chain_id(const struct audit *audit)
{
	return audit->chain_id;
}

int64_t
audit_last_seq(const struct audit *audit)
{
	return audit->last_seq;
}

const char *
audit_last_hash(const struct audit *audit)
{
	return audit->last_hash;
}

/* A body of append() that hashes something else would break the chain slowly.
 */
static int
check_answer(struct event *event, const struct rows *rows, struct error *err)
{
	struct digest expected;

	event->seq = rows_number(rows, 0, 0);
	event->at_us = rows_number(rows, 0, 1);
	if (!digest_parse(&event->prev_hash, rows_text(rows, 0, 2)) ||
	    !digest_parse(&event->hash, rows_text(rows, 0, 3)))
		return fail_as(err, EXIT_AUDIT_BROKEN, "audit_broken",
			       "append() answered without hashes");
	expected = event_hash(event);
	if (!digest_same(&event->hash, &expected))
		return fail_as(err, EXIT_AUDIT_BROKEN, "audit_broken",
			       "event %lld was hashed wrongly by append()",
			       (long long)event->seq);
	return 0;
}

static int
append(struct audit *audit, struct event *event, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT seq, at_us, pg_catalog.encode(prev_hash, 'hex'), "
		"pg_catalog.encode(hash, 'hex') FROM \"%s\".append($1::uuid, "
		"$2::integer, $3, $4, $5, pg_catalog.decode($6, 'hex'))",
		audit->schema);
	auto_rows struct rows *rows = NULL;
	char run_seq[16], mac[DIGEST_HEX_SIZE] = "";

	if (event->has_mac)
		digest_hex(mac, &event->mac);
	snprintf(run_seq, sizeof(run_seq), "%d", event->run_seq);
	if (database_run(audit->database, sql, 6,
			 (const char *const[]){event->run_id, run_seq,
					       event->actor, event->kind,
					       event->body, mac},
			 &rows, err) < 0)
		return -1;
	return check_answer(event, rows, err);
}

int
audit_append(struct audit *audit, const char *actor, enum audit_kind kind,
	     const char *body, struct error *err)
{
	auto_free char *ascii = json_ascii(body);
	struct event event = {
		.run_id = audit->run_id,
		.run_seq = audit->run_seq + 1,
		.actor = actor,
		.kind = kind_names[kind],
		.body = ascii,
		.has_mac = audit->key != NULL,
	};

	if (event.has_mac)
		event.mac = event_mac(&event, audit->key, audit->key_size);
	if (append(audit, &event, err) < 0)
		return fail_in(err, "record %s", event.kind);
	audit->run_seq = event.run_seq;
	audit->last_seq = event.seq;
	digest_hex(audit->last_hash, &event.hash);
	return 0;
}
