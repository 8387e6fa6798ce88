/*
 * turn.h - one run at a time for one drift, and each record written once.
 */
#ifndef SUPERVISOR_TURN_H
#define SUPERVISOR_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/audit.h"

struct catalog;
struct database;
struct error;
struct incident;
struct replay;

/*
 * What the statement wants and the table doesn't have, as sorted lines
 * "column:types", names quoted: the part of a fingerprint that tells drifts
 * apart. The caller frees it.
 */
char *
fingerprint_columns(const struct replay *replay, const struct catalog *catalog);

/*
 * Takes the session advisory lock of the fingerprint, waiting at most so long.
 * EXIT_TEMPFAIL names who holds it. `ret_waited`: it wasn't free at once.
 */
int turn_take(bool *ret_waited, struct database *database,
	      const char *fingerprint, int64_t wait_ms, struct error *err);

/* The key of a session or transaction advisory lock: eight bytes of the
 * SHA-256 of purpose and name, as decimal text. */
#define LOCK_KEY_SIZE 24
void
lock_key(char ret_key[LOCK_KEY_SIZE], const char *purpose, const char *name);

/* The records of an incident, by the keys that make each be written once. */
struct turn_records {
	const struct incident *incident;
	const struct catalog *catalog; /* the table that they are written to */
	int count;
	bool is_constant;   /* the statement has no parameters */
	const char *schema; /* of the audit */
	const char *run_id;
};

/* Were they written before? The strictest answer of all: other, new, same. */
int turn_repeat(enum claim_result *ret_result, struct database *database,
		const struct turn_records *records, struct error *err);

/* Inserts their keys inside the caller's transaction. */
int turn_claim(enum claim_result *ret_result, struct database *work,
	       const struct turn_records *records, struct error *err);

/* Distinct other incidents of this drift in the history: one record is no
 * drift. */
int turn_witnesses(int64_t *ret_count, struct database *database,
		   const struct turn_records *records, const char *fingerprint,
		   struct error *err);

#endif
