#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

static const struct action_form forms[OPERATIONS] = {
	[OP_ADD_COLUMN] = {"AlterTableStmt", "AT_AddColumn", add_column_read,
			   add_column_write, add_column_undo},
	[OP_ALTER_TYPE] = {"AlterTableStmt", "AT_AlterColumnType",
			   alter_type_read, alter_type_write, alter_type_undo},
	[OP_DROP_NOT_NULL] = {"AlterTableStmt", "AT_DropNotNull",
			      drop_not_null_read, drop_not_null_write,
			      drop_not_null_undo},
	[OP_SET_DEFAULT] = {"AlterTableStmt", "AT_ColumnDefault",
			    set_default_read, set_default_write,
			    set_default_undo},
	[OP_ADD_CONSTRAINT] = {"AlterTableStmt", "AT_AddConstraint",
			       constraint_read, constraint_write,
			       constraint_undo},
	[OP_ADD_ENUM_VALUE] = {"AlterEnumStmt", NULL, enum_value_read,
			       enum_value_write, NULL},
	[OP_CREATE_TABLE] = {"CreateStmt", NULL, create_read, create_write,
			     create_undo},
	[OP_CREATE_PARTITION] = {"CreateStmt", NULL, create_read, create_write,
				 create_undo},
	[OP_COMMENT] = {"CommentStmt", NULL, comment_read, comment_write, NULL},
};

const struct action_form *
action_form(enum operation operation)
{
	return &forms[operation];
}

int
action_find_statement(const char *node)
{
	for (int i = 0; i < OPERATIONS; i++)
		if (forms[i].statement != NULL && forms[i].command == NULL &&
		    strcmp(forms[i].statement, node) == 0)
			return i;
	return -1;
}

int
action_find_command(const char *subtype)
{
	for (int i = 0; i < OPERATIONS; i++)
		if (forms[i].command != NULL &&
		    strcmp(forms[i].command, subtype) == 0)
			return i;
	return -1;
}

/* --- The relation --------------------------------------------------------- */

static bool
set_relation(struct action *action, const char *schema, const char *table,
	     struct refusal *refusal)
{
	if (*schema == '\0')
		return refuse(refusal, "F04",
			      "\"%.63s\" isn't schema-qualified", table);
	action->schema = xstrdup(schema);
	action->table = xstrdup(table);
	return name_schema_is_acceptable(schema, refusal);
}

bool
action_read_relation(struct action *action, struct node *node,
		     struct refusal *refusal)
{
	if (!node_is(node, "RangeVar") || *node_text(node, "relname") == '\0')
		return refuse(refusal, "F01", "there is no table here");
	if (*node_text(node, "catalogname") != '\0')
		return refuse(refusal, "F06",
			      "a table of another database is not accepted");
	if (!set_relation(action, node_text(node, "schemaname"),
			  node_text(node, "relname"), refusal))
		return false;
	if (strcmp(node_text(node, "relpersistence"), "p") != 0)
		return refuse(refusal, "F08",
			      "a temporary or unlogged table is not accepted");
	action->only = !node_flag(node, "inh");
	return true;
}

bool
action_read_names(struct action *action, struct node *node, const char *field,
		  bool has_column, struct refusal *refusal)
{
	int count = node_count(node, field);
	int own = has_column ? count - 1 : count; /* without the column */
	const char *schema = own > 1 ? name_of_item(node, field, own - 2) : "";
	const char *table = name_of_item(node, field, own - 1);

	if (own > 2)
		return refuse(refusal, "F06",
			      "a relation of another database is not accepted");
	if (own < 1 || *table == '\0' ||
	    (has_column && *name_of_item(node, field, count - 1) == '\0'))
		return refuse(refusal, "F04", "a name is incomplete");
	if (has_column)
		action->column = xstrdup(name_of_item(node, field, count - 1));
	return set_relation(action, schema, table, refusal);
}

/* --- The whole ------------------------------------------------------------ */

void
action_release(struct action *action)
{
	struct expression *expressions[] = {
		action->default_value,	  action->bound.from,
		action->bound.to,	  action->bound.in,
		action->constraint.check, action->constraint.columns,
		action->constraint.key,
	};
	char *texts[] = {
		action->schema,
		action->table,
		action->column,
		action->collation,
		action->parent,
		action->text,
		action->neighbor,
		action->constraint.name,
		action->constraint.schema,
		action->constraint.table,
	};

	for (size_t i = 0; i < array_size(expressions); i++)
		expression_free(expressions[i]);
	for (size_t i = 0; i < array_size(texts); i++)
		free(texts[i]);
	for (int i = 0; i < action->column_count; i++)
		action_release(&action->columns[i]);
	free(action->columns);
	type_release(&action->type);
	*action = (struct action){.schema = NULL};
}

static bool
same_bound(const struct bound *left, const struct bound *right)
{
	return left->kind == right->kind && left->modulus == right->modulus &&
	       left->remainder == right->remainder &&
	       expression_same(left->from, right->from) &&
	       expression_same(left->to, right->to) &&
	       expression_same(left->in, right->in);
}

static bool
same_constraint(const struct constraint *left, const struct constraint *right)
{
	return left->kind == right->kind &&
	       same_text(left->name, right->name) &&
	       same_text(left->schema, right->schema) &&
	       same_text(left->table, right->table) &&
	       expression_same(left->check, right->check) &&
	       expression_same(left->columns, right->columns) &&
	       expression_same(left->key, right->key);
}

static bool
same_columns(const struct action *left, const struct action *right)
{
	if (left->column_count != right->column_count)
		return false;
	for (int i = 0; i < left->column_count; i++)
		if (!action_same(&left->columns[i], &right->columns[i]))
			return false;
	return true;
}

bool
action_same(const struct action *left, const struct action *right)
{
	return left->operation == right->operation &&
	       left->only == right->only &&
	       left->if_not_exists == right->if_not_exists &&
	       left->not_null == right->not_null &&
	       left->is_before == right->is_before &&
	       same_text(left->schema, right->schema) &&
	       same_text(left->table, right->table) &&
	       same_text(left->column, right->column) &&
	       same_text(left->collation, right->collation) &&
	       same_text(left->parent, right->parent) &&
	       same_text(left->text, right->text) &&
	       same_text(left->neighbor, right->neighbor) &&
	       type_same(&left->type, &right->type) &&
	       expression_same(left->default_value, right->default_value) &&
	       same_columns(left, right) &&
	       same_bound(&left->bound, &right->bound) &&
	       same_constraint(&left->constraint, &right->constraint);
}
