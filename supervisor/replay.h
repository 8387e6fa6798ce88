/*
 * replay.h - the failed INSERT again, exactly as the pipeline would have sent
 * it, from many records at once (drift.md, "No number type of ours").
 *
 * Values go to the server as the text that came in, strings without their
 * quotes: no number and no time is ever converted here. The statement is
 * prepared after the DDL; the parameters' types are the server's own word.
 */
#ifndef SUPERVISOR_REPLAY_H
#define SUPERVISOR_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/insert.h"
#include "policy/vocabulary.h"

struct catalog;
struct database;
struct error;
struct grounds;
struct incident;
struct json;
struct loader;
struct record;
struct refusal;
struct statement_run;

struct replay {
	const struct incident *incident; /* borrowed, as the next two */
	struct insert *insert;		 /* owned where it is mapped */
	const struct loader *loader;
	char **keys; /* of $1, $2, ...: members of the payload */
	struct mapped_parameter
		*mapped; /* the same, where fields were mapped */
};

/*
 * Binds the statement's parameters to payload keys. EXIT_BAD_INCIDENT when one
 * has no key, or there is no payload to take it from. When the statement names
 * no columns they are taken from the catalogue, by position.
 */
int replay_bind(struct replay *ret_replay, const struct incident *incident,
		struct insert *insert, const struct loader *loader,
		const struct catalog *catalog, struct error *err);
void replay_free(struct replay *replay);

/* The same replay with fields mapped to other columns, or through a transform;
 * false with the refusal of insert_map(). */
bool replay_map(struct replay *ret_replay, const struct replay *replay,
		const struct field_mapping *mappings, int count,
		struct refusal *refusal);

/* The statement that the pipeline should use from now on; NULL unless fields
 * are mapped, or when it had a RETURNING, which a person must take over. The
 * caller frees it. */
char *replay_statement(const struct replay *replay);

/* How many records there are: payloads, or one for a statement of constants. */
int replay_count(const struct replay *replay);

/* One of them; its hash is not filled in. */
struct record replay_record(const struct replay *replay, int index);

/* The payload key whose value goes to the column in a row of the statement, or
 * NULL (a constant); and in its first row. */
const char *replay_row_key(const struct replay *replay, int row, int column);
const char *replay_key(const struct replay *replay, int column);

/* True when what the record means depends on a setting that nobody fixed. */
bool
replay_is_dependent(const struct replay *replay, const struct catalog *catalog,
		    const struct json *json, int payload);

/* The oid of the date or time in a type, its elements or bounds; 0: none. */
struct type;
unsigned replay_time_in(const struct type *type);

/* replay.conflict and replay.session_dependent. */
void replay_facts(struct facts *facts, const struct replay *replay,
		  const struct catalog *catalog);

/*
 * The statement for the table as it is now, and the values that it wants: its
 * parameters are arrays of them, one element a record. All are texts.
 */
struct replay_form {
	char *sql;
	int count; /* of the values; 0: it has no parameters */
	struct replay_value {
		char *key; /* owned */
		enum reading reading;
	} * values;
	char *plain;	 /* the statement with $n, and what the server */
	unsigned *types; /* takes them for */
	int type_count;
};

/*
 * From Parse and Describe alone. The transaction holds the table's lock from
 * here on: nobody adds a trigger to it, renames it or drops it. The caller
 * frees ret_form.
 */
int replay_prepare(struct replay_form **ret_form, const struct replay *replay,
		   struct database *database, struct error *err);
/* For another transaction: takes the lock, and fails (EXIT_TEMPFAIL,
 * facts_changed) when the parameters' types are others now. */
int replay_prepare_again(const struct replay_form *form,
			 struct database *database, struct error *err);
void replay_form_free(struct replay_form *form);
void replay_form_cleanup(struct replay_form **form);
#define auto_form __attribute__((cleanup(replay_form_cleanup)))

/* Writes a record's values behind each other, as arrays hold their elements
 * (array.h). Returns their end. */
char *replay_write_values(char *ret_values, const struct replay_form *form,
			  const struct json *json);
/* What they take at most, of a record of so many bytes. */
size_t replay_values_max(const struct replay_form *form, size_t size);

/*
 * Inserts the records inside the caller's transaction, as the loader, and makes
 * constraints immediate; in one round trip. On failure the transaction, or a
 * savepoint before, is to be rolled back; database_diagnostic() says what the
 * server said. EXIT_ROLLED_BACK, code rows_differ, when the server took the
 * statement, and other than the expected number of rows; code claim_conflict,
 * when the claim failed because a key is there already.
 */
struct replay_rows {
	const struct replay *replay;
	const struct replay_form *form;
	const struct record *records;
	int count;
	const char *release, *savepoint;   /* to be said first; or NULL */
	const struct statement_run *claim; /* of their keys, before them; or
					    * NULL */
	bool (*meanwhile)(void *context);  /* as in database.h; or NULL */
	void *context;
};

int replay_run(int64_t *ret_rows, const struct replay_rows *rows,
	       struct database *database, struct error *err);

/*
 * Looks, after the rows were written, at what else the transaction wrote to:
 * the table owner's own trigger may lead to a table where others' code runs.
 * A RESET ROLE in one shows here, too. EXIT_ROLLED_BACK, code foreign_code.
 * `audit_schema`: where the records' keys were written; NULL: nowhere.
 */
int replay_check_reach(const struct replay *replay, struct database *database,
		       const char *audit_schema, struct error *err);

/* What the trial met. */
struct trial {
	bool works;
	char sqlstate[6];
	char *message; /* for the audit; may hold the payload's text */
	char *context;
	char *column, *constraint; /* as the server named them; "" else */
};

/* So many of the incident's records are tried, and go into the transaction of
 * the change; the rest follows. */
#define REPLAY_WITNESSES_MAX 1000

/* Fails (EXIT_TEMPFAIL, facts_changed) unless the table and what hangs on it
 * are still those of the judgement. */
int grounds_check(const struct grounds *grounds, struct database *database,
		  struct error *err);

/* The replay in a transaction that is rolled back, whatever happens. Nothing
 * runs unless the table and the hazards are still those of the judgement. */
int replay_try(struct trial *ret_trial, const struct grounds *grounds,
	       struct database *database, struct error *err);
/* Part of it, inside the caller's transaction, which is to be rolled back. */
int replay_meet(struct trial *ret_trial, const struct grounds *grounds,
		struct database *database, struct error *err);
void trial_free(struct trial *trial);

#endif
