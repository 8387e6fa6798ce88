#include "pgmend.h"
#include "policy/expression.h"
#include "policy/function.h"
#include "policy/name.h"
#include "policy/tree.h"
#include "policy/type.h"

#define ARGUMENTS_MAX 64

struct reader {
	enum expression_place place;
	struct refusal *refusal;
};

static struct expression *
read_expression(const struct reader *reader, struct node *node);

static struct expression *
expression_new(enum expression_kind kind, const char *text, int number)
{
	struct expression *expression = xcalloc(1, sizeof(*expression));

	expression->kind = kind;
	expression->text = xstrdup(text);
	expression->number = number;
	return expression;
}

void
expression_free(struct expression *expression)
{
	if (expression == NULL)
		return;
	for (int i = 0; i < expression->count; i++)
		expression_free(expression->arguments[i]);
	free(expression->arguments);
	free(expression->text);
	type_release(&expression->type);
	free(expression);
}

static struct expression *
refused(struct expression *expression)
{
	expression_free(expression);
	return NULL;
}

static bool
add_argument(const struct reader *reader, struct expression *expression,
	     struct node *node)
{
	struct expression *argument = read_expression(reader, node);

	if (argument == NULL)
		return false;
	expression->arguments = xreallocarray(expression->arguments,
					      (size_t)expression->count + 1,
					      sizeof(struct expression *));
	expression->arguments[expression->count++] = argument;
	return true;
}

static bool
add_arguments(const struct reader *reader, struct expression *expression,
	      struct node *node, const char *field)
{
	int count = node_count(node, field);

	if (count > ARGUMENTS_MAX)
		return refuse(reader->refusal, "F05",
			      "more than %d arguments or elements",
			      ARGUMENTS_MAX);
	for (int i = 0; i < count; i++)
		if (!add_argument(reader, expression,
				  node_item(node, field, i)))
			return false;
	return true;
}

/* --- What each node may become -------------------------------------------- */

static struct expression *
read_constant(const struct reader *reader, struct node *node)
{
	struct node *value;
	char digits[16];

	if (node_flag(node, "isnull"))
		return expression_new(EXPRESSION_NULL, NULL, 0);
	if (node_is(value = node_child(node, "ival"), "Integer")) {
		snprintf(digits, sizeof(digits), "%d",
			 (int)node_number(value, "ival"));
		return expression_new(EXPRESSION_NUMBER, digits, 0);
	}
	if (node_is(value = node_child(node, "fval"), "Float"))
		return expression_new(EXPRESSION_NUMBER,
				      node_text(value, "fval"), 0);
	if (node_is(value = node_child(node, "sval"), "String"))
		return expression_new(EXPRESSION_STRING,
				      node_text(value, "sval"), 0);
	if (node_is(value = node_child(node, "boolval"), "Boolean"))
		return expression_new(EXPRESSION_BOOLEAN, NULL,
				      node_flag(value, "boolval"));
	refuse(reader->refusal, "F05", "a bit string constant is not accepted");
	return NULL;
}

static struct expression *
read_cast(const struct reader *reader, struct node *node)
{
	struct expression *cast = expression_new(EXPRESSION_CAST, NULL, 0);
	struct refusal *refusal = reader->refusal;

	if (!type_parse(&cast->type, node_child(node, "type_name"), refusal)) {
		/* A cast runs code: whatever is wrong with its type is F05. */
		refusal->floor = "F05";
		return refused(cast);
	}
	if (strcmp(cast->type.schema, "pg_catalog") != 0) {
		refuse(refusal, "F05",
		       "a cast to \"%.63s.%.63s\" may run code: only base "
		       "types of pg_catalog",
		       cast->type.schema, cast->type.name);
		return refused(cast);
	}
	if (!add_argument(reader, cast, node_child(node, "arg")))
		return refused(cast);
	return cast;
}

static struct expression *
read_call(const struct reader *reader, struct node *node)
{
	int parts = node_count(node, "funcname");
	const char *schema =
		parts == 2 ? name_of_item(node, "funcname", 0) : "pg_catalog";
	const char *name = name_of_item(node, "funcname", parts - 1);
	const char *form = node_word(node, "funcformat");
	const struct function_word *word = function_find(name);
	struct expression *call;
	int count = node_count(node, "args");

	if (parts < 1 || parts > 2 || strcmp(schema, "pg_catalog") != 0 ||
	    word == NULL ||
	    (word->only_replay && reader->place == PLACE_DEFAULT) ||
	    (strcmp(form, "COERCE_EXPLICIT_CALL") != 0 &&
	     strcmp(form, "COERCE_SQL_SYNTAX") != 0)) {
		refuse(reader->refusal, "F05",
		       "the function \"%.63s\" is not on the list", name);
		return NULL;
	}
	if (count < word->min || count > word->max) {
		refuse(reader->refusal, "F05",
		       "\"%.63s\" takes %d to %d arguments here", name,
		       word->min, word->max);
		return NULL;
	}
	call = expression_new(EXPRESSION_CALL, word->name, 0);
	return add_arguments(reader, call, node, "args") ? call : refused(call);
}

