#include "pgmend.h"

#include "policy/digest.h"
#include "policy/statement.h"
#include "supervisor/database.h"
#include "supervisor/database_session.h"
#include "supervisor/incident.h"
#include "supervisor/turn.h"

#define TURN_WAIT_MIN_MS 1000

void
lock_key(char ret_key[LOCK_KEY_SIZE], const char *purpose, const char *name)
{
	auto_free char *text = xprintf("%s:%s", purpose, name);
	struct digest digest = digest_of(text, strlen(text));
	int64_t key;

	memcpy(&key, digest.bytes, sizeof(key));
	snprintf(ret_key, LOCK_KEY_SIZE, "%lld", (long long)key);
}

char *
lock_holder(struct database *database, const char *key)
{
	auto_rows struct rows *rows = NULL;
	struct error ignored = NO_ERROR;

	if (database_run(database,
			 "SELECT l.pid, a.usename, a.application_name"
			 "  FROM pg_catalog.pg_locks l"
			 "  JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
			 " WHERE l.locktype = 'advisory' AND l.granted"
			 "   AND ((l.classid::pg_catalog.int8 << 32)"
			 "        | l.objid::pg_catalog.int8)"
			 "       = $1::pg_catalog.int8",
			 1, &key, &rows, &ignored) < 0 ||
	    rows_count(rows) == 0)
		return NULL;
	return xprintf("pid %s, role '%s'", rows_text(rows, 0, 0),
		       rows_text(rows, 0, 1));
}

int
lock_hold(struct database *database, const char *key, struct error *err)
{
	auto_free char *holder = NULL;

	if (database_run(database,
			 "SELECT pg_catalog.pg_advisory_lock("
			 "$1::pg_catalog.int8)",
			 1, &key, NULL, err) == 0)
		return 0;
	if (!same_text(database_diagnostic(database)->sqlstate, "55P03"))
		return -1;
	holder = lock_holder(database, key);
	return fail_in(err, "a lock of pgmend's is held by %s",
		       holder == NULL ? "nobody any more" : holder);
}

int
lock_return(struct database *database, const char *key, struct error *err)
{
	return database_run(database,
			    "SELECT pg_catalog.pg_advisory_unlock("
			    "$1::pg_catalog.int8)",
			    1, &key, NULL, err);
}

static int
name_holder(struct database *database, const char *key, struct error *err)
{
	auto_free char *holder = lock_holder(database, key);

	if (holder == NULL)
		return fail_as(err, EXIT_TEMPFAIL, "turn_timeout",
			       "another run of this drift was in the way");
	return fail_as(err, EXIT_TEMPFAIL, "turn_timeout",
		       "another run of this drift is in the way: %s", holder);
}

/* The timeouts are the transaction's, the lock is the session's: the next
 * statement is bounded as it was. */
static int
wait_for(struct database *database, const char *key, int64_t wait_ms,
	 struct error *err)
{
	char wait[24];
	const char *parameters[] = {wait};
	struct error ignored = NO_ERROR;
	bool is_late;

	snprintf(wait, sizeof(wait), "%lld", (long long)wait_ms);
	if (database_command(database, "BEGIN", err) < 0)
		return -1;
	if (database_run(database,
			 "SELECT pg_catalog.set_config('lock_timeout', $1,"
			 " true), pg_catalog.set_config('statement_timeout',"
			 " '0', true)",
			 1, parameters, NULL, err) == 0 &&
	    database_run(database,
			 "SELECT pg_catalog.pg_advisory_lock("
			 "$1::pg_catalog.int8)",
			 1, &key, NULL, err) == 0)
		return database_command(database, "COMMIT", err);
	is_late = same_text(database_diagnostic(database)->sqlstate, "55P03");
	if (!database_is_lost(database))
		database_command(database, "ROLLBACK", &ignored);
	return is_late ? name_holder(database, key, err) : -1;
}

int
turn_take(bool *ret_waited, struct database *database, const char *fingerprint,
	  int64_t wait_ms, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	char key[LOCK_KEY_SIZE];
	const char *parameter = key;
	int status;

	lock_key(key, "pgmend-drift", fingerprint);
	if (database_run(database,
			 "SELECT pg_catalog.pg_try_advisory_lock("
			 "$1::pg_catalog.int8)",
			 1, &parameter, &rows, err) < 0)
		return -1;
	*ret_waited = !rows_is_true(rows, 0, 0);
	if (!*ret_waited)
		return 0;
	if (wait_ms < TURN_WAIT_MIN_MS)
		wait_ms = TURN_WAIT_MIN_MS;
	database_bound(database, wait_ms);
	status = wait_for(database, key, wait_ms, err);
	database_bound(database, SESSION_STATEMENT_MS);
	return status;
}

