/*
 * The chain's arithmetic by itself. With a connection string as argument (the
 * end-to-end tests give it) also the audit's functions against a database that
 * `pgmend init` has prepared.
 */
#include "supervisor/audit.h"
#include "supervisor/chain.h"
#include "supervisor/database.h"
#include "supervisor/uuid.h"
#include "tests/test.h"

#define KEY "a key of the test"
#define FINGERPRINT "00ff"

static void
test_chain(void)
{
	struct event event = {
		.seq = 7,
		.at_us = 1700000000000000,
		.run_seq = 2,
		.run_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
		.actor = "supervisor",
		.kind = "run.received",
		.body = "{}",
		.prev_hash = chain_genesis("chain"),
	};
	struct digest hash = event_hash(&event), mac;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hex, &event.prev_hash);
	test_text("genesis is the hash of the chain's id", hex,
		  "16cb66858f078ae3960824bf5a60da81641edb9884e11ab1c8656bb68530"
		  "075f");
	event.has_mac = true;
	event.mac = event_mac(&event, KEY, strlen(KEY));
	mac = event.mac;
	event.hash = event_hash(&event);
	test("a MAC is part of the hash", !digest_same(&hash, &event.hash));
	event.seq = 8;
	event.mac = event_mac(&event, KEY, strlen(KEY));
	test("a MAC doesn't depend on the place in the chain",
	     digest_same(&mac, &event.mac));
	event.actor = "supervisorrun.";
	event.kind = "received";
	event.mac = event_mac(&event, KEY, strlen(KEY));
	test("fields that run together make another MAC",
	     !digest_same(&mac, &event.mac));
}

static void
test_ascii(void)
{
	auto_free char *plain = json_ascii("{\"a\":\"b\\n\"}");
	auto_free char *escaped = json_ascii("\"\u00fc\u202e\U0001f600\"");
	auto_free char *broken = json_ascii("\"\xff\"");

	test_text("ASCII stays as it is", plain, "{\"a\":\"b\\n\"}");
	test_text("other characters become escapes", escaped,
		  "\"\\u00fc\\u202e\\ud83d\\ude00\"");
	test_text("invalid UTF-8 becomes the replacement character", broken,
		  "\"\\ufffd\"");
}

static void
test_digest(void)
{
	struct digest digest = digest_of("x", 1), parsed;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hex, &digest);
	test("a digest is read back from its hex",
	     digest_parse(&parsed, hex) && digest_same(&digest, &parsed));
	hex[0] = 'X';
	test("anything but hex is no digest", !digest_parse(&parsed, hex));
	test("a shorter text is no digest", !digest_parse(&parsed, "00"));
	test("no text is no digest", !digest_parse(&parsed, NULL));
}

static void
test_names(void)
{
	struct error err = NO_ERROR;
	bool all = true;

	for (int kind = 0; kind < AUDIT_KINDS; kind++)
		all = all && audit_kind_name((enum audit_kind)kind) != NULL;
	test("every kind of event has a name", all);
	test("a plain schema name is allowed",
	     audit_check_schema("pgmend_2", &err) == 0);
	test("a schema name that needs quoting is refused",
	     audit_check_schema("a\"b", &err) < 0 && err.reason == EXIT_USAGE);
	test("a schema name with capitals is refused",
	     audit_check_schema("Pgmend", &err) < 0);
	test("an empty schema name is refused",
	     audit_check_schema("", &err) < 0);
}

/* Against a database. */

struct trial {
	const char *conninfo;
	char run_id[UUID_TEXT_SIZE];
	struct error err;
};

static int
open_trial(struct database **ret_database, struct audit **ret_audit,
	   struct trial *trial)
{
	if (database_open(ret_database, trial->conninfo, "test", &trial->err) <
	    0)
		return -1;
	return audit_open(ret_audit, *ret_database, AUDIT_SCHEMA_DEFAULT, KEY,
			  strlen(KEY), &trial->err);
}

static int
begin(struct audit *audit, struct trial *trial)
{
	struct audit_run run = {
		.run_id = trial->run_id,
		.incident_id = "topic/0/1",
		.incident_hash = "aa",
		.source_kind = "app",
		.occurred_at = "2026-11-22T10:00:00Z",
		.fingerprint = FINGERPRINT,
		.mode = "heal",
	};

	uuid_v7(trial->run_id);
	return audit_begin(audit, &run, &trial->err);
}