static struct expression *
read_keyword(const struct reader *reader, struct node *node)
{
	const char *op = node_word(node, "op");
	int precision = (int)node_number(node, "typmod");
	const struct keyword_word *word = keyword_find(op);

	if (word == NULL) {
		refuse(reader->refusal, "F05",
		       "%.40s is not accepted in a value", op);
		return NULL;
	}
	return expression_new(EXPRESSION_KEYWORD, word->sql,
			      word->has_precision ? precision : -1);
}

static struct expression *
read_nullif(const struct reader *reader, struct node *node)
{
	struct expression *nullif;

	/* With an operator of its own, NULLIF would call whatever it names. */
	if (strcmp(node_word(node, "kind"), "AEXPR_NULLIF") != 0 ||
	    node_count(node, "name") != 1 ||
	    strcmp(name_of_item(node, "name", 0), "=") != 0) {
		refuse(reader->refusal, "F05",
		       "operators are not accepted in a value");
		return NULL;
	}
	nullif = expression_new(EXPRESSION_NULLIF, NULL, 0);
	if (add_argument(reader, nullif, node_child(node, "lexpr")) &&
	    add_argument(reader, nullif, node_child(node, "rexpr")))
		return nullif;
	return refused(nullif);
}

static struct expression *
read_coalesce(const struct reader *reader, struct node *node)
{
	struct expression *all = expression_new(EXPRESSION_COALESCE, NULL, 0);

	return add_arguments(reader, all, node, "args") ? all : refused(all);
}

static struct expression *
read_array(const struct reader *reader, struct node *node)
{
	struct expression *array = expression_new(EXPRESSION_ARRAY, NULL, 0);

	return add_arguments(reader, array, node, "elements") ? array
							      : refused(array);
}

static struct expression *
read_parameter(const struct reader *reader, struct node *node)
{
	(void)reader;
	return expression_new(EXPRESSION_PARAMETER, NULL,
			      (int)node_number(node, "number"));
}

static struct expression *
read_excluded(const struct reader *reader, struct node *node)
{
	if (node_count(node, "fields") != 2 ||
	    strcmp(name_of_item(node, "fields", 0), "excluded") != 0 ||
	    *name_of_item(node, "fields", 1) == '\0') {
		refuse(reader->refusal, "F05",
		       "a column other than EXCLUDED's is not accepted here");
		return NULL;
	}
	return expression_new(EXPRESSION_EXCLUDED,
			      name_of_item(node, "fields", 1), 0);
}

static struct expression *
read_default(const struct reader *reader, struct node *node)
{
	(void)reader;
	(void)node;
	return expression_new(EXPRESSION_DEFAULT, NULL, 0);
}

/* What is not in this table does not exist. */
static const struct {
	const char *type;
	enum expression_place from; /* the first place that admits it */
	struct expression *(*read)(const struct reader *, struct node *);
} nodes[] = {
	{"AConst", PLACE_DEFAULT, read_constant},
	{"TypeCast", PLACE_DEFAULT, read_cast},
	{"FuncCall", PLACE_DEFAULT, read_call},
	{"SQLValueFunction", PLACE_DEFAULT, read_keyword},
	{"ParamRef", PLACE_VALUE, read_parameter},
	{"AExpr", PLACE_VALUE, read_nullif},
	{"CoalesceExpr", PLACE_VALUE, read_coalesce},
	{"AArrayExpr", PLACE_VALUE, read_array},
	{"ColumnRef", PLACE_UPDATE, read_excluded},
};

static struct expression *
read_expression(const struct reader *reader, struct node *node)
{
	const char *type = node_type(node);

	for (size_t i = 0; i < array_size(nodes); i++)
		if (strcmp(nodes[i].type, type) == 0 &&
		    reader->place >= nodes[i].from)
			return nodes[i].read(reader, node);
	refuse(reader->refusal, "F05", "a %s is not accepted in a value",
	       *type == '\0' ? "hole" : type);
	return NULL;
}

struct expression *
expression_parse(struct node *node, enum expression_place place,
		 struct refusal *refusal)
{
	const struct reader reader = {.place = place, .refusal = refusal};

	/* DEFAULT stands for a whole value, never within one. */
	if (place != PLACE_DEFAULT && node_is(node, "SetToDefault"))
		return read_default(&reader, node);
	return read_expression(&reader, node);
}
