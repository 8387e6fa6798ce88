#include "pgmend.h"
#include "policy/action.h"
#include "policy/statement.h"

void
statement_free(struct statement *statement)
{
	if (statement == NULL)
		return;
	for (int i = 0; i < statement->count; i++)
		action_release(&statement->actions[i]);
	free(statement);
}

void
statement_cleanup(struct statement **statement)
{
	statement_free(*statement);
}

/* --- What may be near the table ------------------------------------------- */

/* A type of another schema could be anyone's: a domain, a composite. That one
 * of the same schema is an enum, only the catalogue can say. */
static bool
type_is_near(const struct action *action, const struct type *type,
	     struct refusal *refusal)
{
	if (type->schema == NULL || strcmp(type->schema, "pg_catalog") == 0 ||
	    strcmp(type->schema, action->schema) == 0)
		return true;
	return refuse(refusal, "F10",
		      "the type %.63s.%.63s is neither of pg_catalog nor of "
		      "the table's schema",
		      type->schema, type->name);
}

static bool
reference_is_near(const struct action *action, struct refusal *refusal)
{
	const char *schema = action->constraint.schema;

	if (schema == NULL || strcmp(schema, action->schema) == 0)
		return true;
	return refuse(refusal, "F09",
		      "a foreign key to the schema \"%.63s\" is not accepted",
		      schema);
}

static bool
action_is_near(const struct action *action, struct refusal *refusal)
{
	if (!type_is_near(action, &action->type, refusal) ||
	    !reference_is_near(action, refusal))
		return false;
	for (int i = 0; i < action->column_count; i++)
		if (!type_is_near(action, &action->columns[i].type, refusal))
			return false;
	return true;
}

/* --- The statement -------------------------------------------------------- */

static bool
read_command(struct action *action, struct node *node, struct refusal *refusal)
{
	const char *subtype;
	int operation;

	if (!node_is(node, "AlterTableCmd"))
		return refuse(refusal, "F01", "there is no sub-command here");
	subtype = node_word(node, "subtype");
	operation = action_find_command(subtype);
	if (operation < 0)
		return refuse(refusal, "F01",
			      "the sub-command %s is not one of the operations",
			      strncmp(subtype, "AT_", 3) == 0 ? subtype + 3
							      : "?");
	/* Set for every sub-command, whether or not it can drop anything. */
	if (strcmp(node_word(node, "behavior"), "DROP_RESTRICT") != 0)
		return refuse(refusal, "F01", "CASCADE is not accepted");
	action->operation = (enum operation)operation;
	return action_form(action->operation)->read(action, node, refusal);
}

static bool
read_alter_table(struct statement *statement, struct node *node,
		 struct refusal *refusal)
{
	int count = node_count(node, "cmds");

	if (strcmp(node_word(node, "objtype"), "OBJECT_TABLE") != 0)
		return refuse(refusal, "F01", "only tables are altered, not %s",
			      node_word(node, "objtype"));
	if (count < 1 || count > STATEMENT_ACTIONS_MAX)
		return refuse(refusal, "F12",
			      "1 to %d actions are accepted, not %d",
			      STATEMENT_ACTIONS_MAX, count);
	/* IF EXISTS is dropped: without its table the statement shall fail. */
	node_flag(node, "missing_ok");
	for (int i = 0; i < count; i++) {
		struct action *action = &statement->actions[i];

		statement->count = i + 1;
		if (!read_command(action, node_item(node, "cmds", i),
				  refusal) ||
		    !action_read_relation(action, node_child(node, "relation"),
					  refusal) ||
		    !action_is_near(action, refusal))
			return false;
	}
	return true;
}

static bool
read_statement(struct statement *statement, struct node *node,
	       struct refusal *refusal)
{
	struct action *action = &statement->actions[0];
	int operation;

	if (node_is(node, "AlterTableStmt"))
		return read_alter_table(statement, node, refusal);
	operation = action_find_statement(node_type(node));
	if (operation < 0)
		return refuse(refusal, "F01", "%s is not one of the operations",
			      node_type(node));
	statement->count = 1;
	action->operation = (enum operation)operation;
	return action_form(action->operation)->read(action, node, refusal) &&
	       action_is_near(action, refusal);
}

/* NULL for what makes nothing new, or lets the server name it. */
static const char *
new_name(const struct action *action)
{
	if (action->operation == OP_ADD_COLUMN)
		return action->column;
	return action->operation == OP_ADD_CONSTRAINT ? action->constraint.name
						      : NULL;
}

static bool
name_is_same(const struct action *left, const struct action *right)
{
	const char *name = new_name(left), *other = new_name(right);

	return left->operation == right->operation && name != NULL &&
	       other != NULL && strcasecmp(name, other) == 0;
}

/* The server would see two where a reader sees one. */
static bool
names_differ(const struct action *actions, int count, struct refusal *refusal)
{
	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++)
			if (name_is_same(&actions[i], &actions[j]))
				return refuse(refusal, "F11",
					      "the name \"%.63s\" is given "
					      "twice",
					      new_name(&actions[i]));
	return true;
}

bool
statement_read(struct statement **ret_statement, struct tree *tree,
	       struct refusal *refusal)
{
	auto_statement struct statement *statement =
		xcalloc(1, sizeof(*statement));
	const struct action *first = &statement->actions[0];

	if (!read_statement(statement, tree_statement(tree), refusal) ||
	    !tree_understood(tree, refusal) ||
	    !names_differ(statement->actions, statement->count, refusal) ||
	    !names_differ(first->columns, first->column_count, refusal))
		return false;
	*ret_statement = take(statement);
	return true;
}

bool
statement_parse(struct statement **ret_statement, const char *sql, size_t size,
		struct refusal *refusal)
{
	auto_tree struct tree *tree = NULL;

	return tree_parse(&tree, sql, size, refusal) &&
	       statement_read(ret_statement, tree, refusal);
}