static void
test_run(struct trial *trial)
{
	auto_database struct database *database = NULL;
	auto_audit struct audit *audit = NULL;
	struct audit_report report;
	char hash[65];

	test("an audit opens", open_trial(&database, &audit, trial) == 0);
	test("a run begins", begin(audit, trial) == 0);
	test("an event is appended",
	     audit_append(audit, "agent", AUDIT_PROPOSAL_PARSED,
			  "{\"diagnosis\":\"gr\u00fc\u00dfe\"}",
			  &trial->err) == 0);
	test("the seq of the last event is known", audit_last_seq(audit) >= 2);
	test("an artifact is kept", audit_artifact(audit, "prompt", "a\0b", 3,
						   hash, &trial->err) == 0 &&
					    strlen(hash) == 64);
	test("the same artifact is kept once",
	     audit_artifact(audit, "prompt", "a\0b", 3, hash, &trial->err) ==
		     0);
	test("the chain verifies with the key",
	     audit_verify(&report, database,
			  &(struct audit_scope){AUDIT_SCHEMA_DEFAULT, false,
						KEY, strlen(KEY)},
			  &trial->err) == 0 &&
		     report.mac_checked == report.events);
	test("the chain doesn't verify with another key",
	     audit_verify(&report, database,
			  &(struct audit_scope){AUDIT_SCHEMA_DEFAULT, false,
						"no", 2},
			  &trial->err) < 0 &&
		     trial->err.reason == EXIT_AUDIT_BROKEN);
	test_text("its last hash is the head's", audit_last_hash(audit),
		  report.head);
}

static void
test_keyless(struct trial *trial)
{
	auto_database struct database *database = NULL;
	auto_audit struct audit *audit = NULL;
	struct audit_run run = {
		.incident_id = "x",
		.incident_hash = "x",
		.source_kind = "x",
		.mode = "heal",
		.run_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
	};

	database_open(&database, trial->conninfo, "test", &trial->err);
	test("a chain with MACs opens without the key",
	     audit_open(&audit, database, AUDIT_SCHEMA_DEFAULT, NULL, 0,
			&trial->err) == 0);
	test("without the key nothing is appended to it",
	     audit_begin(audit, &run, &trial->err) < 0 &&
		     strstr(trial->err.text, "audit-hmac") != NULL);
}

static void
test_resume(struct trial *trial)
{
	auto_database struct database *first = NULL, *second = NULL;
	auto_audit struct audit *living = NULL, *recovery = NULL;
	auto_rows struct rows *rows = NULL;

	open_trial(&first, &living, trial);
	begin(living, trial);
	audit_append(living, "supervisor", AUDIT_DDL_INTENT,
		     "{\"plan\":{\"actions\":[]}}", &trial->err);
	open_trial(&second, &recovery, trial);
	test("a living run can't be resumed",
	     audit_resume(recovery, trial->run_id, &trial->err) < 0 &&
		     same_text(trial->err.code, "run_is_alive"));
	test("a living run is not unresolved",
	     audit_unresolved(&rows, second, AUDIT_SCHEMA_DEFAULT,
			      &trial->err) == 0 &&
		     (rows_count(rows) == 0 ||
		      !same_text(rows_text(rows, rows_count(rows) - 1, 0),
				 trial->run_id)));
	rows_free(take(rows));
	test("a run lets go of its lock",
	     audit_release(living, &trial->err) == 0);
	audit_unresolved(&rows, second, AUDIT_SCHEMA_DEFAULT, &trial->err);
	test_text("a run without an end is unresolved",
		  rows_text(rows, rows_count(rows) - 1, 0), trial->run_id);
	test_text("its intent comes with it",
		  rows_text(rows, rows_count(rows) - 1, 3),
		  "{\"plan\":{\"actions\":[]}}");
	test("it is resumed and its numbers go on",
	     audit_resume(recovery, trial->run_id, &trial->err) == 0 &&
		     audit_append(recovery, "supervisor", AUDIT_DDL_ABORTED,
				  "{}", &trial->err) == 0);
}

static void
test_claims(struct trial *trial)
{
	auto_database struct database *work = NULL;
	const int64_t ordinals[] = {3, 0, 1};
	const char *hashes[] = {"cc", "aa", "bb"};
	struct audit_claims claims = {
		.run_id = trial->run_id,
		.source_kind = "app",
		.incident_id = trial->run_id,
		.count = 3,
		.ordinals = ordinals,
		.payload_hashes = hashes,
	};
	enum claim_result results[3];

	database_open(&work, trial->conninfo, "test", &trial->err);
	test("records that nobody claimed are new",
	     audit_claimed(work, AUDIT_SCHEMA_DEFAULT, &claims, results,
			   &trial->err) == 0 &&
		     results[0] == CLAIM_NEW && results[2] == CLAIM_NEW);
	claims.count = 2;
	test("new records are claimed",
	     audit_claim(work, AUDIT_SCHEMA_DEFAULT, &claims, results,
			 &trial->err) == 0 &&
		     results[0] == CLAIM_NEW && results[1] == CLAIM_NEW);
	claims.count = 3;
	hashes[1] = "dd";
	database_command(work, "SET search_path = public", &trial->err);
	test("claimed again they are the same, another, or new",
	     audit_claim(work, AUDIT_SCHEMA_DEFAULT, &claims, results,
			 &trial->err) == 0 &&
		     results[0] == CLAIM_SAME && results[1] == CLAIM_OTHER &&
		     results[2] == CLAIM_NEW);
}

