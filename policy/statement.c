#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

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

/* --- The relation --------------------------------------------------------- */

bool
action_read_relation(struct action *action, struct node *node,
		     struct refusal *refusal)
{
	const char *schema = node_text(node, "schemaname");
	const char *table = node_text(node, "relname");

	if (!node_is(node, "RangeVar") || *table == '\0')
		return refuse(refusal, "F01", "there is no table here");
	if (*node_text(node, "catalogname") != '\0')
		return refuse(refusal, "F06",
			      "a table of another database is not accepted");
	if (*schema == '\0')
		return refuse(refusal, "F04",
			      "the table \"%.63s\" isn't schema-qualified",
			      table);
	if (strcmp(node_text(node, "relpersistence"), "p") != 0)
		return refuse(refusal, "F08",
			      "a temporary or unlogged table is not accepted");
	action->only = !node_flag(node, "inh");
	action->schema = xstrdup(schema);
	action->table = xstrdup(table);
	return name_schema_is_acceptable(schema, refusal);
}

/* A type of another schema could be anyone's: a domain, a composite. That one
 * of the same schema is an enum, only the catalogue can say. */
static bool
type_is_near(const struct action *action, struct refusal *refusal)
{
	const char *schema = action->type.schema;

	if (schema == NULL || strcmp(schema, "pg_catalog") == 0 ||
	    strcmp(schema, action->schema) == 0)
		return true;
	return refuse(refusal, "F10",
		      "the type %.63s.%.63s is neither of pg_catalog nor of "
		      "the table's schema",
		      schema, action->type.name);
}

/* --- ALTER TABLE ---------------------------------------------------------- */

/* One row for each sub-command that is an operation; all others are F01. */
static const struct {
	const char *subtype;
	bool (*read)(struct action *, struct node *, struct refusal *);
} commands[] = {
	{"AT_AddColumn", action_read_add_column},
};

static bool
read_command(struct action *action, struct node *node, struct refusal *refusal)
{
	const char *subtype;

	if (!node_is(node, "AlterTableCmd"))
		return refuse(refusal, "F01", "there is no sub-command here");
	subtype = node_word(node, "subtype");
	for (size_t i = 0; i < array_size(commands); i++)
		if (strcmp(commands[i].subtype, subtype) == 0)
			return commands[i].read(action, node, refusal);
	return refuse(refusal, "F01",
		      "the sub-command %s is not one of the operations",
		      strncmp(subtype, "AT_", 3) == 0 ? subtype + 3 : "?");
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
		    !type_is_near(action, refusal))
			return false;
	}
	return true;
}

/* --- The statement -------------------------------------------------------- */

static const struct {
	const char *type;
	bool (*read)(struct statement *, struct node *, struct refusal *);
} statements[] = {
	{"AlterTableStmt", read_alter_table},
};

static bool
read_statement(struct statement *statement, struct node *node,
	       struct refusal *refusal)
{
	const char *type = node_type(node);

	for (size_t i = 0; i < array_size(statements); i++)
		if (strcmp(statements[i].type, type) == 0)
			return statements[i].read(statement, node, refusal);
	return refuse(refusal, "F01", "%s is not one of the operations", type);
}

/* The server would see two columns where a reader sees one. */
static bool
names_differ(const struct statement *statement, struct refusal *refusal)
{
	for (int i = 0; i < statement->count; i++) {
		const char *name = statement->actions[i].column;

		for (int j = 0; name != NULL && j < i; j++)
			if (statement->actions[j].column != NULL &&
			    strcasecmp(statement->actions[j].column, name) == 0)
				return refuse(refusal, "F11",
					      "the column \"%.63s\" is added "
					      "twice",
					      name);
	}
	return true;
}

bool
statement_parse(struct statement **ret_statement, const char *sql, size_t size,
		struct refusal *refusal)
{
	auto_statement struct statement *statement = NULL;
	auto_tree struct tree *tree = NULL;

	if (!tree_parse(&tree, sql, size, refusal))
		return false;
	statement = xcalloc(1, sizeof(*statement));
	if (!read_statement(statement, tree_statement(tree), refusal) ||
	    !tree_understood(tree, refusal) ||
	    !names_differ(statement, refusal))
		return false;
	*ret_statement = take(statement);
	return true;
}

bool
statement_is_about(const struct statement *statement, const char *schema,
		   const char *table, struct refusal *refusal)
{
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];

		if (strcmp(action->schema, schema) != 0 ||
		    strcmp(action->table, table) != 0)
			return refuse(refusal, "F13",
				      "the statement is about %.63s.%.63s, the "
				      "incident is not",
				      action->schema, action->table);
	}
	return true;
}

bool
statement_suits(const struct statement *statement, const struct facts *facts,
		struct refusal *refusal)
{
	const struct fact_value *recovery = &facts->of[FACT_DB_IN_RECOVERY];
	const struct fact_value *parent = &facts->of[FACT_TABLE_PARTITIONED];

	if (recovery->known && recovery->number != 0)
		return refuse(refusal, "F13", "the server is in recovery");
	for (int i = 0; i < statement->count; i++)
		if (statement->actions[i].only && parent->known &&
		    parent->number != 0)
			return refuse(refusal, "F08",
				      "ONLY on a parent would leave its "
				      "children different");
	return true;
}

bool
statement_contains(const struct statement *statement, const char *text,
		   size_t size)
{
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];
		const char *column = action->column;

		if (column != NULL &&
		    memmem(column, strlen(column), text, size) != NULL)
			return true;
		if (expression_contains(action->default_value, text, size))
			return true;
	}
	return false;
}
