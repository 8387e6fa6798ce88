/*
 * action.h - one typed action: read from a sub-command, compared, released.
 * Private to policy/; statement.h declares the action itself.
 */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include <stdbool.h>
#include <stdio.h>

struct action;
struct node;
struct refusal;

/* Schema, table and ONLY from a RangeVar: qualified (F04), of this database
 * and of no system schema (F06, F07), permanent. */
bool action_read_relation(struct action *action, struct node *node,
			  struct refusal *refusal);

/* The reader of each sub-command that is an operation. */
bool action_read_add_column(struct action *action, struct node *node,
			    struct refusal *refusal);

/* True when equal in every field. */
bool action_same(const struct action *left, const struct action *right);
void action_release(struct action *action);

/* The sub-command alone: "ADD COLUMN c pg_catalog.text". */
void action_write(FILE *out, const struct action *action);

#endif
