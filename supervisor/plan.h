/*
 * plan.h - a proposal that was understood, and what was decided about it.
 *
 * Only text comes from the planner: its statements are parsed, understood in
 * full, rendered again, and judged by facts that the planner never gave. Its
 * diagnosis, reasoning and claim of risk are kept for people and decide
 * nothing.
 */
#ifndef SUPERVISOR_PLAN_H
#define SUPERVISOR_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/judge.h"
#include "policy/statement.h"
#include "sandbox/json.h"
#include "supervisor/replay.h"

struct catalog;
struct document;
struct hazards;
struct policy;
struct suspects;

#define PLAN_STATEMENTS_MAX 16
#define PLAN_MAPPINGS_MAX 64
#define PLAN_TEXT_MAX 16384 /* bytes of diagnosis and of reasoning */

/* A field that goes to another column, or through a transform; owned. */
struct mapping {
	char *field, *column;
	char *transform; /* NULL: as it is */
};

struct plan {
	struct statement *statements[PLAN_STATEMENTS_MAX];
	char *sql[PLAN_STATEMENTS_MAX];	     /* rendered: what is executed */
	char *proposed[PLAN_STATEMENTS_MAX]; /* as it came */
	int count;
	struct mapping mappings[PLAN_MAPPINGS_MAX];
	int mapping_count;
	struct replay mapped; /* the replay with them; empty unless the
			       * judge understood them */
	char *diagnosis, *reasoning, *risk_level;
	char *advice[PLAN_STATEMENTS_MAX]; /* for a person */
	int advice_count;
	char sha256[65];
	struct verdict verdict;
	char reason_code[32]; /* of a refusal or an escalation, else "ok" */
};

/* What a plan is judged against; everything is borrowed. */
struct grounds {
	const struct policy *policy;
	const struct catalog *catalog;
	const struct hazards *hazards;
	const struct replay *replay;	 /* NULL: only statements are judged */
	struct facts facts;		 /* the incident's and the replay's */
	const struct suspects *suspects; /* NULL: nobody was asked */
};

/*
 * Reads the arguments of propose_repair. NULL and a sentence in `ret_mistake`
 * (256 bytes) when they don't have that form. The plan isn't judged yet.
 */
struct plan *
plan_read(const struct json *json, int arguments, char *ret_mistake);
/* A plan without statements: the replay alone. */
struct plan *plan_of_replay(void);
void plan_free(struct plan *plan);
void plan_cleanup(struct plan **plan);
#define auto_plan __attribute__((cleanup(plan_cleanup)))

/*
 * Understands, renders and judges every statement, and the replay; fills in
 * sql, sha256, verdict and reason_code. Cannot fail: what isn't understood is
 * denied. Judged again inside the transaction with facts read anew.
 */
void plan_judge(struct plan *plan, const struct grounds *grounds);

/* What is replayed under the plan: as the mappings have it, if there are any.
 */
const struct replay *
plan_replay(const struct plan *plan, const struct replay *original);
/* The same grounds with that replay, and its facts. */
struct grounds
plan_grounds(const struct plan *plan, const struct grounds *grounds);
/* Adds what a time means in a column that the plan makes, or makes a time: the
 * catalogue knows of none yet. */
void plan_replay_facts(struct facts *facts, const struct plan *plan,
		       const struct grounds *grounds);

/* Part of plan_judge(): understands the mappings and judges each by its column.
 */
struct verdict
plan_judge_mappings(struct plan *plan, const struct grounds *grounds);
/* For the plan's hash: "" without mappings. */
void plan_write_mappings(FILE *out, const struct plan *plan);

/* Reads the member "mapping" of a proposal, or of a plan's own document. NULL,
 * or what is wrong with it. */
const char *
plan_read_mappings(struct plan *plan, const struct json *json, int list);

/* The floor's part that needs the catalogue: F10, F11 and F13. */
bool plan_suits_catalog(const struct statement *statement,
			const struct catalog *catalog, struct refusal *refusal);
/* A static sentence about what a statement would change beside what it says,
 * or NULL: then it waits for a person. */
const char *
plan_warning(const struct statement *statement, const struct catalog *catalog);

/* Adds a sentence for the person whom the plan waits for. */
void plan_advise(struct plan *plan, const char *advice);
/* Makes an allowed plan wait for a person, whatever policy says. */
void plan_escalate(struct plan *plan, const char *label, const char *sentence);

/* Denies an allowed plan: the server refused the write when it was tried. */
void plan_deny(struct plan *plan, const char *code, const char *meaning,
	       const char *sqlstate);

/* The replay alone, before anything of the incident runs. */
struct verdict judge_replay(const struct grounds *grounds);

/* The plan as the result, the audit and an approval show it. */
struct document *
plan_document(const struct plan *plan, const struct catalog *catalog);
/* What undoes the action, its lock, rewrite and scan: members of its JSON.
 * Null without a catalogue. */
void
plan_add_effects(struct document *document, const struct statement *statement,
		 int action, const struct catalog *catalog);
struct document *plan_mappings_document(const struct plan *plan);
struct document *verdict_document(const struct verdict *verdict);

#endif
