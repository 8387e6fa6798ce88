/*
 * audit.h - the record of every run: a hash chain in the target database.
 *
 * Appends go over a connection of its own, one autocommitted statement an
 * event, through one SECURITY DEFINER function that locks the chain's head.
 * Bodies are the exact bytes that were hashed. Personal data (DETAIL, CONTEXT,
 * prompts) goes to `artifact` only, where it can be deleted without breaking
 * the chain.
 *
 *   hash = SHA256(0x01 || lp(prev) || int8 seq || run_id || int4 run_seq ||
 *                 int8 at_us || lp(actor) || lp(kind) || lp(body) || lp(mac))
 *   mac  = HMAC-SHA256(key, run_id || run_seq || lp(actor) || lp(kind) ||
 *                      lp(body)), empty without a key
 *   genesis = SHA256("pgmend-chain-v1:" || chain id)
 */
#ifndef SUPERVISOR_AUDIT_H
#define SUPERVISOR_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "supervisor/array.h"
#include "supervisor/database.h"

struct error;

#define AUDIT_SCHEMA_DEFAULT "pgmend"
#define AUDIT_KEY_NAME "audit-hmac" /* the secret, optional */
#define AUDIT_KEY_VARIABLE "PGMEND_AUDIT_HMAC_FILE"

/* The name goes into SQL and into the names of four roles: lower-case letters,
 * digits and underscores, at most 48. Anything else is EXIT_USAGE. */
int audit_check_schema(const char *schema, struct error *err);

/* Kinds of events; the names are a contract. */
enum audit_kind {
	AUDIT_RUN_RECEIVED,
	AUDIT_RUN_COALESCED,
	AUDIT_EVIDENCE_COLLECTED,
	AUDIT_MODEL_REQUESTED,
	AUDIT_MODEL_ANSWERED,
	AUDIT_PROPOSAL_PARSED,
	AUDIT_POLICY_VERDICT,
	AUDIT_APPROVAL_REQUESTED,
	AUDIT_APPROVAL_GRANTED,
	AUDIT_APPROVAL_REJECTED,
	AUDIT_DDL_INTENT,
	AUDIT_DDL_COMMITTED,
	AUDIT_DDL_ABORTED,
	AUDIT_DDL_UNKNOWN,
	AUDIT_VERIFY_OK,
	AUDIT_VERIFY_FAILED,
	AUDIT_REPLAY_BATCH,
	AUDIT_ALERT_SENT,
	AUDIT_ALERT_FAILED,
	AUDIT_RUN_FINISHED,
	AUDIT_ANCHOR,
	AUDIT_KINDS
};

const char *audit_kind_name(enum audit_kind kind);

struct audit;

/* What identifies the incident and its run; texts are borrowed. */
struct audit_run {
	const char *run_id; /* UUIDv7, text */
	const char *incident_id, *incident_hash;
	const char *source_kind, *source_name;
	const char *occurred_at; /* RFC 3339, or NULL */
	const char *fingerprint; /* hex, or NULL while unknown */
	const char *policy_files, *policy_meaning;
	const char *pipeline, *mode; /* NULL, "heal" or "dry-run" */
};

/*
 * Takes no ownership of the connection. Checks that the schema is there, made
 * by init and nobody else, and can be appended to (else EXIT_USAGE, code
 * audit_missing, with the command that makes it) and verifies the chain since
 * its last anchor (else EXIT_AUDIT_BROKEN). `key` may be NULL; it is borrowed.
 */
int audit_open(struct audit **ret_audit, struct database *database,
	       const char *schema, const void *key, size_t key_size,
	       struct error *err);
void audit_free(struct audit *audit);
void audit_cleanup(struct audit **audit);
#define auto_audit __attribute__((cleanup(audit_cleanup)))

const char *audit_chain_id(const struct audit *audit);

/*
 * Takes the session advisory lock on the run id, appends run.received, whose
 * body holds the head before it, and then writes the row in `run`. Where much
 * was verified since the last anchor, a new anchor follows.
 */
int audit_begin(struct audit *audit, const struct audit_run *run,
		struct error *err);

/* Goes on with a run that a crash left open: takes the lock on its id (another
 * process holds it: EXIT_TEMPFAIL, run_is_alive) and numbers on. */
int audit_resume(struct audit *audit, const char *run_id, struct error *err);

/* Gives the lock on the run id back; closing the connection does so too. */
int audit_release(struct audit *audit, struct error *err);

/* Appends one event; `body` is one JSON object, stored in ASCII (all else as
 * \uXXXX), so that its bytes are the same in every server encoding and hide
 * nothing. `actor` is "supervisor", "agent" or a person. What the server says
 * that it hashed is computed again: a difference is EXIT_AUDIT_BROKEN. */
int audit_append(struct audit *audit, const char *actor, enum audit_kind kind,
		 const char *body, struct error *err);

/* Keeps a large or personal text beside the chain; returns its SHA-256 in hex
 * in `ret_hash` (65 bytes), to be put into an event's body. */
int audit_artifact(struct audit *audit, const char *kind, const char *text,
		   size_t size, char *ret_hash, struct error *err);