static void
test_marker(struct trial *trial)
{
	auto_database struct database *work = NULL;
	struct audit_mark mark = {
		.run_id = trial->run_id,
		.step = 1,
		.sql_hash = "aa",
		.intent_hash = "bb",
	};
	bool is_marked = true;

	database_open(&work, trial->conninfo, "test", &trial->err);
	database_command(work, "BEGIN", &trial->err);
	test("a marker is set inside a transaction",
	     audit_mark(work, AUDIT_SCHEMA_DEFAULT, &mark, &trial->err) == 0);
	database_command(work, "ROLLBACK", &trial->err);
	test("a marker goes with its transaction",
	     audit_is_marked(&is_marked, work, AUDIT_SCHEMA_DEFAULT,
			     trial->run_id, &trial->err) == 0 &&
		     !is_marked);
	audit_mark(work, AUDIT_SCHEMA_DEFAULT, &mark, &trial->err);
	test("a committed marker is found",
	     audit_is_marked(&is_marked, work, AUDIT_SCHEMA_DEFAULT,
			     trial->run_id, &trial->err) == 0 &&
		     is_marked);
}

static void
test_standing(struct trial *trial)
{
	auto_database struct database *database = NULL;
	auto_audit struct audit *audit = NULL;
	auto_standing struct audit_standing *none = NULL, *found = NULL;
	const struct audit_escalation escalation = {
		.plan_sha256 = "ab",
		.plan = "{\"actions\":[]}",
		.approvers = 2,
		.fingerprint = FINGERPRINT,
	};

	open_trial(&database, &audit, trial);
	begin(audit, trial);
	test("no answer stands at first",
	     audit_standing(&none, database, AUDIT_SCHEMA_DEFAULT, "77",
			    &trial->err) == 0 &&
		     none == NULL);
	test("a plan waits for approval",
	     audit_escalate(audit, &escalation, &trial->err) == 0);
	audit_append(audit, "supervisor", AUDIT_RUN_FINISHED,
		     "{\"outcome\":\"escalated\",\"fingerprint\":\"00ff\","
		     "\"catalogue\":\"cc\",\"plan_sha256\":\"ab\"}",
		     &trial->err);
	audit_standing(&found, database, AUDIT_SCHEMA_DEFAULT, FINGERPRINT,
		       &trial->err);
	test_text("the last answer is found by its fingerprint",
		  found == NULL ? NULL : found->run_id, trial->run_id);
	test_text("with what it was about",
		  found == NULL ? NULL : found->catalogue, "cc");
	test("a member that is not there is NULL",
	     found != NULL && found->message == NULL);
}

static void
test_anchor(struct trial *trial)
{
	auto_database struct database *database = NULL;
	auto_audit struct audit *audit = NULL, *again = NULL;
	struct audit_report report;
	int64_t before;

	open_trial(&database, &audit, trial);
	begin(audit, trial);
	for (int i = 0; i < 1001; i++)
		if (audit_append(audit, "supervisor", AUDIT_REPLAY_BATCH, "{}",
				 &trial->err) < 0)
			break;
	test("a long chain opens",
	     audit_open(&again, database, AUDIT_SCHEMA_DEFAULT, KEY,
			strlen(KEY), &trial->err) == 0);
	before = audit_last_seq(audit);
	test("a run after many events leaves an anchor",
	     begin(again, trial) == 0 && audit_last_seq(again) == before + 2);
	test("a chain verifies from its anchor on",
	     audit_verify(&report, database,
			  &(struct audit_scope){AUDIT_SCHEMA_DEFAULT, true, KEY,
						strlen(KEY)},
			  &trial->err) == 0 &&
		     report.events == 1);
	test("and as a whole",
	     audit_verify(&report, database,
			  &(struct audit_scope){AUDIT_SCHEMA_DEFAULT, false,
						KEY, strlen(KEY)},
			  &trial->err) == 0 &&
		     report.events > 1000);
}

int
main(int argc, char **argv)
{
	struct trial trial = {.err = NO_ERROR};

	test_chain();
	test_ascii();
	test_digest();
	test_names();
	if (argc > 1) {
		trial.conninfo = argv[1];
		test_run(&trial);
		test_keyless(&trial);
		test_resume(&trial);
		test_claims(&trial);
		test_marker(&trial);
		test_standing(&trial);
		test_anchor(&trial);
		if (test_failures > 0)
			printf("# last error: %s\n", trial.err.text);
	}
	return test_end();
}
