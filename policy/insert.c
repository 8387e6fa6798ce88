#include "pgmend.h"
#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/name.h"
#include "policy/placeholder.h"

/* Named placeholders grow when they become $n: at most fivefold. */
#define NUMBERED_SQL_MAX (5 * INSERT_SQL_MAX)

void
insert_free(struct insert *insert)
{
	if (insert == NULL)
		return;
	for (int i = 0; i < insert->column_count; i++)
		free(insert->columns[i]);
	for (int i = 0; i < insert->row_count * insert->width; i++)
		expression_free(insert->values[i]);
	for (int i = 0; i < insert->conflict_column_count; i++)
		free(insert->conflict_columns[i]);
	for (int i = 0; i < insert->update_count; i++) {
		free(insert->update_columns[i]);
		expression_free(insert->update_values[i]);
	}
	for (int i = 0; insert->parameter_names && i < insert->parameter_count;
	     i++)
		free(insert->parameter_names[i]);
	free(insert->schema);
	free(insert->table);
	free(insert->columns);
	free(insert->values);
	free(insert->conflict_columns);
	free(insert->conflict_constraint);
	free(insert->update_columns);
	free(insert->update_values);
	free(insert->parameter_names);
	free(insert);
}

void
insert_cleanup(struct insert **insert)
{
	insert_free(*insert);
}

/* --- The target ----------------------------------------------------------- */

static bool
read_target(struct insert *insert, struct node *node, struct refusal *refusal)
{
	const char *schema = node_text(node, "schemaname");

	if (!node_is(node, "RangeVar") || !node_flag(node, "inh") ||
	    strcmp(node_text(node, "relpersistence"), "p") != 0)
		return refuse(refusal, "F01", "there is no table here");
	if (*node_text(node, "catalogname") != '\0')
		return refuse(refusal, "F06",
			      "a table of another database is not accepted");
	insert->table = xstrdup(node_text(node, "relname"));
	if (*schema == '\0')
		return true;
	insert->schema = xstrdup(schema);
	return name_schema_is_acceptable(schema, refusal);
}

/* A plain column name: "tags[1]" or "place.x" leave their field unread. */
static bool
read_column_name(char **ret_name, struct node *node, struct refusal *refusal)
{
	if (!node_is(node, "ResTarget") || *node_text(node, "name") == '\0')
		return refuse(refusal, "F05", "there is no column name here");
	*ret_name = xstrdup(node_text(node, "name"));
	return true;
}

static bool
read_columns(struct insert *insert, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "cols");

	if (count > INSERT_PARAMETERS_MAX)
		return refuse(refusal, "F12", "more than %d columns",
			      INSERT_PARAMETERS_MAX);
	insert->columns = xcalloc((size_t)count, sizeof(char *));
	insert->column_count = count;
	for (int i = 0; i < count; i++)
		if (!read_column_name(&insert->columns[i],
				      node_item(node, "cols", i), refusal))
			return false;
	return true;
}

/* --- VALUES --------------------------------------------------------------- */

/* Rows are added one by one: only as much is held as was really written. */
static bool
read_row(struct insert *insert, struct node *node, struct refusal *refusal)
{
	size_t before = (size_t)insert->row_count * (size_t)insert->width;
	struct expression **values;

	if (!node_is(node, "List") ||
	    node_count(node, "items") != insert->width)
		return refuse(refusal, "F02",
			      "the rows of VALUES have different lengths");
	insert->values =
		xreallocarray(insert->values, before + (size_t)insert->width,
			      sizeof(struct expression *));
	values = insert->values + before;
	memset(values, 0, (size_t)insert->width * sizeof(*values));
	insert->row_count++;
	for (int i = 0; i < insert->width; i++) {
		values[i] = expression_parse(node_item(node, "items", i),
					     PLACE_VALUE, refusal);
		if (values[i] == NULL)
			return false;
	}
	return true;
}

static bool
is_plain_values(struct node *node)
{
	return node_is(node, "SelectStmt") &&
	       node_count(node, "values_lists") > 0 &&
	       strcmp(node_word(node, "op"), "SETOP_NONE") == 0 &&
	       strcmp(node_word(node, "limit_option"),
		      "LIMIT_OPTION_DEFAULT") == 0;
}

