/* A new column: of ADD COLUMN, or of a new table. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

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

bool
collation_read(struct action *action, struct node *node,
	       struct refusal *refusal)
{
	int parts;

	if (node == NULL)
		return true;
	if (!node_is(node, "CollateClause"))
		return refuse(refusal, "F10", "there is no collation here");
	parts = node_count(node, "collname");
	if (parts < 1 || parts > 2 ||
	    (parts == 2 &&
	     strcmp(name_of_item(node, "collname", 0), "pg_catalog") != 0))
		return refuse(refusal, "F10",
			      "a collation outside pg_catalog is not accepted");
	action->collation = xstrdup(name_of_item(node, "collname", parts - 1));
	return true;
}

bool
column_read(struct action *action, struct node *node, struct refusal *refusal)
{
	bool is_null = false;
	int count;

	if (!node_is(node, "ColumnDef") || !node_flag(node, "is_local"))
		return refuse(refusal, "F01", "there is no column here");
	action->column = xstrdup(node_text(node, "colname"));
	if (!name_is_acceptable(action->column, refusal) ||
	    !type_parse(&action->type, node_child(node, "type_name"),
			refusal) ||
	    !collation_read(action, node_child(node, "coll_clause"), refusal))
		return false;
	count = node_count(node, "constraints");
	for (int i = 0; i < count; i++)
		if (!read_constraint(action, node_item(node, "constraints", i),
				     &is_null, refusal))
			return false;
	return true;
}

void
column_write(FILE *out, const struct action *action)
{
	name_write(out, action->column);
	fputc(' ', out);
	type_write(out, &action->type);
	collation_write(out, action);
	if (action->default_value != NULL) {
		fputs(" DEFAULT ", out);
		expression_write(out, action->default_value, NULL);
	}
	if (action->not_null)
		fputs(" NOT NULL", out);
}

void
collation_write(FILE *out, const struct action *action)
{
	if (action->collation == NULL)
		return;
	fputs(" COLLATE pg_catalog.", out);
	name_write(out, action->collation);
}

/* --- ADD COLUMN ----------------------------------------------------------- */

bool
add_column_read(struct action *action, struct node *node,
		struct refusal *refusal)
{
	action->if_not_exists = node_flag(node, "missing_ok");
	return column_read(action, node_child(node, "def"), refusal);
}

void
add_column_write(FILE *out, const struct action *action)
{
	fputs("ADD COLUMN ", out);
	if (action->if_not_exists)
		fputs("IF NOT EXISTS ", out);
	column_write(out, action);
}

bool
add_column_undo(FILE *out, const struct action *action,
		const struct facts *before)
{
	(void)before;
	fputs("DROP COLUMN ", out);
	name_write(out, action->column);
	return true;
}