/* Seq and hash (hex) of the last event that this run appended. */
int64_t audit_last_seq(const struct audit *audit);
const char *audit_last_hash(const struct audit *audit);

/* Stores the plan for approval; `plan` is JSON. */
struct audit_escalation {
	const char *plan_sha256, *plan;
	int approvers;
	const char *fingerprint;
};

int
audit_escalate(struct audit *audit, const struct audit_escalation *escalation,
	       struct error *err);

/*
 * The two records that belong into the caller's transaction, on the work
 * connection: the key that makes a record's replay happen once, and the marker
 * that proves a COMMIT.
 */
enum claim_result {
	CLAIM_NEW,   /* not replayed before; audit_claim() has just claimed it
		      */
	CLAIM_SAME,  /* this very record was replayed before */
	CLAIM_OTHER, /* the same key with another payload */
	CLAIM_RESULTS
};

#define AUDIT_CLAIMS_MAX 1000

struct audit_claims {
	const char *run_id;
	const char *source_kind, *source_name; /* NULL is as "" */
	const char *incident_id;
	int count; /* at most AUDIT_CLAIMS_MAX */
	const int64_t *ordinals;
	const char *const *payload_hashes; /* hex */
};

/* One result for each ordinal. Waits for another run that claims the same. */
int audit_claim(struct database *work, const char *schema,
		const struct audit_claims *claims,
		enum claim_result *ret_results, struct error *err);
/*
 * The same for records that are believed to be new, as a statement to be sent
 * with others, at half the cost: where one isn't new it fails with 23505, and
 * nothing is claimed. `schema`, and what the claims borrow, is borrowed.
 */
#define CLAIM_PARAMETERS 6
struct claim_statement {
	struct statement_run run;
	char *sql;		       /* owned, as the next two */
	struct array ordinals, hashes; /* binary parameters */
	const char *values[CLAIM_PARAMETERS];
	int sizes[CLAIM_PARAMETERS];
};
void claim_prepare(struct claim_statement *ret_claim, const char *schema,
		   const struct audit_claims *claims);
void claim_release(struct claim_statement *claim);
#define auto_claim __attribute__((cleanup(claim_release)))

/* The same question, writing nothing. */
int audit_claimed(struct database *work, const char *schema,
		  const struct audit_claims *claims,
		  enum claim_result *ret_results, struct error *err);

struct audit_mark {
	const char *run_id;
	int step;
	const char *sql_hash, *intent_hash;
};

int audit_mark(struct database *work, const char *schema,
	       const struct audit_mark *mark, struct error *err);
/* Is there one of this run and step? The rest of `mark` is ignored. */
int audit_has_mark(bool *ret_has_mark, struct database *database,
		   const char *schema, const struct audit_mark *mark,
		   struct error *err);
/* Is there a marker of this run? */
int audit_is_marked(bool *ret_is_marked, struct database *database,
		    const char *schema, const char *run_id, struct error *err);

/*
 * The last run of this fingerprint that ended escalated or refused by itself,
 * from its run.finished; runs that only repeated such an answer (they have a
 * run.coalesced) are passed over. `*ret_standing` is NULL when there is none.
 * Members that the body lacks are NULL.
 */
struct audit_standing {
	char *run_id, *outcome, *reason_code, *message;
	char *catalogue, *policy_meaning, *plan_sha256, *question;
	char *plan; /* its whole body, where policy's rules alone decided
		     * about a plan; else NULL */
};

int
audit_standing(struct audit_standing **ret_standing, struct database *database,
	       const char *schema, const char *fingerprint, struct error *err);
void audit_standing_free(struct audit_standing *standing);
void audit_standing_cleanup(struct audit_standing **standing);
#define auto_standing __attribute__((cleanup(audit_standing_cleanup)))

/*
 * Runs that a crash left open and that no living process works on: columns
 * run_id, has_intent, has_marker, and the body of the last ddl.intent.
 */
int audit_unresolved(struct rows **ret_rows, struct database *database,
		     const char *schema, struct error *err);

/*
 * Walks the chain from genesis (or from the last anchor; with a key, the last
 * one that carries a MAC) to the head, in one snapshot, and recomputes
 * everything: order, hashes, MACs where there is a key, and the earlier heads
 * that run.received and audit.anchor hold. From the first MAC on every event
 * but approvals must carry one. From genesis also that no run and no marker
 * lacks its event. The first thing that doesn't verify: EXIT_AUDIT_BROKEN with
 * its seq and what is wrong; then broken_seq is set, and nothing else.
 */
struct audit_report {
	int64_t events, first_seq, last_seq;
	int64_t with_mac;    /* events that carry one */
	int64_t mac_checked; /* of these, checked: all, or none without a key */
	int64_t broken_seq;  /* 0: not one event, or none broken */
	char head[65];
	char chain_id[37];
};

/* What is walked; without a key MACs are only counted. */
struct audit_scope {
	const char *schema;
	bool from_anchor;
	const void *key;
	size_t key_size;
};

int audit_verify(struct audit_report *ret_report, struct database *database,
		 const struct audit_scope *scope, struct error *err);

/* `pgmend audit log|verify`, argv[0] = "audit"; returns the exit status. */
int command_audit(int argc, char **argv);

#endif
