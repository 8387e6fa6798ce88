#include "pgmend.h"
#include "policy/expression_reader.h"
#include "policy/function.h"
#include "policy/name.h"
#include "policy/tree.h"
#include "policy/type.h"

#define ARGUMENTS_MAX 64

static struct expression *
read_expression(const struct reader *reader, struct node *node);

struct expression *
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

struct expression *
expression_if(bool is_read, struct expression *expression)
{
	if (is_read)
		return expression;
	expression_free(expression);
	return NULL;
}

static struct expression *
refused(struct expression *expression)
{
	return expression_if(false, expression);
}

static void
push(struct expression *expression, struct expression *argument)
{
	expression->arguments = xreallocarray(expression->arguments,
					      (size_t)expression->count + 1,
					      sizeof(struct expression *));
	expression->arguments[expression->count++] = argument;
}

bool
expression_add(const struct reader *reader, struct expression *expression,
	       struct node *node)
{
	struct expression *argument = read_expression(reader, node);

	if (argument == NULL)
		return false;
	push(expression, argument);
	return true;
}

bool
expression_add_all(const struct reader *reader, struct expression *expression,
		   struct node *node, const char *field)
{
	int count = node_count(node, field);

	if (count > ARGUMENTS_MAX)
		return refuse(reader->refusal, "F05",
			      "more than %d arguments or elements",
			      ARGUMENTS_MAX);
	for (int i = 0; i < count; i++)
		if (!expression_add(reader, expression,
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
	if (!expression_add(reader, cast, node_child(node, "arg")))
		return refused(cast);
	return cast;
}

static bool
is_replayed(enum expression_place place)
{
	return place == PLACE_VALUE || place == PLACE_UPDATE;
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
	    (word->only_replay && !is_replayed(reader->place)) ||
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
	return expression_if(expression_add_all(reader, call, node, "args"),
			     call);
}

static struct expression *
read_keyword(const struct reader *reader, struct node *node)
{
	const char *op = node_word(node, "op");
	int precision = (int)node_number(node, "typmod");
	const struct keyword_word *word = keyword_find(op);

	if (word == NULL || (!word->has_precision && precision != -1)) {
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
	if (expression_add(reader, nullif, node_child(node, "lexpr")) &&
	    expression_add(reader, nullif, node_child(node, "rexpr")))
		return nullif;
	return refused(nullif);
}

static struct expression *
read_coalesce(const struct reader *reader, struct node *node)
{
	struct expression *all = expression_new(EXPRESSION_COALESCE, NULL, 0);

	return expression_if(expression_add_all(reader, all, node, "args"),
			     all);
}

static struct expression *
read_array(const struct reader *reader, struct node *node)
{
	struct expression *array = expression_new(EXPRESSION_ARRAY, NULL, 0);

	return expression_if(
		expression_add_all(reader, array, node, "elements"), array);
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

#define IN_DDL (1U << PLACE_DEFAULT | 1U << PLACE_CHECK)
#define IN_REPLAY (1U << PLACE_VALUE | 1U << PLACE_UPDATE)

/* What is not in this table does not exist. */
static const struct {
	const char *type;
	unsigned places; /* a bit for each that admits it */
	struct expression *(*read)(const struct reader *, struct node *);
} nodes[] = {
	{"AConst", IN_DDL | IN_REPLAY | 1U << PLACE_BOUND, read_constant},
	{"TypeCast", IN_DDL | IN_REPLAY, read_cast},
	{"FuncCall", IN_DDL | IN_REPLAY, read_call},
	{"SQLValueFunction", IN_DDL | IN_REPLAY, read_keyword},
	{"ParamRef", IN_REPLAY, read_parameter},
	{"AExpr", IN_REPLAY, read_nullif},
	{"CoalesceExpr", IN_REPLAY, read_coalesce},
	{"AArrayExpr", IN_REPLAY, read_array},
	{"ColumnRef", 1U << PLACE_UPDATE, read_excluded},
	{"ColumnRef", 1U << PLACE_CHECK, read_column},
	{"AExpr", 1U << PLACE_CHECK, read_operator},
	{"BoolExpr", 1U << PLACE_CHECK, read_logic},
	{"NullTest", 1U << PLACE_CHECK, read_null_test},
};

static struct expression *
read_expression(const struct reader *reader, struct node *node)
{
	const char *type = node_type(node);

	for (size_t i = 0; i < array_size(nodes); i++)
		if ((nodes[i].places & 1U << reader->place) != 0 &&
		    strcmp(nodes[i].type, type) == 0)
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
	if (is_replayed(place) && node_is(node, "SetToDefault"))
		return read_default(&reader, node);
	return read_expression(&reader, node);
}

struct expression *
expression_parse_list(struct node *node, const char *field,
		      struct refusal *refusal)
{
	const struct reader reader = {.place = PLACE_BOUND, .refusal = refusal};
	struct expression *list = expression_new(EXPRESSION_LIST, NULL, 0);

	return expression_if(expression_add_all(&reader, list, node, field),
			     list);
}

struct expression *
expression_parse_names(struct node *node, const char *field,
		       struct refusal *refusal)
{
	struct expression *list = expression_new(EXPRESSION_LIST, NULL, 0);
	int count = node_count(node, field);

	if (count > ARGUMENTS_MAX)
		refuse(refusal, "F12", "more than %d columns", ARGUMENTS_MAX);
	for (int i = 0; i < count && i < ARGUMENTS_MAX; i++)
		push(list, expression_new(EXPRESSION_COLUMN,
					  name_of_item(node, field, i), 0));
	return expression_if(count <= ARGUMENTS_MAX, list);
}
