/* A type as the catalogue spells it, read by the parser itself. */
#include "pgmend.h"
#include "policy/statement.h"
#include "policy/tree.h"
#include "policy/type.h"

/* The type name of "SELECT CAST(NULL AS ...)" and of nothing else: whatever a
 * text smuggles in is left over, and tree_understood() finds it. */
static struct node *
cast_type(struct node *select)
{
	struct node *target = NULL, *cast = NULL, *value = NULL;

	if (node_is(select, "SelectStmt") &&
	    strcmp(node_word(select, "limit_option"), "LIMIT_OPTION_DEFAULT") ==
		    0 &&
	    strcmp(node_word(select, "op"), "SETOP_NONE") == 0 &&
	    node_count(select, "target_list") == 1)
		target = node_item(select, "target_list", 0);
	if (node_is(target, "ResTarget"))
		cast = node_child(target, "val");
	if (node_is(cast, "TypeCast"))
		value = node_child(cast, "arg");
	if (node_is(value, "AConst") && node_flag(value, "isnull"))
		return node_child(cast, "type_name");
	return NULL;
}

bool
type_read(struct type *ret_type, const char *text)
{
	/* On a line of its own, no comment can hide the end. */
	auto_free char *sql = xprintf("SELECT CAST(NULL AS %s\n)", text);
	auto_tree struct tree *tree = NULL;
	struct refusal refusal = {.floor = NULL};
	struct type type = {.schema = NULL};
	bool is_type;

	is_type = tree_parse(&tree, sql, strlen(sql), &refusal) &&
		  type_parse_old(&type, cast_type(tree_statement(tree)),
				 &refusal);
	if (is_type && tree_understood(tree, &refusal)) {
		*ret_type = type;
		return true;
	}
	type_release(&type);
	return false;
}
