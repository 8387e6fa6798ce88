/*
 * action.h - one typed action: read from the parser's tree, compared, written,
 * released. Private to policy/; statement.h declares the action itself.
 *
 * Each operation has a form: which node or sub-command it is read from, and how
 * it is written and undone. A node without a form is no operation (F01).
 */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/vocabulary.h"

struct action;
struct node;
struct refusal;

typedef bool action_reader(struct action *action, struct node *node,
			   struct refusal *refusal);
/* A sub-command without "ALTER TABLE name", or the whole statement. */
typedef void action_writer(FILE *out, const struct action *action);
/* False, with nothing written, when nothing undoes it. */
typedef bool action_undoer(FILE *out, const struct action *action,
			   const struct facts *before);

struct action_form {
	const char *statement; /* the node; NULL for what is no statement */
	const char *command;   /* of AlterTableStmt: the sub-command */
	action_reader *read;
	action_writer *write;
	action_undoer *undo; /* NULL: nothing ever does */
};

/* Never NULL; what isn't read from SQL has no members set. */
const struct action_form *action_form(enum operation operation);
/* The operation of a node, or of a sub-command of AlterTableStmt; -1 for none.
 * CreateStmt gives OP_CREATE_TABLE, and its reader says which it is. */
int action_find_statement(const char *node);
int action_find_command(const char *subtype);

/* --- Parts of actions ----------------------------------------------------- */

/* Schema, table and ONLY from a RangeVar: qualified (F04), of this database
 * and of no system schema (F06, F07), permanent (F08). */
action_reader action_read_relation;
/* The same from a list of names: a table, a type, or with `has_column` a
 * column. */
bool
action_read_names(struct action *action, struct node *node, const char *field,
		  bool has_column, struct refusal *refusal);
/* A column of ADD COLUMN or of a new table, after those words. */
action_reader column_read;
action_writer column_write;
/* COLLATE, of pg_catalog only (F10). */
action_reader collation_read;
action_writer collation_write;
/* What a partition holds. */
action_reader bound_read;
action_writer bound_write;

/* --- Operations ----------------------------------------------------------- */

/* action_column.c */
action_reader add_column_read;
action_writer add_column_write;
action_undoer add_column_undo;
/* action_alter.c: what changes a column that is there */
action_reader alter_type_read, drop_not_null_read, set_default_read;
action_writer alter_type_write, drop_not_null_write, set_default_write;
action_undoer alter_type_undo, drop_not_null_undo, set_default_undo;
/* action_constraint.c */
action_reader constraint_read;
action_writer constraint_write;
action_undoer constraint_undo;
/* action_create.c: a table or a partition */
action_reader create_read;
action_writer create_write;
action_undoer create_undo;
/* action_enum.c, action_comment.c */
action_reader enum_value_read, comment_read;
action_writer enum_value_write, comment_write;

/* --- The whole ------------------------------------------------------------ */

/* True when equal in every field. */
bool action_same(const struct action *left, const struct action *right);
void action_release(struct action *action);

#endif
