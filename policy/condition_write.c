#include "pgmend.h"
#include "policy/condition_write.h"
#include "policy/rules.h"
#include "policy/type.h"

/* --- Values --------------------------------------------------------------- */

/* The largest first. */
static const struct {
	enum fact_type type;
	int64_t factor;
	const char *name;
} units[] = {
	{TYPE_BYTES, INT64_C(1) << 40, "TB"},
	{TYPE_BYTES, 1 << 30, "GB"},
	{TYPE_BYTES, 1 << 20, "MB"},
	{TYPE_BYTES, 1 << 10, "kB"},
	{TYPE_BYTES, 1, "B"},
	{TYPE_DURATION, 24 * 3600 * 1000, "d"},
	{TYPE_DURATION, 3600 * 1000, "h"},
	{TYPE_DURATION, 60 * 1000, "min"},
	{TYPE_DURATION, 1000, "s"},
	{TYPE_DURATION, 1, "ms"},
	{TYPE_PERCENT, 1, "%"},
};

static void
write_count(FILE *out, int64_t number)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%lld", (long long)number);

	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-')
			fputc('_', out);
		fputc(digits[i], out);
	}
}

/* Nothing is the same in every unit: the smallest says it best. */
void
quantity_write(FILE *out, enum fact_type type, int64_t number)
{
	for (size_t i = 0; i < array_size(units); i++) {
		bool fits = units[i].factor == 1 ||
			    (number != 0 && number % units[i].factor == 0);

		if (units[i].type != type || !fits)
			continue;
		write_count(out, number / units[i].factor);
		fputs(units[i].name, out);
		return;
	}
	write_count(out, number);
}

void
string_write(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void
value_write(FILE *out, enum fact fact, const struct value *value)
{
	const struct fact_word *word = fact_word(fact);

	switch (word->type) {
	case TYPE_BOOL:
		fputs(value->number != 0 ? "yes" : "no", out);
		break;
	case TYPE_ENUM:
		fputs(word->words[value->number], out);
		break;
	case TYPE_NAME:
	case TYPE_SET:
		string_write(out, value->text);
		break;
	default:
		quantity_write(out, word->type, value->number);
	}
}

/* --- Patterns and types --------------------------------------------------- */

void
pattern_write(FILE *out, const struct pattern *pattern)
{
	for (int i = 0; i < pattern->count; i++) {
		if (i > 0)
			fputc('.', out);
		if (pattern->parts[i].quoted)
			string_write(out, pattern->parts[i].text);
		else
			fputs(pattern->parts[i].text, out);
	}
}

/* SQL's own word where it is one word: bigint, but varchar and timestamptz. */
static const char *
spelling(const char *name)
{
	const struct type_word *word = type_find(name);

	if (word == NULL || word->keyword == NULL || word->suffix != NULL ||
	    strchr(word->keyword, ' ') != NULL)
		return name;
	return word->keyword;
}

static void
write_modifier(FILE *out, const struct pattern_modifier *modifier)
{
	if (modifier->any)
		fputc('*', out);
	else
		fprintf(out, "%s%d", modifier->at_most ? "<=" : "",
			modifier->value);
}

void
type_pattern_write(FILE *out, const struct type_pattern *type)
{
	if (strcmp(type->schema, "pg_catalog") == 0)
		fputs(spelling(type->name), out);
	else
		fprintf(out, "%s.%s", type->schema, type->name);
	for (int i = 0; i < type->modifier_count; i++) {
		fputc(i == 0 ? '(' : ',', out);
		write_modifier(out, &type->modifiers[i]);
	}
	if (type->modifier_count > 0)
		fputc(')', out);
	if (type->is_array)
		fputs("[]", out);
}

/* --- Conditions ----------------------------------------------------------- */

static const char *const comparisons[COMPARISONS] = {
	[COMPARE_EQUAL] = "=",	 [COMPARE_UNEQUAL] = "!=",
	[COMPARE_LESS] = "<",	 [COMPARE_AT_MOST] = "<=",
	[COMPARE_GREATER] = ">", [COMPARE_AT_LEAST] = ">=",
};

void
window_write(FILE *out, const struct window *window)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu",
					   "fri", "sat", "sun"};

	for (int i = 0; i < window->count; i++) {
		const struct span *span = &window->of[i];

		fprintf(out, "%s%s", i == 0 ? "" : ", ", days[span->first_day]);
		if (span->last_day != span->first_day)
			fprintf(out, "-%s", days[span->last_day]);
		fprintf(out, " %02d:%02d-%02d:%02d", span->start / 60,
			span->start % 60, span->end / 60, span->end % 60);
	}
}

static void
write_values(FILE *out, const struct condition *condition)
{
	fputc('(', out);
	for (int i = 0; i < condition->value_count; i++) {
		if (i > 0)
			fputs(", ", out);
		value_write(out, condition->fact, &condition->values[i]);
	}
	fputc(')', out);
}

static void
write_atom(FILE *out, const struct condition *condition)
{
	fputs(fact_word(condition->fact)->name, out);
	switch (condition->kind) {
	case CONDITION_COMPARE:
		fprintf(out, " %s ", comparisons[condition->comparison]);
		value_write(out, condition->fact, condition->values);
		break;
	case CONDITION_LIKE:
		fputs(" like ", out);
		string_write(out, condition->values[0].text);
		break;
	case CONDITION_HAS:
		fputs(" has ", out);
		string_write(out, condition->values[0].text);
		break;
	case CONDITION_IN:
		fputs(" in ", out);
		write_values(out, condition);
		break;
	default:
		break;
	}
}

/* `or` binds least, `not` most; parentheses only where the reading needs
 * them. */
static int
binding(const struct condition *condition)
{
	if (condition->kind == CONDITION_OR)
		return 0;
	return condition->kind == CONDITION_AND ? 1 : 2;
}

static void
write_within(FILE *out, const struct condition *condition, int outer)
{
	bool needs_parentheses = binding(condition) < outer;

	fputs(needs_parentheses ? "(" : "", out);
	condition_write(out, condition);
	fputs(needs_parentheses ? ")" : "", out);
}

void
condition_write(FILE *out, const struct condition *condition)
{
	int own = binding(condition);

	switch (condition->kind) {
	case CONDITION_AND:
	case CONDITION_OR:
		write_within(out, condition->left, own);
		fputs(condition->kind == CONDITION_AND ? " and " : " or ", out);
		/* Terms join from the left, so a right one of the same kind
		 * stood in parentheses. */
		write_within(out, condition->right, own + 1);
		break;
	case CONDITION_NOT:
		fputs("not ", out);
		write_within(out, condition->left, own);
		break;
	case CONDITION_WINDOW:
		fprintf(out, "in @%s", condition->window->name);
		break;
	default:
		write_atom(out, condition);
	}
}
