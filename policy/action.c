#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

void
action_release(struct action *action)
{
	free(action->schema);
	free(action->table);
	free(action->column);
	free(action->collation);
	type_release(&action->type);
	expression_free(action->default_value);
	*action = (struct action){.schema = NULL};
}

bool
action_same(const struct action *left, const struct action *right)
{
	return left->operation == right->operation &&
	       left->only == right->only &&
	       left->if_not_exists == right->if_not_exists &&
	       left->not_null == right->not_null &&
	       same_text(left->schema, right->schema) &&
	       same_text(left->table, right->table) &&
	       same_text(left->column, right->column) &&
	       same_text(left->collation, right->collation) &&
	       type_same(&left->type, &right->type) &&
	       expression_same(left->default_value, right->default_value);
}

/* --- ADD COLUMN ----------------------------------------------------------- */

static bool
read_default(struct action *action, struct node *node, struct refusal *refusal)
{
	if (action->default_value != NULL)
		return refuse(refusal, "F08", "there are two defaults");
	action->default_value = expression_parse(node_child(node, "raw_expr"),
						 PLACE_DEFAULT, refusal);
	return action->default_value != NULL;
}

/* NULL and NOT NULL together are the server's to refuse; here they are two
 * claims about one thing, and not understood. */
static bool
read_constraint(struct action *action, struct node *node, bool *is_null,
		struct refusal *refusal)
{
	const char *kind;

	if (!node_is(node, "Constraint"))
		return refuse(refusal, "F08", "there is no constraint here");
	kind = node_word(node, "contype");
	if (strcmp(kind, "CONSTR_DEFAULT") == 0)
		return read_default(action, node, refusal);
	if (strcmp(kind, "CONSTR_NOTNULL") == 0)
		action->not_null = true;
	else if (strcmp(kind, "CONSTR_NULL") == 0)
		*is_null = true;
	else
		return refuse(refusal, "F08",
			      "an inline constraint other than NULL, NOT NULL "
			      "and DEFAULT is not accepted (%s)",
			      kind);
	return !(*is_null && action->not_null) ||
	       refuse(refusal, "F08", "NULL and NOT NULL contradict");
}

static bool
read_collation(struct action *action, struct node *node,
	       struct refusal *refusal)
{
	int parts = node_count(node, "collname");

	if (node == NULL)
		return true;
	if (!node_is(node, "CollateClause") || parts < 1 || parts > 2 ||
	    (parts == 2 &&
	     strcmp(name_of_item(node, "collname", 0), "pg_catalog") != 0))
		return refuse(refusal, "F10",
			      "a collation outside pg_catalog is not accepted");
	action->collation = xstrdup(name_of_item(node, "collname", parts - 1));
	return true;
}

static bool
read_column(struct action *action, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "constraints");
	bool is_null = false;

	if (!node_is(node, "ColumnDef") || !node_flag(node, "is_local"))
		return refuse(refusal, "F01", "there is no column here");
	action->column = xstrdup(node_text(node, "colname"));
	if (!name_is_acceptable(action->column, refusal) ||
	    !type_parse(&action->type, node_child(node, "type_name"),
			refusal) ||
	    !read_collation(action, node_child(node, "coll_clause"), refusal))
		return false;
	for (int i = 0; i < count; i++)
		if (!read_constraint(action, node_item(node, "constraints", i),
				     &is_null, refusal))
			return false;
	return true;
}

bool
action_read_add_column(struct action *action, struct node *node,
		       struct refusal *refusal)
{
	action->operation = OP_ADD_COLUMN;
	action->if_not_exists = node_flag(node, "missing_ok");
	/* Set for every sub-command, whether or not it can drop anything. */
	if (strcmp(node_word(node, "behavior"), "DROP_RESTRICT") != 0)
		return refuse(refusal, "F01", "CASCADE is not accepted");
	return read_column(action, node_child(node, "def"), refusal);
}
