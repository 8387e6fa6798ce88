/* What a rule asks of the facts. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"

#define CONDITION_TERMS_MAX 200

static const struct {
	const char *symbol;
	enum comparison comparison;
} comparisons[] = {
	{"=", COMPARE_EQUAL},	{"!=", COMPARE_UNEQUAL},
	{"<", COMPARE_LESS},	{"<=", COMPARE_AT_MOST},
	{">", COMPARE_GREATER}, {">=", COMPARE_AT_LEAST},
};

static const char *const examples[FACT_TYPES] = {
	[TYPE_INT] = "< 1_000",	  [TYPE_BYTES] = "< 1GB",
	[TYPE_DURATION] = "< 1h", [TYPE_PERCENT] = ">= 80%",
	[TYPE_NAME] = "= \"x\"",  [TYPE_SET] = "has \"x\"",
	[TYPE_ENUM] = "<= ",
};

static bool parse_or(struct parser *parser,
		     const struct condition **ret_condition, int depth);

static const struct condition *
keep(struct parser *parser, struct condition condition)
{
	struct condition *kept = arena_take(parser->arena, sizeof(*kept));

	*kept = condition;
	return kept;
}

static bool
accept_comparison(struct parser *parser, enum comparison *ret_comparison)
{
	for (size_t i = 0; i < array_size(comparisons); i++) {
		if (!accept_symbol(parser, comparisons[i].symbol))
			continue;
		*ret_comparison = comparisons[i].comparison;
		return true;
	}
	return false;
}

static bool
needs_comparison(struct parser *parser, struct place place,
		 const struct fact_word *word)
{
	diagnose(parser->diagnostics, "E177", place, "'%s' needs a comparison",
		 word->name);
	return diagnose_hint(parser->diagnostics, "for example: %s %s%s",
			     word->name, examples[word->type],
			     word->type == TYPE_ENUM ? word->words[1] : "");
}

/* --- Atoms ---------------------------------------------------------------- */

/* FACT in ( values ) or FACT in @names */
static bool
parse_in(struct parser *parser, struct condition *condition)
{
	struct value *values = NULL;
	const struct list *list;

	condition->kind = CONDITION_IN;
	if (peek(parser)->kind == LEXEME_REF) {
		list = find_list(parser, peek(parser), 1U << LIST_NAMES,
				 "names");
		if (list == NULL)
			return false;
		if (fact_word(condition->fact)->type != TYPE_NAME)
			return diagnose(parser->diagnostics, "E178",
					next(parser)->place,
					"'%s' is not a text: a list of names "
					"can't hold it",
					fact_word(condition->fact)->name);
		next(parser);
		condition->values = list->names;
		condition->value_count = list->name_count;
		return true;
	}
	if (!expect_symbol(parser, "("))
		return false;
	do {
		struct value value;

		if (!parse_value(parser, condition->fact, &value))
			return false;
		arena_append(parser->arena, values, condition->value_count,
			     value);
	} while (accept_symbol(parser, ","));
	condition->values = values;
	return expect_symbol(parser, ")");
}

/* The one value of a comparison, of `like` and of `has`. */
static bool
parse_operand(struct parser *parser, struct condition *condition)
{
	struct value *value = arena_take(parser->arena, sizeof(*value));

	if (!parse_value(parser, condition->fact, value))
		return false;
	condition->values = value;
	condition->value_count = 1;
	return true;
}

static bool
wrong_test(struct parser *parser, const struct fact_word *word,
	   const char *operator_text)
{
	diagnose(parser->diagnostics, "E178", previous(parser)->place,
		 "'%s' can't be tested with '%s'", word->name, operator_text);
	return diagnose_hint(parser->diagnostics, "for example: %s %s%s",
			     word->name, examples[word->type],
			     word->type == TYPE_ENUM ? word->words[1] : "");
}

static bool
parse_compare(struct parser *parser, struct condition *condition)
{
	const struct fact_word *word = fact_word(condition->fact);
	bool is_order = condition->comparison != COMPARE_EQUAL &&
			condition->comparison != COMPARE_UNEQUAL;

	condition->kind = CONDITION_COMPARE;
	if (word->type == TYPE_BOOL)
		return diagnose(parser->diagnostics, "E171",
				peek(parser)->place,
				"'%s' is a yes/no fact; write 'when %s' or "
				"'when not %s'",
				word->name, word->name, word->name);
	if (word->type == TYPE_SET || (word->type == TYPE_NAME && is_order))
		return wrong_test(parser, word, previous(parser)->text);
	return parse_operand(parser, condition);
}

