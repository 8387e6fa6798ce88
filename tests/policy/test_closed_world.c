/*
 * The closed world, tried from the parser's side: each field of each node of
 * DDL that is understood, changed in turn. What comes out is refused, or
 * another action: nothing is ignored.
 */
#include "tests/test.h"

#include <pg_query/pg_query.pb-c.h>

#include "policy/action.h"
#include "policy/node.h"
#include "policy/statement.h"
#include "tests/policy/statements.h"

static struct tree *
parse(const char *sql)
{
	struct tree *tree = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!tree_parse(&tree, sql, strlen(sql), &refusal))
		abort();
	return tree;
}

/* --- Fields --------------------------------------------------------------- */

/* What a field of a node can hold, by the parser's own description. */
static const ProtobufCFieldDescriptor *
form_of(const struct node *node, int index)
{
	const ProtobufCMessageDescriptor *wrapper = &pg_query__node__descriptor;

	for (unsigned i = 0; i < wrapper->n_fields; i++) {
		const ProtobufCMessageDescriptor *form =
			wrapper->fields[i].descriptor;

		if (strcmp(form->short_name, node->type) == 0)
			return &form->fields[index];
	}
	abort();
}

/* A flag that is set has no other value to take. */
static bool
has_other_value(const struct node *node, int index)
{
	return form_of(node, index)->type != PROTOBUF_C_TYPE_BOOL ||
	       node->fields[index].kind == FIELD_UNSET;
}

static bool
is_position(const char *name)
{
	return strcmp(name, "location") == 0;
}

/* IF EXISTS is dropped, on purpose: without its table the statement fails. */
static bool
is_dropped(const struct node *node, const struct field *field)
{
	return strcmp(node->type, "AlterTableStmt") == 0 &&
	       strcmp(field->name, "missing_ok") == 0;
}

/* A node that no reader expects, with one text. */
static struct node *
stranger_new(void)
{
	struct node *stranger =
		xcalloc(1, sizeof(*stranger) + sizeof(struct field));

	stranger->type = "String";
	stranger->count = 1;
	stranger->fields[0] = (struct field){.name = "sval",
					     .kind = FIELD_TEXT,
					     .text = xstrdup("stranger")};
	return stranger;
}

static void
stranger_free(struct node *stranger)
{
	free(stranger->fields[0].text);
	free(stranger);
}

/* One way to change a field; the new value owns nothing but what `scratch`
 * and the stranger do. */
struct change {
	struct field value;
	struct node **scratch;
	char *text;
	struct node *stranger;
};

static void
change_release(struct change *change)
{
	free(change->scratch);
	free(change->text);
	stranger_free(change->stranger);
}

/* A list with one element more, or one less. */
static void
change_list(struct change *change, bool grows)
{
	struct field *field = &change->value;
	int count = field->kind == FIELD_LIST ? field->count : 0;

	change->scratch = xcalloc((size_t)count + 1, sizeof(struct node *));
	if (count > 0)
		memcpy(change->scratch, field->nodes,
		       (size_t)count * sizeof(struct node *));
	change->scratch[count] = change->stranger;
	field->nodes = change->scratch;
	field->count = grows ? count + 1 : count - 1;
	field->kind = field->count > 0 ? FIELD_LIST : FIELD_UNSET;
}

/* Gives the field a value that it didn't have. */
static void
change_value(struct change *change, const ProtobufCFieldDescriptor *form)
{
	struct field *field = &change->value;

	if (form->label == PROTOBUF_C_LABEL_REPEATED) {
		change_list(change, true);
		return;
	}
	switch (form->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		field->kind = FIELD_NODE;
		field->nodes = &change->stranger;
		field->count = 1;
		break;
	case PROTOBUF_C_TYPE_STRING:
		change->text = xprintf(
			"%sx", field->kind == FIELD_TEXT ? field->text : "");
		field->kind = FIELD_TEXT;
		field->text = change->text;
		break;
	case PROTOBUF_C_TYPE_ENUM:
		field->kind = FIELD_WORD;
		field->word = "?";
		break;
	default:
		field->number =
			field->kind == FIELD_NUMBER ? field->number + 1 : 1;
		field->kind = field->number == 0 ? FIELD_UNSET : FIELD_NUMBER;
	}
}

