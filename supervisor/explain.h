/*
 * explain.h - judging one statement, replay or mapping from given facts, and
 * saying why.
 */
#ifndef SUPERVISOR_EXPLAIN_H
#define SUPERVISOR_EXPLAIN_H

#include <stdbool.h>

#include "policy/judge.h"
#include "policy/statement.h"

struct document;
struct policy;

enum question_kind { QUESTION_STATEMENT, QUESTION_REPLAY, QUESTION_MAPPING };

/* What is asked. Texts are borrowed. */
struct question {
	enum question_kind kind;
	const char *sql; /* the statement; of a replay the INSERT, or NULL */
	size_t size;
	const char *schema, *table; /* the incident's table, or NULL */
	const char *column;	    /* of a mapping */
	const char *transform;	    /* of a mapping, or NULL for none */
	/*
	 * The facts of one action of the statement, or of the table when there
	 * is no action (-1). What the statement itself gives is added to them.
	 */
	void (*collect)(struct facts *facts, const struct statement *statement,
			int action, const void *context);
	/* What only a catalogue knows; NULL where there is none. The floor's
	 * part (the statement is NULL for a replay), and what makes any verdict
	 * wait for a person. */
	bool (*check)(const struct statement *statement,
		      struct refusal *refusal, const void *context);
	void (*warn)(struct verdict *total, const struct statement *statement,
		     const void *context);
	/* What an action would do, as lines for a person, or NULL; the caller
	 * frees. NULL where there is no catalogue. */
	char *(*describe)(const struct statement *statement, int action,
			  const void *context);
	/* The same as members of the action's JSON. */
	void (*detail)(struct document *document,
		       const struct statement *statement, int action,
		       const void *context);
	const void *context;
};

struct answer_action {
	enum operation operation;
	char *target, *sql; /* owned; sql may be NULL */
	char *effects;	    /* owned lines for a person, or NULL */
	struct verdict verdict;
};

struct answer {
	struct verdict total;
	struct facts facts; /* of the action that decided; texts borrowed */
	struct answer_action actions[STATEMENT_ACTIONS_MAX];
	int count;
	struct statement *statement; /* owned; the facts' texts may be its */
};

void explain(struct answer *ret_answer, const struct policy *policy,
	     const struct question *question);
void answer_release(struct answer *answer);

#endif
