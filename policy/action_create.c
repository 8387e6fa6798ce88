/* CREATE TABLE: a new table with plain columns, or a new partition. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/name.h"
#include "policy/statement.h"

/* --- Reading -------------------------------------------------------------- */

/* A table constraint or LIKE stands among the columns. */
static bool
read_columns(struct action *action, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "table_elts");

	if (count == 0)
		return refuse(refusal, "F08",
			      "a table without columns is not accepted");
	action->columns = xcalloc((size_t)count, sizeof(struct action));
	for (int i = 0; i < count; i++) {
		struct node *column = node_item(node, "table_elts", i);

		action->column_count = i + 1;
		if (!node_is(column, "ColumnDef"))
			return refuse(refusal, "F08",
				      "only plain columns are accepted in a "
				      "new table, not a %s",
				      node_type(column));
		if (!column_read(&action->columns[i], column, refusal))
			return false;
	}
	return true;
}

static bool
read_table(struct action *action, struct node *node, struct refusal *refusal)
{
	action->operation = OP_CREATE_TABLE;
	if (node_count(node, "inh_relations") > 0)
		return refuse(refusal, "F08", "INHERITS is not accepted");
	if (node_child(node, "of_typename") != NULL)
		return refuse(refusal, "F08", "OF is not accepted");
	return read_columns(action, node, refusal);
}

/* A partition in another schema would be another owner's to keep. */
static bool
read_parent(struct action *action, struct node *node, struct refusal *refusal)
{
	struct action parent = {.schema = NULL};
	bool is_read;

	if (node_count(node, "inh_relations") != 1)
		return refuse(refusal, "F01", "there is no parent here");
	is_read = action_read_relation(
		&parent, node_item(node, "inh_relations", 0), refusal);
	if (is_read && parent.only)
		is_read = refuse(refusal, "F08", "ONLY is not accepted here");
	if (is_read && strcmp(parent.schema, action->schema) != 0)
		is_read = refuse(refusal, "F13",
				 "the schema \"%.63s\" of the partition is not "
				 "its parent's",
				 action->schema);
	action->parent = take(parent.table);
	action_release(&parent);
	return is_read;
}

static bool
read_partition(struct action *action, struct node *node,
	       struct refusal *refusal)
{
	action->operation = OP_CREATE_PARTITION;
	if (node_count(node, "table_elts") > 0)
		return refuse(refusal, "F08",
			      "a partition has its parent's columns, and no "
			      "list of its own");
	return read_parent(action, node, refusal) &&
	       bound_read(action, node_child(node, "partbound"), refusal);
}

bool
create_read(struct action *action, struct node *node, struct refusal *refusal)
{
	if (!action_read_relation(action, node_child(node, "relation"),
				  refusal) ||
	    !name_is_acceptable(action->table, refusal))
		return false;
	if (action->only)
		return refuse(refusal, "F08", "ONLY is not accepted here");
	if (strcmp(node_word(node, "oncommit"), "ONCOMMIT_NOOP") != 0)
		return refuse(refusal, "F08", "ON COMMIT is not accepted");
	action->if_not_exists = node_flag(node, "if_not_exists");
	return node_child(node, "partbound") != NULL
		       ? read_partition(action, node, refusal)
		       : read_table(action, node, refusal);
}

/* --- Writing -------------------------------------------------------------- */

static void
write_columns(FILE *out, const struct action *action)
{
	for (int i = 0; i < action->column_count; i++) {
		fputs(i == 0 ? " (" : ", ", out);
		column_write(out, &action->columns[i]);
	}
	fputc(')', out);
}

void
create_write(FILE *out, const struct action *action)
{
	fputs("CREATE TABLE ", out);
	if (action->if_not_exists)
		fputs("IF NOT EXISTS ", out);
	name_write_target(out, action->schema, action->table, NULL);
	if (action->operation == OP_CREATE_TABLE) {
		write_columns(out, action);
		return;
	}
	fputs(" PARTITION OF ", out);
	name_write_target(out, action->schema, action->parent, NULL);
	fputs(" FOR VALUES ", out);
	bound_write(out, action);
}

bool
create_undo(FILE *out, const struct action *action, const struct facts *before)
{
	(void)before;
	fputs("DROP TABLE ", out);
	name_write_target(out, action->schema, action->table, NULL);
	return true;
}