/* Takes from the field what it had. */
static void
change_to_less(struct change *change)
{
	if (change->value.kind == FIELD_LIST)
		change_list(change, false);
	else
		change->value.kind = FIELD_UNSET;
}

/* --- Reading the changed tree --------------------------------------------- */

struct world {
	struct tree *tree;
	const struct statement *original;
	const char *sql;
	int changes, ignored;
};

static void
collect(struct tree *tree, struct node *node)
{
	if (node == NULL)
		return;
	tree->nodes = xreallocarray(tree->nodes, tree->count + 1, sizeof(node));
	tree->nodes[tree->count++] = node;
	node->seen = false;
	for (int f = 0; f < node->count; f++) {
		struct field *field = &node->fields[f];

		field->read = false;
		for (int i = 0;
		     (field->kind == FIELD_NODE || field->kind == FIELD_LIST) &&
		     i < field->count;
		     i++)
			collect(tree, field->nodes[i]);
	}
}

static bool
is_same(const struct statement *left, const struct statement *right)
{
	if (left->count != right->count)
		return false;
	for (int i = 0; i < left->count; i++)
		if (!action_same(&left->actions[i], &right->actions[i]))
			return false;
	return true;
}

/* The tree as it hangs together now, read anew. */
static bool
is_ignored(const struct world *world)
{
	struct tree changed = {.statement = world->tree->statement};
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};
	bool is_understood;

	collect(&changed, changed.statement);
	is_understood = statement_read(&statement, &changed, &refusal);
	free(changed.nodes);
	return is_understood && is_same(statement, world->original);
}

static void
try_change(struct world *world, struct node *node, int index, bool is_less)
{
	struct field *field = &node->fields[index];
	const struct field before = *field;
	struct change change = {.value = before, .stranger = stranger_new()};

	if (is_less)
		change_to_less(&change);
	else
		change_value(&change, form_of(node, index));
	*field = change.value;
	world->changes++;
	if (is_ignored(world)) {
		printf("# %s of %s, %s: %s\n", field->name, node->type,
		       is_less ? "less" : "more", world->sql);
		world->ignored++;
	}
	*field = before;
	change_release(&change);
}

static void
change_every_field(struct world *world)
{
	for (size_t n = 0; n < world->tree->count; n++) {
		struct node *node = world->tree->nodes[n];

		for (int f = 0; f < node->count; f++) {
			if (is_position(node->fields[f].name) ||
			    is_dropped(node, &node->fields[f]))
				continue;
			if (has_other_value(node, f))
				try_change(world, node, f, false);
			if (node->fields[f].kind != FIELD_UNSET)
				try_change(world, node, f, true);
		}
	}
}

static void
no_field_is_ignored(void)
{
	int changes = 0, ignored = 0, understood = 0;

	for (size_t i = 0; i < array_size(accepted); i++) {
		auto_tree struct tree *tree = parse(accepted[i].sql);
		auto_statement struct statement *statement = NULL;
		struct refusal refusal = {.floor = NULL};
		struct world world = {.tree = tree, .sql = accepted[i].sql};

		if (!statement_read(&statement, tree, &refusal))
			continue;
		understood++;
		world.original = statement;
		change_every_field(&world);
		changes += world.changes;
		ignored += world.ignored;
	}
	printf("# %d changed fields of %d statements\n", changes, understood);
	test("every example is understood",
	     understood == (int)array_size(accepted));
	test("no changed field is ignored", ignored == 0 && changes > 2500);
}

int
main(void)
{
	no_field_is_ignored();
	return test_end();
}
