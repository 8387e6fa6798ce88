/*
 * plan_draft.h - a proposal in the making: the brief, taken apart, and what the
 * planners of each class have found so far.
 *
 * Each class is one function of one file (plan_class.h). It adds what is sure,
 * says why, and gives the whole up where something is broken in a way that it
 * can't mend for sure: half a repair is none.
 */
#ifndef AGENT_PLAN_DRAFT_H
#define AGENT_PLAN_DRAFT_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/plan_field.h"

struct json;
struct proposal;

struct draft {
	const struct json *json;
	char *schema, *table; /* owned */
	char *target;	      /* "schema.table" as SQL, owned */
	char *sqlstate;	      /* owned; NULL where there was none */
	struct field *fields; /* the statement's columns */
	int field_count;
	struct proposal *proposal; /* statements, mappings, advice */
	char *actions, *diagnosis, *reasoning; /* of the streams, owned */
	size_t sizes[3];
	FILE *action_stream, *diagnosis_stream, *reasoning_stream;
	int action_count, diagnosis_count;
};

/* Neither the brief nor the proposal is owned. */
void draft_begin(struct draft *draft, const struct json *json,
		 struct proposal *proposal);
/* Puts the statements together, and the texts; frees all else. */
void draft_end(struct draft *draft);

/* One action of an ALTER TABLE, which makes as many as it can hold. */
__attribute__((format(printf, 2, 3))) void
draft_action(struct draft *draft, const char *format, ...);
/* A statement of its own; takes it. */
void draft_statement(struct draft *draft, char *statement);
void draft_map(struct draft *draft, const char *field, const char *column,
	       const char *transform);
/* For a person; with it nothing of the proposal is executable, since what is
 * left of it wouldn't mend the write. */
__attribute__((format(printf, 2, 3))) void
draft_advise(struct draft *draft, const char *format, ...);

/* What is wrong, a part of a sentence each; and why this mends it, a sentence
 * each. */
__attribute__((format(printf, 2, 3))) void
draft_diagnose(struct draft *draft, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
draft_explain(struct draft *draft, const char *format, ...);

/* The first reason stands. */
__attribute__((format(printf, 2, 3))) void
draft_give_up(struct draft *draft, const char *format, ...);

/* Has something been found, or is all lost? */
bool draft_has_plan(const struct draft *draft);
/* Is a field mapped to the column already? */
bool draft_maps_to(const struct draft *draft, const char *column);
/* The statement's column of that name, or NULL. */
const struct field *draft_field(const struct draft *draft, const char *column);

#endif
