/* What an understood expression says of itself, and how it is written. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/function.h"
#include "policy/name.h"
#include "policy/type.h"

static void
write_list(FILE *out, const struct expression *expression,
	   const struct parameter_text *parameters)
{
	for (int i = 0; i < expression->count; i++) {
		if (i > 0)
			fputs(", ", out);
		expression_write(out, expression->arguments[i], parameters);
	}
}

static void
write_parameter(FILE *out, int number, const struct parameter_text *parameters)
{
	if (parameters != NULL && number >= 1 && number <= parameters->count)
		fputs(parameters->texts[number - 1], out);
	else
		fprintf(out, "$%d", number);
}

static void
write_keyword(FILE *out, const struct expression *expression)
{
	fputs(expression->text, out);
	if (expression->number >= 0)
		fprintf(out, "(%d)", expression->number);
}

/* "word(" and the arguments. */
static void
write_call(FILE *out, const char *schema, const char *name,
	   const struct expression *expression,
	   const struct parameter_text *parameters)
{
	fprintf(out, "%s", schema);
	if (*schema == '\0')
		fputs(name, out);
	else
		name_write(out, name);
	fputc('(', out);
	write_list(out, expression, parameters);
	fputc(')', out);
}

/* "(a + b)", "(a AND b AND c)"; with one argument "(- a)" or "(NOT a)". */
static void
write_infix(FILE *out, const struct expression *expression,
	    const struct parameter_text *parameters)
{
	fputc('(', out);
	if (expression->count == 1)
		fprintf(out, "%s ", expression->text);
	for (int i = 0; i < expression->count; i++) {
		if (i > 0)
			fprintf(out, " %s ", expression->text);
		expression_write(out, expression->arguments[i], parameters);
	}
	fputc(')', out);
}

static void
write_in(FILE *out, const struct expression *expression,
	 const struct parameter_text *parameters)
{
	struct expression others = {.arguments = expression->arguments + 1,
				    .count = expression->count - 1};

	fputc('(', out);
	expression_write(out, expression->arguments[0], parameters);
	fputs(expression->number != 0 ? " NOT IN (" : " IN (", out);
	write_list(out, &others, parameters);
	fputs("))", out);
}

static void
write_null_test(FILE *out, const struct expression *expression,
		const struct parameter_text *parameters)
{
	fputc('(', out);
	write_list(out, expression, parameters);
	fputs(expression->number != 0 ? " IS NOT NULL)" : " IS NULL)", out);
}

static void
write_cast(FILE *out, const struct expression *expression,
	   const struct parameter_text *parameters)
{
	fputs("CAST(", out);
	write_list(out, expression, parameters);
	fputs(" AS ", out);
	type_write(out, &expression->type);
	fputc(')', out);
}

static void
write_array(FILE *out, const struct expression *expression,
	    const struct parameter_text *parameters)
{
	fputs("ARRAY[", out);
	write_list(out, expression, parameters);
	fputc(']', out);
}

static void
write_coalesce(FILE *out, const struct expression *expression,
	       const struct parameter_text *parameters)
{
	write_call(out, "", "COALESCE", expression, parameters);
}

static void
write_nullif(FILE *out, const struct expression *expression,
	     const struct parameter_text *parameters)
{
	write_call(out, "", "NULLIF", expression, parameters);
}

static void
write_function(FILE *out, const struct expression *expression,
	       const struct parameter_text *parameters)
{
	write_call(out, "pg_catalog.", expression->text, expression,
		   parameters);
}

/* What has no arguments of its own is written below. */
static void (*const writers[EXPRESSION_KINDS])(
	FILE *, const struct expression *, const struct parameter_text *) = {
	[EXPRESSION_CAST] = write_cast,
	[EXPRESSION_CALL] = write_function,
	[EXPRESSION_COALESCE] = write_coalesce,
	[EXPRESSION_NULLIF] = write_nullif,
	[EXPRESSION_ARRAY] = write_array,
	[EXPRESSION_OPERATOR] = write_infix,
	[EXPRESSION_LOGIC] = write_infix,
	[EXPRESSION_IS_NULL] = write_null_test,
	[EXPRESSION_IN] = write_in,
	[EXPRESSION_LIST] = write_list,
};

