/* What changes a column that is there: its type, NOT NULL, its default. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

/* The name is one that exists, so it may be any. */
static bool
read_name(struct action *action, struct node *node, struct refusal *refusal)
{
	const char *name = node_text(node, "name");

	/* ALTER COLUMN 1, which is for an index, leaves the name empty. */
	if (*name == '\0')
		return refuse(refusal, "F01", "there is no column here");
	action->column = xstrdup(name);
	return true;
}

static void
write_name(FILE *out, const struct action *action)
{
	fputs("ALTER COLUMN ", out);
	name_write(out, action->column);
}

/* --- ALTER COLUMN ... TYPE ------------------------------------------------ */

bool
alter_type_read(struct action *action, struct node *node,
		struct refusal *refusal)
{
	struct node *column = node_child(node, "def");

	if (!node_is(column, "ColumnDef"))
		return refuse(refusal, "F01", "there is no type here");
	if (node_child(column, "raw_default") != NULL)
		return refuse(refusal, "F05",
			      "USING in a type change is not accepted");
	return read_name(action, node, refusal) &&
	       type_parse(&action->type, node_child(column, "type_name"),
			  refusal) &&
	       collation_read(action, node_child(column, "coll_clause"),
			      refusal);
}

void
alter_type_write(FILE *out, const struct action *action)
{
	write_name(out, action);
	fputs(" TYPE ", out);
	type_write(out, &action->type);
	collation_write(out, action);
}

/* Back to the old type, where it is known. With COLLATE the old collation
 * would have to be known, too. */
bool
alter_type_undo(FILE *out, const struct action *action,
		const struct facts *before)
{
	const struct fact_value *old = &before->of[FACT_COLUMN_TYPE];
	struct type type = {.schema = NULL};

	if (!old->known || action->collation != NULL ||
	    !type_read(&type, old->text))
		return false;
	write_name(out, action);
	fputs(" TYPE ", out);
	type_write(out, &type);
	type_release(&type);
	return true;
}

/* --- ALTER COLUMN ... DROP NOT NULL --------------------------------------- */

bool
drop_not_null_read(struct action *action, struct node *node,
		   struct refusal *refusal)
{
	return read_name(action, node, refusal);
}

void
drop_not_null_write(FILE *out, const struct action *action)
{
	write_name(out, action);
	fputs(" DROP NOT NULL", out);
}

bool
drop_not_null_undo(FILE *out, const struct action *action,
		   const struct facts *before)
{
	const struct fact_value *nullable = &before->of[FACT_COLUMN_NULLABLE];

	if (!nullable->known || nullable->number != 0)
		return false;
	write_name(out, action);
	fputs(" SET NOT NULL", out);
	return true;
}

/* --- ALTER COLUMN ... SET DEFAULT ----------------------------------------- */

bool
set_default_read(struct action *action, struct node *node,
		 struct refusal *refusal)
{
	struct node *value = node_child(node, "def");

	if (value == NULL)
		return refuse(refusal, "F01", "DROP DEFAULT is not accepted");
	action->default_value = expression_parse(value, PLACE_DEFAULT, refusal);
	return action->default_value != NULL &&
	       read_name(action, node, refusal);
}

void
set_default_write(FILE *out, const struct action *action)
{
	write_name(out, action);
	fputs(" SET DEFAULT ", out);
	expression_write(out, action->default_value, NULL);
}

/* An old default's text isn't known: only that there was none. */
bool
set_default_undo(FILE *out, const struct action *action,
		 const struct facts *before)
{
	const struct fact_value *old = &before->of[FACT_COLUMN_HAS_DEFAULT];

	if (!old->known || old->number != 0)
		return false;
	write_name(out, action);
	fputs(" DROP DEFAULT", out);
	return true;
}
