#include "pgmend.h"
#include "policy/node.h"
#include "policy/tree.h"

/* The code of what is left over, by where it stands; elsewhere F01. */
static const struct {
	const char *type;
	const char *floor;
} leftovers[] = {
	{"ColumnDef", "F08"},	  {"Constraint", "F08"},
	{"CollateClause", "F08"}, {"TypeName", "F10"},
	{"FuncCall", "F05"},	  {"AConst", "F05"},
	{"TypeCast", "F05"},	  {"AExpr", "F05"},
	{"ColumnRef", "F05"},	  {"RangeVar", "F08"},
	{"BoolExpr", "F05"},	  {"NullTest", "F05"},
	{"CreateStmt", "F08"},	  {"PartitionBoundSpec", "F05"},
};

struct node *
tree_statement(struct tree *tree)
{
	return tree->statement;
}

const char *
node_type(struct node *node)
{
	if (node == NULL)
		return "";
	node->seen = true;
	return node->type;
}

bool
node_is(struct node *node, const char *type)
{
	return strcmp(node_type(node), type) == 0;
}

/* NULL for the node NULL only. */
static struct field *
read_field(struct node *node, const char *name)
{
	if (node == NULL)
		return NULL;
	for (int i = 0; i < node->count; i++) {
		if (strcmp(node->fields[i].name, name) != 0)
			continue;
		node->fields[i].read = true;
		return &node->fields[i];
	}
	abort();
}

struct node *
node_child(struct node *node, const char *name)
{
	const struct field *field = read_field(node, name);

	return field != NULL && field->kind == FIELD_NODE ? field->nodes[0]
							  : NULL;
}

int
node_count(struct node *node, const char *name)
{
	const struct field *field = read_field(node, name);

	return field != NULL && field->kind == FIELD_LIST ? field->count : 0;
}

struct node *
node_item(struct node *node, const char *name, int index)
{
	const struct field *field = read_field(node, name);

	if (field == NULL || field->kind != FIELD_LIST || index < 0 ||
	    index >= field->count)
		return NULL;
	return field->nodes[index];
}

const char *
node_text(struct node *node, const char *name)
{
	const struct field *field = read_field(node, name);

	return field != NULL && field->kind == FIELD_TEXT ? field->text : "";
}

const char *
node_word(struct node *node, const char *name)
{
	const struct field *field = read_field(node, name);

	return field != NULL && field->kind == FIELD_WORD ? field->word : "";
}

int64_t
node_number(struct node *node, const char *name)
{
	const struct field *field = read_field(node, name);

	return field != NULL && field->kind == FIELD_NUMBER ? field->number : 0;
}

bool
node_flag(struct node *node, const char *name)
{
	return node_number(node, name) != 0;
}

static const char *
leftover_floor(const char *type)
{
	for (size_t i = 0; i < array_size(leftovers); i++)
		if (strcmp(leftovers[i].type, type) == 0)
			return leftovers[i].floor;
	return "F01";
}

static bool
node_understood(const struct node *node, struct refusal *refusal)
{
	const char *floor = leftover_floor(node->type);

	if (!node->seen)
		return refuse(refusal, floor, "a %s is not understood here",
			      node->type);
	for (int i = 0; i < node->count; i++) {
		const struct field *field = &node->fields[i];

		if (field->kind != FIELD_UNSET && !field->read)
			return refuse(refusal, floor,
				      "\"%s\" of a %s is not understood here",
				      field->name, node->type);
	}
	return true;
}

bool
tree_understood(const struct tree *tree, struct refusal *refusal)
{
	for (size_t i = 0; i < tree->count; i++)
		if (!node_understood(tree->nodes[i], refusal))
			return false;
	return true;
}

void
tree_free(struct tree *tree)
{
	if (tree == NULL)
		return;
	for (size_t i = 0; i < tree->count; i++) {
		struct node *node = tree->nodes[i];

		for (int j = 0; j < node->count; j++) {
			free(node->fields[j].text);
			free(node->fields[j].nodes);
		}
		free(node);
	}
	free(tree->nodes);
	free(tree);
}

void
tree_cleanup(struct tree **tree)
{
	tree_free(*tree);
}