void
expression_write(FILE *out, const struct expression *expression,
		 const struct parameter_text *parameters)
{
	if (writers[expression->kind] != NULL) {
		writers[expression->kind](out, expression, parameters);
		return;
	}
	switch (expression->kind) {
	case EXPRESSION_NULL:
		fputs("NULL", out);
		break;
	case EXPRESSION_BOOLEAN:
		fputs(expression->number != 0 ? "true" : "false", out);
		break;
	case EXPRESSION_NUMBER:
		fputs(expression->text, out);
		break;
	case EXPRESSION_STRING:
		name_write_constant(out, expression->text);
		break;
	case EXPRESSION_PARAMETER:
		write_parameter(out, expression->number, parameters);
		break;
	case EXPRESSION_KEYWORD:
		write_keyword(out, expression);
		break;
	case EXPRESSION_EXCLUDED:
		fputs("EXCLUDED.", out);
		name_write(out, expression->text);
		break;
	case EXPRESSION_COLUMN:
		name_write(out, expression->text);
		break;
	case EXPRESSION_DEFAULT:
		fputs("DEFAULT", out);
		break;
	default:
		abort();
	}
}

bool
expression_same(const struct expression *left, const struct expression *right)
{
	if (left == NULL || right == NULL)
		return left == right;
	if (left->kind != right->kind || left->number != right->number ||
	    left->count != right->count ||
	    !same_text(left->text, right->text) ||
	    !type_same(&left->type, &right->type))
		return false;
	for (int i = 0; i < left->count; i++)
		if (!expression_same(left->arguments[i], right->arguments[i]))
			return false;
	return true;
}

void
expression_mark_parameters(const struct expression *expression, bool *used,
			   int count)
{
	if (expression->kind == EXPRESSION_PARAMETER &&
	    expression->number >= 1 && expression->number <= count)
		used[expression->number] = true;
	for (int i = 0; i < expression->count; i++)
		expression_mark_parameters(expression->arguments[i], used,
					   count);
}

bool
expression_has(const struct expression *expression, enum expression_kind kind)
{
	if (expression->kind == kind)
		return true;
	for (int i = 0; i < expression->count; i++)
		if (expression_has(expression->arguments[i], kind))
			return true;
	return false;
}

static enum volatility
own_volatility(const struct expression *expression)
{
	const struct type_word *type;
	const struct function_word *function;

	switch (expression->kind) {
	case EXPRESSION_CALL:
		function = function_find(expression->text);
		return function == NULL ? VOLATILITY_VOLATILE
					: function->volatility;
	case EXPRESSION_KEYWORD:
		return VOLATILITY_STABLE;
	case EXPRESSION_CAST:
		/* 'now'::timestamptz, '01/02/03'::date: settings decide. */
		type = type_find(expression->type.name);
		return type == NULL || type->settings ? VOLATILITY_STABLE
						      : VOLATILITY_CONSTANT;
	default:
		return VOLATILITY_CONSTANT;
	}
}

enum volatility
expression_volatility(const struct expression *expression)
{
	enum volatility worst;

	if (expression == NULL)
		return VOLATILITY_NONE;
	worst = own_volatility(expression);
	for (int i = 0; i < expression->count; i++) {
		enum volatility one =
			expression_volatility(expression->arguments[i]);

		worst = one > worst ? one : worst;
	}
	return worst;
}

bool
expression_contains(const struct expression *expression, const char *text,
		    size_t size)
{
	if (expression == NULL)
		return false;
	if ((expression->kind == EXPRESSION_NUMBER ||
	     expression->kind == EXPRESSION_STRING) &&
	    memmem(expression->text, strlen(expression->text), text, size))
		return true;
	for (int i = 0; i < expression->count; i++)
		if (expression_contains(expression->arguments[i], text, size))
			return true;
	return false;
}
