/* COMMENT ON TABLE or COLUMN. The old comment isn't known, so nothing undoes
 * it. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/name.h"
#include "policy/statement.h"

bool
comment_read(struct action *action, struct node *node, struct refusal *refusal)
{
	const char *kind = node_word(node, "objtype");
	bool is_column = strcmp(kind, "OBJECT_COLUMN") == 0;
	struct node *object = node_child(node, "object");
	const char *text = node_text(node, "comment");

	if (!is_column && strcmp(kind, "OBJECT_TABLE") != 0)
		return refuse(refusal, "F01",
			      "a comment on a table or a column is accepted, "
			      "not on %s",
			      kind);
	if (!node_is(object, "List"))
		return refuse(refusal, "F01", "there is no name here");
	/* For the server, an empty comment is none. */
	action->text = *text == '\0' ? NULL : xstrdup(text);
	return action_read_names(action, object, "items", is_column, refusal);
}

void
comment_write(FILE *out, const struct action *action)
{
	fputs(action->column == NULL ? "COMMENT ON TABLE "
				     : "COMMENT ON COLUMN ",
	      out);
	name_write_target(out, action->schema, action->table, action->column);
	fputs(" IS ", out);
	if (action->text == NULL)
		fputs("NULL", out);
	else
		name_write_constant(out, action->text);
}
