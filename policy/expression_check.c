/* What a CHECK may hold besides values: columns, logic, comparison, sums. */
#include "pgmend.h"
#include "policy/expression_reader.h"
#include "policy/name.h"
#include "policy/tree.h"

/* Unqualified: with the session's search_path pinned, only pg_catalog's. */
static const char *const operators[] = {
	"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%",
};

static const struct {
	const char *word, *sql;
} connectives[] = {
	{"AND_EXPR", "AND"},
	{"OR_EXPR", "OR"},
	{"NOT_EXPR", "NOT"},
};

/* "(orders).f" and "orders.f" would call a function f, so a name stands alone.
 */
struct expression *
read_column(const struct reader *reader, struct node *node)
{
	const char *name = name_of_item(node, "fields", 0);

	if (node_count(node, "fields") == 1 && *name != '\0')
		return expression_new(EXPRESSION_COLUMN, name, 0);
	refuse(reader->refusal, "F05",
	       "only the name of a column is accepted here");
	return NULL;
}

static const char *
find_operator(struct node *node)
{
	const char *name = name_of_item(node, "name", 0);

	if (node_count(node, "name") != 1)
		return NULL;
	for (size_t i = 0; i < array_size(operators); i++)
		if (strcmp(operators[i], name) == 0)
			return operators[i];
	return NULL;
}

static struct expression *
read_between(const struct reader *reader, struct node *node, const char *symbol)
{
	struct expression *both =
		expression_new(EXPRESSION_OPERATOR, symbol, 0);
	struct node *left = node_child(node, "lexpr");
	bool is_sign = strcmp(symbol, "+") == 0 || strcmp(symbol, "-") == 0;

	if (left == NULL && is_sign)
		return expression_if(
			expression_add(reader, both, node_child(node, "rexpr")),
			both);
	return expression_if(
		expression_add(reader, both, left) &&
			expression_add(reader, both, node_child(node, "rexpr")),
		both);
}

/* "a IN (...)" is "=" with any, "a NOT IN (...)" is "<>" with all. */
static struct expression *
read_in(const struct reader *reader, struct node *node, const char *symbol)
{
	bool is_not = strcmp(symbol, "<>") == 0;
	struct expression *in = expression_new(EXPRESSION_IN, NULL, is_not);
	struct node *list = node_child(node, "rexpr");

	if (!node_is(list, "List"))
		refuse(reader->refusal, "F05", "IN needs a list of values");
	else if (expression_add(reader, in, node_child(node, "lexpr")) &&
		 expression_add_all(reader, in, list, "items"))
		return in;
	return expression_if(false, in);
}

struct expression *
read_operator(const struct reader *reader, struct node *node)
{
	const char *kind = node_word(node, "kind");
	const char *symbol = find_operator(node);
	bool is_equality = symbol != NULL && (strcmp(symbol, "=") == 0 ||
					      strcmp(symbol, "<>") == 0);

	if (symbol != NULL && strcmp(kind, "AEXPR_OP") == 0)
		return read_between(reader, node, symbol);
	if (is_equality && strcmp(kind, "AEXPR_IN") == 0)
		return read_in(reader, node, symbol);
	refuse(reader->refusal, "F05",
	       "the operator \"%.20s\" is not on the list",
	       name_of_item(node, "name", node_count(node, "name") - 1));
	return NULL;
}

struct expression *
read_logic(const struct reader *reader, struct node *node)
{
	const char *word = node_word(node, "boolop");

	for (size_t i = 0; i < array_size(connectives); i++) {
		struct expression *logic;

		if (strcmp(connectives[i].word, word) != 0)
			continue;
		logic = expression_new(EXPRESSION_LOGIC, connectives[i].sql, 0);
		return expression_if(
			expression_add_all(reader, logic, node, "args"), logic);
	}
	refuse(reader->refusal, "F05", "%.40s is not accepted", word);
	return NULL;
}

struct expression *
read_null_test(const struct reader *reader, struct node *node)
{
	const char *word = node_word(node, "nulltesttype");
	bool is_not = strcmp(word, "IS_NOT_NULL") == 0;
	struct expression *test =
		expression_new(EXPRESSION_IS_NULL, NULL, is_not);

	if (!is_not && strcmp(word, "IS_NULL") != 0)
		refuse(reader->refusal, "F05", "%.40s is not accepted", word);
	else if (expression_add(reader, test, node_child(node, "arg")))
		return test;
	return expression_if(false, test);
}