int
turn_return(struct database *database, const char *fingerprint,
	    struct error *err)
{
	char key[LOCK_KEY_SIZE];

	lock_key(key, "pgmend-drift", fingerprint);
	return lock_return(database, key, err);
}

/* One message may feed two tables under one id: the same payload for another
 * table is another record, and must not pass for written. A statement of
 * constants has no payload but its own text. */
void
turn_identify(struct record *record, const struct turn_records *records)
{
	auto_free char *text = NULL;
	char payload[DIGEST_HEX_SIZE] = "";
	struct digest digest;

	if (record->text != NULL)
		payload_hash(payload, record->text, record->size);
	text = xprintf("%s\n%s\n%s", records->table, payload,
		       records->is_constant ? records->incident->sql : "");
	digest = digest_of(text, strlen(text));
	digest_hex(record->hash, &digest);
}

/* Records as the audit knows them. */
struct claimed {
	struct audit_claims claims;
	const char **hashes; /* owned, as the next */
	int64_t *ordinals;
};

static void
claimed_release(struct claimed *claimed)
{
	free(claimed->hashes);
	free(claimed->ordinals);
}
#define auto_claimed __attribute__((cleanup(claimed_release)))

static struct claimed
claims_of(const struct turn_records *records, const struct record *list,
	  int count)
{
	const struct incident *incident = records->incident;
	struct claimed claimed = {
		.hashes = xcalloc((size_t)count, sizeof(char *)),
		.ordinals = xcalloc((size_t)count, sizeof(int64_t)),
	};

	for (int i = 0; i < count; i++) {
		claimed.hashes[i] = list[i].hash;
		claimed.ordinals[i] = list[i].ordinal;
	}
	claimed.claims = (struct audit_claims){
		.run_id = records->run_id,
		.source_kind = incident->source_kind,
		.source_name = incident->source_name,
		.incident_id = incident->id,
		.count = count,
		.ordinals = claimed.ordinals,
		.payload_hashes = claimed.hashes,
	};
	return claimed;
}

void
turn_prepare_claim(struct claim_statement *ret_claim,
		   const struct turn_records *records,
		   const struct record *list, int count)
{
	auto_claimed struct claimed claimed = claims_of(records, list, count);

	claim_prepare(ret_claim, records->schema, &claimed.claims);
}

int
turn_claim(enum claim_result *ret_results, struct database *work,
	   const struct turn_records *records, const struct record *list,
	   int count, struct error *err)
{
	auto_claimed struct claimed claimed = claims_of(records, list, count);

	return audit_claim(work, records->schema, &claimed.claims, ret_results,
			   err);
}

/* The run that wrote the first of them. */
static int
find_writer(struct repeat *repeat, struct database *database,
	    const struct turn_records *records, struct error *err)
{
	const struct incident *incident = records->incident;
	auto_rows struct rows *rows = NULL;
	auto_free char *schema = quote_name(records->schema);
	auto_free char *sql =
		xprintf("SELECT run_id FROM %s.replayed WHERE source_kind = $1"
			" AND source_name = $2 AND incident_id = $3"
			" ORDER BY ordinal LIMIT 1",
			schema);
	const char *name = incident->source_name;
	const char *parameters[] = {incident->source_kind,
				    name == NULL ? "" : name, incident->id};

	if (database_run(database, sql, 3, parameters, &rows, err) < 0)
		return fail_in(err, "look for replayed records");
	if (rows_count(rows) > 0)
		snprintf(repeat->run_id, sizeof(repeat->run_id), "%s",
			 rows_text(rows, 0, 0));
	return 0;
}

int
turn_repeat(struct repeat *ret_repeat, struct database *database,
	    const struct turn_records *records, const struct record *list,
	    int count, struct error *err)
{
	enum claim_result results[AUDIT_CLAIMS_MAX];
	struct repeat repeat = {.fresh = 0};

	for (int first = 0; first < count; first += AUDIT_CLAIMS_MAX) {
		int some = count - first < AUDIT_CLAIMS_MAX ? count - first
							    : AUDIT_CLAIMS_MAX;
		auto_claimed struct claimed claimed =
			claims_of(records, list + first, some);

		if (audit_claimed(database, records->schema, &claimed.claims,
				  results, err) < 0)
			return -1;
		for (int i = 0; i < some; i++) {
			repeat.fresh += results[i] == CLAIM_NEW;
			repeat.same += results[i] == CLAIM_SAME;
			repeat.other += results[i] == CLAIM_OTHER;
		}
	}
	if (repeat.same > 0 && find_writer(&repeat, database, records, err) < 0)
		return -1;
	*ret_repeat = repeat;
	return 0;
}
