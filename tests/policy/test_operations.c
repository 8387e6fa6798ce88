/*
 * What is an operation: each node and each sub-command that the parser knows is
 * tried, and only those of the policy language are read.
 */
#include "tests/test.h"

#include <pg_query/pg_query.pb-c.h>

#include "policy/action.h"
#include "policy/node.h"
#include "policy/statement.h"
#include "tests/policy/statements.h"

static const char *const operation_nodes[] = {
	"AlterTableStmt",
	"AlterEnumStmt",
	"CreateStmt",
	"CommentStmt",
};

static const char *const operation_commands[] = {
	"AT_AddColumn",	    "AT_AlterColumnType", "AT_DropNotNull",
	"AT_ColumnDefault", "AT_AddConstraint",
};

static bool
is_among(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static struct tree *
parse(const char *sql)
{
	struct tree *tree = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!tree_parse(&tree, sql, strlen(sql), &refusal))
		abort();
	return tree;
}

static const char *
floor_of(struct tree *tree)
{
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	return statement_read(&statement, tree, &refusal) ? NULL
							  : refusal.floor;
}

static void
only_four_nodes_are_operations(void)
{
	const ProtobufCMessageDescriptor *wrapper = &pg_query__node__descriptor;
	int refused = 0, mapped = 0;

	for (unsigned i = 0; i < wrapper->n_fields; i++) {
		const ProtobufCMessageDescriptor *form =
			wrapper->fields[i].descriptor;
		auto_tree struct tree *tree = NULL;

		if (is_among(operation_nodes, array_size(operation_nodes),
			     form->short_name)) {
			mapped++;
			continue;
		}
		tree = parse(accepted[0].sql);
		tree->statement->type = form->short_name;
		refused += same_text(floor_of(tree), "F01");
	}
	test("four of the parser's nodes are operations",
	     mapped == (int)array_size(operation_nodes));
	test("each other node is refused by F01",
	     refused > 200 && refused + mapped == (int)wrapper->n_fields);
}

/* The first sub-command of the first example. */
static struct field *
subtype_of(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		for (int f = 0; f < tree->nodes[i]->count; f++)
			if (strcmp(tree->nodes[i]->fields[f].name, "subtype") ==
			    0)
				return &tree->nodes[i]->fields[f];
	abort();
}

static void
only_five_commands_are_operations(void)
{
	int refused = 0, mapped = 0, count = 0;

	for (const char *word; (word = tree_alter_word(count)) != NULL;
	     count++) {
		auto_tree struct tree *tree = NULL;

		if (is_among(operation_commands, array_size(operation_commands),
			     word)) {
			mapped++;
			continue;
		}
		tree = parse(accepted[0].sql);
		subtype_of(tree)->word = word;
		refused += same_text(floor_of(tree), "F01");
	}
	test("five of the parser's sub-commands are operations",
	     mapped == (int)array_size(operation_commands));
	test("each other sub-command is refused by F01",
	     refused > 60 && refused + mapped == count);
}

static void
every_operation_has_an_example(void)
{
	bool has[OPERATIONS] = {false};
	int missing = 0;

	for (size_t i = 0; i < array_size(accepted); i++) {
		auto_tree struct tree *tree = parse(accepted[i].sql);
		auto_statement struct statement *statement = NULL;
		struct refusal refusal = {.floor = NULL};

		if (!statement_read(&statement, tree, &refusal))
			continue;
		for (int a = 0; a < statement->count; a++)
			has[statement->actions[a].operation] = true;
	}
	for (int i = 0; i < OPERATIONS; i++)
		missing += action_form((enum operation)i)->statement != NULL &&
			   !has[i];
	test("every operation has an example", missing == 0);
}

int
main(void)
{
	only_four_nodes_are_operations();
	only_five_commands_are_operations();
	every_operation_has_an_example();
	return test_end();
}