static bool
read_values(struct insert *insert, struct node *node, struct refusal *refusal)
{
	struct node *first;

	if (!is_plain_values(node))
		return refuse(refusal, "F01",
			      "only INSERT ... VALUES is replayed");
	first = node_item(node, "values_lists", 0);
	insert->width = node_is(first, "List") ? node_count(first, "items") : 0;
	if (insert->width < 1 || insert->width > INSERT_PARAMETERS_MAX)
		return refuse(refusal, "F12", "a row has 1 to %d values",
			      INSERT_PARAMETERS_MAX);
	for (int i = 0; i < node_count(node, "values_lists"); i++)
		if (!read_row(insert, node_item(node, "values_lists", i),
			      refusal))
			return false;
	if (insert->column_count > 0 && insert->column_count != insert->width)
		return refuse(refusal, "F02",
			      "there are %d columns, but %d values",
			      insert->column_count, insert->width);
	return true;
}

/* --- ON CONFLICT ---------------------------------------------------------- */

/* An expression, a collation or an operator class leave their field unread. */
static bool
read_arbiter_column(char **ret_name, struct node *node, struct refusal *refusal)
{
	if (!node_is(node, "IndexElem") || *node_text(node, "name") == '\0' ||
	    strcmp(node_word(node, "ordering"), "SORTBY_DEFAULT") != 0 ||
	    strcmp(node_word(node, "nulls_ordering"), "SORTBY_NULLS_DEFAULT") !=
		    0)
		return refuse(refusal, "F05",
			      "ON CONFLICT takes plain columns only");
	*ret_name = xstrdup(node_text(node, "name"));
	return true;
}

static bool
read_arbiter(struct insert *insert, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "index_elems");
	const char *constraint = node_text(node, "conname");

	if (node == NULL)
		return true;
	if (!node_is(node, "InferClause"))
		return refuse(refusal, "F01", "ON CONFLICT isn't understood");
	if (*constraint != '\0')
		insert->conflict_constraint = xstrdup(constraint);
	insert->conflict_columns = xcalloc((size_t)count, sizeof(char *));
	insert->conflict_column_count = count;
	for (int i = 0; i < count; i++)
		if (!read_arbiter_column(&insert->conflict_columns[i],
					 node_item(node, "index_elems", i),
					 refusal))
			return false;
	return true;
}

static bool
read_updates(struct insert *insert, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "target_list");

	insert->update_columns = xcalloc((size_t)count, sizeof(char *));
	insert->update_values =
		xcalloc((size_t)count, sizeof(struct expression *));
	insert->update_count = count;
	for (int i = 0; i < count; i++) {
		struct node *target = node_item(node, "target_list", i);

		if (!read_column_name(&insert->update_columns[i], target,
				      refusal))
			return false;
		insert->update_values[i] = expression_parse(
			node_child(target, "val"), PLACE_UPDATE, refusal);
		if (insert->update_values[i] == NULL)
			return false;
	}
	return true;
}

static bool
read_conflict(struct insert *insert, struct node *node, struct refusal *refusal)
{
	const char *action = node_word(node, "action");

	if (node == NULL)
		return true;
	if (!node_is(node, "OnConflictClause"))
		return refuse(refusal, "F01", "ON CONFLICT isn't understood");
	if (strcmp(action, "ONCONFLICT_NOTHING") == 0)
		insert->conflict = CONFLICT_NOTHING;
	else if (strcmp(action, "ONCONFLICT_UPDATE") == 0)
		insert->conflict = CONFLICT_UPDATE;
	else
		return refuse(refusal, "F01", "ON CONFLICT %s isn't understood",
			      action);
	return read_arbiter(insert, node_child(node, "infer"), refusal) &&
	       read_updates(insert, node, refusal);
}

/* --- RETURNING ------------------------------------------------------------ */

/* Whatever reads a column or all of them changes nothing: it is dropped. */
static bool
read_returning(struct insert *insert, struct node *node,
	       struct refusal *refusal)
{
	int count = node_count(node, "returning_list");

