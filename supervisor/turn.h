/*
 * turn.h - one run at a time for one drift, and each record written once.
 */
#ifndef SUPERVISOR_TURN_H
#define SUPERVISOR_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/audit.h"
#include "supervisor/record.h"
#include "supervisor/uuid.h"

struct database;
struct error;
struct incident;

/*
 * Takes the session advisory lock of the fingerprint, waiting at most so long.
 * EXIT_TEMPFAIL names who holds it. `ret_waited`: it wasn't free at once.
 */
int turn_take(bool *ret_waited, struct database *database,
	      const char *fingerprint, int64_t wait_ms, struct error *err);

/* Gives it back; closing the connection does so too. */
int turn_return(struct database *database, const char *fingerprint,
		struct error *err);

/* The key of a session or transaction advisory lock: eight bytes of the
 * SHA-256 of purpose and name, as decimal text. */
#define LOCK_KEY_SIZE 24
void
lock_key(char ret_key[LOCK_KEY_SIZE], const char *purpose, const char *name);

/* "pid 7, role 'x'" of who holds such a lock, for the person who asks why
 * nothing happens; NULL when nobody does. The caller frees it. */
char *lock_holder(struct database *database, const char *key);

/*
 * A session lock that is held for a few statements, on the audit connection,
 * whose appends must not wait for a transaction's end. It waits as long as the
 * session does for any lock; the error names who holds it.
 */
int lock_hold(struct database *database, const char *key, struct error *err);
/* Gives it back; closing the connection does so too. */
int lock_return(struct database *database, const char *key, struct error *err);

/* What makes a record be written once, beside the record itself. */
struct turn_records {
	const struct incident *incident;
	const char *table;  /* schema.table, quoted: where they are written */
	bool is_constant;   /* the statement has no parameters */
	const char *schema; /* of the audit */
	const char *run_id;
};

/* Fills in the record's hash. */
void turn_identify(struct record *record, const struct turn_records *records);

/* How many of the records were written before: as they are, or others under
 * their keys. */
struct repeat {
	int fresh, same, other;
	char run_id[UUID_TEXT_SIZE]; /* of a run that wrote one; or "" */
};

int turn_repeat(struct repeat *ret_repeat, struct database *database,
		const struct turn_records *records, const struct record *list,
		int count, struct error *err);

/* The keys of records that are all new, as a statement to be sent with others;
 * what is in it lives as long as the records. */
void turn_prepare_claim(struct claim_statement *ret_claim,
			const struct turn_records *records,
			const struct record *list, int count);

/* Inserts their keys inside the caller's transaction; one result for each of
 * at most AUDIT_CLAIMS_MAX. */
int turn_claim(enum claim_result *ret_results, struct database *work,
	       const struct turn_records *records, const struct record *list,
	       int count, struct error *err);

#endif
