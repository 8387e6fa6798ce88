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

#include "policy/judge.h"
#include "policy/statement.h"
#include "sandbox/json.h"

struct catalog;
struct document;
struct hazards;
struct policy;
struct replay;

#define PLAN_STATEMENTS_MAX 16
#define PLAN_TEXT_MAX 16384 /* bytes of diagnosis and of reasoning */

struct plan {
	struct statement *statements[PLAN_STATEMENTS_MAX];
	char *sql[PLAN_STATEMENTS_MAX];	     /* rendered: what is executed */
	char *proposed[PLAN_STATEMENTS_MAX]; /* as it came */
	int count;
	char *diagnosis, *reasoning, *risk_level;
	char **advice;
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
	const struct replay *replay; /* NULL: only statements are judged */
	struct facts facts;	     /* the incident's and the replay's */
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

/* The floor's part that needs the catalogue: F10, F11 and F13. */
bool plan_suits_catalog(const struct statement *statement,
			const struct catalog *catalog, struct refusal *refusal);
/* A static sentence about what a statement would change beside what it says,
 * or NULL: then it waits for a person. */
const char *
plan_warning(const struct statement *statement, const struct catalog *catalog);

/* Makes an allowed plan wait for a person, whatever policy says. */
void plan_escalate(struct plan *plan, const char *label, const char *sentence);

/* The replay alone, before anything of the incident runs. */
struct verdict judge_replay(const struct grounds *grounds);

/* The plan as the result, the audit and an approval show it. */
struct document *
plan_document(const struct plan *plan, const struct catalog *catalog);
struct document *verdict_document(const struct verdict *verdict);
/* Names and values of the facts that were asked for. */
struct document *facts_document(const struct facts *facts);

#endif