static bool
parse_atom(struct parser *parser, const struct condition **ret_condition)
{
	struct place place = peek(parser)->place;
	struct condition condition = {.kind = CONDITION_TRUE,
				      .line = place.line};
	const struct fact_word *word;
	bool parsed = true;

	if (!parse_fact(parser, &condition.fact))
		return false;
	word = fact_word(condition.fact);
	if (accept_comparison(parser, &condition.comparison)) {
		parsed = parse_compare(parser, &condition);
	} else if (accept_word(parser, "like")) {
		condition.kind = CONDITION_LIKE;
		parsed = word->type == TYPE_NAME
				 ? parse_operand(parser, &condition)
				 : wrong_test(parser, word, "like");
	} else if (accept_word(parser, "has")) {
		condition.kind = CONDITION_HAS;
		parsed = word->type == TYPE_SET
				 ? parse_operand(parser, &condition)
				 : wrong_test(parser, word, "has");
	} else if (accept_word(parser, "in")) {
		parsed = word->type != TYPE_SET && word->type != TYPE_BOOL
				 ? parse_in(parser, &condition)
				 : wrong_test(parser, word, "in");
	} else if (word->type != TYPE_BOOL) {
		parsed = needs_comparison(parser, place, word);
	}
	condition.place = place_to(place, previous(parser));
	if (parsed)
		*ret_condition = keep(parser, condition);
	return parsed;
}

/* --- Compounds ------------------------------------------------------------ */

static bool
parse_in_window(struct parser *parser, const struct condition **ret_condition)
{
	struct condition condition = {.kind = CONDITION_WINDOW,
				      .line = peek(parser)->place.line};
	struct window *window;
	const struct list *list;

	if (peek(parser)->kind != LEXEME_REF)
		return unexpected(parser, "a window such as @business");
	list = find_list(parser, peek(parser), 1U << LIST_WINDOW, "a window");
	if (list == NULL)
		return false;
	next(parser);
	/* The array of lists moves when it grows: keep a copy. */
	window = arena_take(parser->arena, sizeof(*window));
	*window = list->window;
	window->name = list->name;
	parser->scope->layer->has_windows = true;
	condition.window = window;
	condition.place = previous(parser)->place;
	*ret_condition = keep(parser, condition);
	return true;
}

static bool
parse_not(struct parser *parser, const struct condition **ret_condition,
	  int depth)
{
	struct condition condition = {.kind = CONDITION_NOT};

	if (depth > POLICY_NESTING_MAX)
		return diagnose(parser->diagnostics, "E105",
				peek(parser)->place,
				"conditions are nested more than %d deep",
				POLICY_NESTING_MAX);
	if (accept_word(parser, "not")) {
		if (!parse_not(parser, &condition.left, depth + 1))
			return false;
		*ret_condition = keep(parser, condition);
		return true;
	}
	if (accept_symbol(parser, "("))
		return parse_or(parser, ret_condition, depth + 1) &&
		       expect_symbol(parser, ")");
	if (accept_word(parser, "in"))
		return parse_in_window(parser, ret_condition);
	return parse_atom(parser, ret_condition);
}

/* Keeps the judge's recursion short. */
static bool
term_is_welcome(struct parser *parser, int *terms)
{
	if (++*terms < CONDITION_TERMS_MAX)
		return true;
	return diagnose(parser->diagnostics, "E105", peek(parser)->place,
			"a condition has at most %d terms",
			CONDITION_TERMS_MAX);
}

static bool
parse_and(struct parser *parser, const struct condition **ret_condition,
	  int depth)
{
	const struct condition *left = NULL;
	int terms = 0;

	if (!parse_not(parser, &left, depth))
		return false;
	while (accept_word(parser, "and")) {
		struct condition both = {.kind = CONDITION_AND, .left = left};

		if (!term_is_welcome(parser, &terms) ||
		    !parse_not(parser, &both.right, depth))
			return false;
		left = keep(parser, both);
	}
	*ret_condition = left;
	return true;
}

static bool
parse_or(struct parser *parser, const struct condition **ret_condition,
	 int depth)
{
	const struct condition *left = NULL;
	int terms = 0;

	if (!parse_and(parser, &left, depth))
		return false;
	while (accept_word(parser, "or")) {
		struct condition either = {.kind = CONDITION_OR, .left = left};

		if (!term_is_welcome(parser, &terms) ||
		    !parse_and(parser, &either.right, depth))
			return false;
		left = keep(parser, either);
	}
	*ret_condition = left;
	return true;
}

bool
parse_condition(struct parser *parser, const struct condition **ret_condition)
{
	return parse_or(parser, ret_condition, 0);
}