	for (int i = 0; i < count; i++) {
		struct node *target = node_item(node, "returning_list", i);
		struct node *value = node_is(target, "ResTarget")
					     ? node_child(target, "val")
					     : NULL;

		node_text(target, "name");
		if (!node_is(value, "ColumnRef"))
			return refuse(refusal, "F05",
				      "RETURNING takes plain columns only");
		for (int j = 0; j < node_count(value, "fields"); j++)
			if (!node_is(node_item(value, "fields", j), "AStar"))
				name_of_item(value, "fields", j);
	}
	insert->returning = count > 0;
	return true;
}

/* --- The whole ------------------------------------------------------------ */

static bool
read_insert(struct insert *insert, struct node *node, struct refusal *refusal)
{
	if (!node_is(node, "InsertStmt"))
		return refuse(refusal, "F01",
			      "only an INSERT is replayed, not a %s",
			      node_type(node));
	if (strcmp(node_word(node, "override"), "OVERRIDING_NOT_SET") != 0)
		return refuse(refusal, "F01", "OVERRIDING is not accepted");
	return read_target(insert, node_child(node, "relation"), refusal) &&
	       read_columns(insert, node, refusal) &&
	       read_values(insert, node_child(node, "select_stmt"), refusal) &&
	       read_conflict(insert, node_child(node, "on_conflict_clause"),
			     refusal) &&
	       read_returning(insert, node, refusal);
}

/* The server can't tell the type of a number that nobody uses. */
static bool
every_parameter_is_used(const struct insert *insert, struct refusal *refusal)
{
	auto_free bool *used =
		xcalloc((size_t)insert->parameter_count + 1, sizeof(bool));

	for (int i = 0; i < insert->row_count * insert->width; i++)
		expression_mark_parameters(insert->values[i], used,
					   insert->parameter_count);
	for (int i = 0; i < insert->update_count; i++)
		expression_mark_parameters(insert->update_values[i], used,
					   insert->parameter_count);
	for (int i = 1; i <= insert->parameter_count; i++)
		if (!used[i])
			return refuse(refusal, "F05",
				      "the parameter $%d is not used", i);
	return true;
}

bool
insert_parse(struct insert **ret_insert, const char *sql, size_t size,
	     struct refusal *refusal)
{
	auto_insert struct insert *insert = xcalloc(1, sizeof(*insert));
	auto_tree struct tree *tree = NULL;
	auto_free char *text = NULL;
	struct placeholders found;

	if (!placeholders_number(&found, sql, size, INSERT_PARAMETERS_MAX,
				 refusal))
		return false;
	insert->parameter_count = found.count;
	insert->parameter_names = take(found.names);
	text = take(found.sql);
	if (!tree_parse_within(&tree, text, strlen(text), NUMBERED_SQL_MAX,
			       refusal) ||
	    !read_insert(insert, tree_statement(tree), refusal) ||
	    !tree_understood(tree, refusal) ||
	    !every_parameter_is_used(insert, refusal))
		return false;
	*ret_insert = take(insert);
	return true;
}

bool
insert_is_default(const struct insert *insert, int row, int column)
{
	return insert->values[row * insert->width + column]->kind ==
	       EXPRESSION_DEFAULT;
}

int
insert_parameter(const struct insert *insert, int row, int column)
{
	const struct expression *value =
		insert->values[row * insert->width + column];

	while (value->kind == EXPRESSION_CAST)
		value = value->arguments[0];
	return value->kind == EXPRESSION_PARAMETER ? value->number : 0;
}

bool
insert_has_operator(const struct insert *insert)
{
	for (int i = 0; i < insert->row_count * insert->width; i++)
		if (expression_has(insert->values[i], EXPRESSION_NULLIF))
			return true;
	for (int i = 0; i < insert->update_count; i++)
		if (expression_has(insert->update_values[i], EXPRESSION_NULLIF))
			return true;
	return false;
}

void
insert_facts(struct facts *facts, const struct insert *insert)
{
	facts_set_number(facts, FACT_REPLAY_CONFLICT, insert->conflict);
}
