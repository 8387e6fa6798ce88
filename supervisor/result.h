/*
 * result.h - the outcome of one run: the JSON object on standard output, the
 * text for a terminal, and the exit code, all from one struct.
 */
#ifndef SUPERVISOR_RESULT_H
#define SUPERVISOR_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pgmend.h"
#include "supervisor/prices.h"
#include "supervisor/record.h"

struct catalog;
struct document;
struct plan;
struct replay;

enum outcome {
	OUTCOME_NONE, /* the run goes on */
	OUTCOME_HEALED,
	OUTCOME_ALREADY_HEALED,
	OUTCOME_COALESCED,
	OUTCOME_ESCALATED,
	OUTCOME_REFUSED,
	OUTCOME_NOT_DRIFT,
	OUTCOME_DRY_RUN,
	OUTCOME_TRANSIENT,
	OUTCOME_ROLLED_BACK,
	OUTCOME_UNKNOWN,
	OUTCOME_UNSAFE,
	OUTCOME_ERROR,
	OUTCOMES
};

const char *outcome_name(enum outcome outcome);
/* The outcome that an error's exit reason stands for. */
enum outcome outcome_of(enum exit_reason reason);

enum timing {
	TIMING_TOTAL,
	TIMING_SPAWN,
	TIMING_ATTEST,
	TIMING_FACTS, /* the catalogue, and whose code would run */
	TIMING_TRIAL,
	TIMING_MODEL,
	TIMING_LOCK_WAIT,
	TIMING_DDL,
	TIMING_REPLAY,
	TIMING_PROOF,
	TIMING_COMMIT,
	TIMING_AUDIT, /* appends of the supervisor */
	TIMINGS
};

struct result {
	enum outcome outcome;
	enum exit_reason exit;
	char reason_code[40];
	char message[1024];
	char run_id[37];
	const char *incident_id; /* borrowed, as every pointer here */
	char fingerprint[65];
	const char *database;
	const struct catalog *catalog; /* the target; NULL while unknown */
	const struct plan *plan;       /* NULL: there is none */
	const char *policy_files, *policy_meaning;
	const char *policy_signer; /* NULL: nobody signed */
	bool attested;
	unsigned layers;		/* bits of enum jail_layer */
	const char *planner;		/* NULL: none was asked */
	const char *model;		/* its id; NULL: none was asked */
	int requests, refused_requests; /* carried, and refused at the gate */
	struct usage usage;
	int64_t cost_microusd;
	unsigned courier_layers;
	int64_t replayed, rejected;   /* rows; records */
	int64_t repeated;	      /* records that were written before */
	struct rejections rejections; /* the first of them; owned */
	const struct replay *replay;  /* as it was written; or NULL */
	int64_t timings_us[TIMINGS];
	const char *chain_id;
	int64_t audit_seq;
	const char *audit_hash;
};

/* Sets outcome, exit code, reason code and sentence. */
__attribute__((format(printf, 5, 6))) void
result_end(struct result *result, enum outcome outcome, enum exit_reason reason,
	   const char *code, const char *format, ...);
/* The same from an error. */
void result_fail(struct result *result, const struct error *err);

/* The object that goes to standard output and into run.finished. */
struct document *result_document(const struct result *result);
/* For people; text of others is escaped. */
void result_write_text(FILE *out, const struct result *result);

#endif
