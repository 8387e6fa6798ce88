/* ALTER TYPE ... ADD VALUE. Nothing undoes it: an enum keeps its labels. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/name.h"
#include "policy/statement.h"

bool
enum_value_read(struct action *action, struct node *node,
		struct refusal *refusal)
{
	bool is_after = node_flag(node, "new_val_is_after");
	const char *neighbor = node_text(node, "new_val_neighbor");
	const char *label = node_text(node, "new_val");

	if (*node_text(node, "old_val") != '\0')
		return refuse(refusal, "F01",
			      "RENAME VALUE is not one of the operations");
	if (!action_read_names(action, node, "type_name", false, refusal) ||
	    !name_label_is_acceptable(label, refusal))
		return false;
	/* Without a neighbor it goes after all: BEFORE '' has none either. */
	if (*neighbor == '\0' && !is_after)
		return refuse(refusal, "F11", "an enum label can't be empty");
	action->text = xstrdup(label);
	action->neighbor = *neighbor == '\0' ? NULL : xstrdup(neighbor);
	action->is_before = !is_after;
	action->if_not_exists = node_flag(node, "skip_if_new_val_exists");
	return true;
}

void
enum_value_write(FILE *out, const struct action *action)
{
	fputs("ALTER TYPE ", out);
	name_write_target(out, action->schema, action->table, NULL);
	fputs(" ADD VALUE ", out);
	if (action->if_not_exists)
		fputs("IF NOT EXISTS ", out);
	name_write_constant(out, action->text);
	if (action->neighbor == NULL)
		return;
	fputs(action->is_before ? " BEFORE " : " AFTER ", out);
	name_write_constant(out, action->neighbor);
}
