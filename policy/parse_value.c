/* Facts, and values that suit them. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"
#include "policy/quantity.h"
#include "policy/setting.h"

#define UNITS_HINT                                                     \
	"units: ms s min h d, B kB MB GB TB, % (counts take no unit: " \
	"write 1_000_000)"

/* How a type of numbers is measured, for people. */
static const char *const measures[FACT_TYPES] = {
	[TYPE_INT] = "a plain count",
	[TYPE_BYTES] = "measured in bytes (kB MB GB TB)",
	[TYPE_DURATION] = "measured in time (ms s min h d)",
	[TYPE_PERCENT] = "measured in percent (%)",
};

bool
parse_quantity(struct parser *parser, const char *name, enum fact_type type,
	       int64_t *ret_number)
{
	const struct lexeme *lexeme = peek(parser);
	enum fact_type unit;
	int64_t factor;

	if (lexeme->kind != LEXEME_NUMBER)
		return unexpected(parser, "a number");
	if (!quantity_unit(lexeme->unit, &unit, &factor)) {
		diagnose(parser->diagnostics, "E170", lexeme->place,
			 "unknown unit '%s'", lexeme->unit);
		return diagnose_hint(parser->diagnostics, "%s", UNITS_HINT);
	}
	if (unit != type)
		return diagnose(parser->diagnostics, "E176", lexeme->place,
				"'%s' is %s, but '%s' is %s", name,
				measures[type], lexeme->text, measures[unit]);
	if (__builtin_mul_overflow(lexeme->number, factor, ret_number))
		return diagnose(parser->diagnostics, "E105", lexeme->place,
				"the number is too large");
	next(parser);
	return true;
}

/* The server takes a timeout of 0 for none at all: the least of all limits
 * would be the widest. It can't count more than INT32_MAX milliseconds either.
 */
bool
parse_limit(struct parser *parser, enum limit limit, int64_t *ret_number)
{
	const struct limit_word *word = limit_word(limit);
	struct place place = peek(parser)->place;
	int64_t number;

	if (!parse_quantity(parser, word->name, word->type, &number))
		return false;
	if (word->type == TYPE_DURATION && (number < 1 || number > INT32_MAX)) {
		diagnose(parser->diagnostics, "E184", place, "'%s' can't be %s",
			 word->name,
			 number < 1 ? "0: the server would wait without end"
				    : "as long as that");
		return diagnose_hint(parser->diagnostics,
				     "from 1ms to about 24d");
	}
	*ret_number = number;
	return true;
}

/* --- Facts ---------------------------------------------------------------- */

bool
parse_fact(struct parser *parser, enum fact *ret_fact)
{
	const struct lexeme *first = peek(parser);
	const char *words[FACTS + 1] = {NULL};
	const char *name = first->text;
	int fact;

	if (first->kind != LEXEME_WORD)
		return unexpected(parser, "a fact");
	next(parser);
	if (accept_symbol(parser, ".")) {
		if (peek(parser)->kind != LEXEME_WORD)
			return unexpected(parser, "the rest of a fact");
		name = arena_print(parser->arena, "%s.%s", name,
				   next(parser)->text);
	}
	fact = fact_find(name);
	if (fact >= 0) {
		*ret_fact = (enum fact)fact;
		return true;
	}
	for (int i = 0; i < FACTS; i++)
		words[i] = fact_word((enum fact)i)->name;
	diagnose(parser->diagnostics, "E160", first->place, "unknown fact '%s'",
		 name);
	return diagnose_similar(parser->diagnostics, name, words);
}

/* --- Values --------------------------------------------------------------- */

static char *
list_words(struct arena *arena, const char *const *words)
{
	const char *text = words[0];

	for (int i = 1; words[i] != NULL; i++)
		text = arena_print(arena, "%s < %s", text, words[i]);
	return arena_copy(arena, text, strlen(text));
}

static bool
parse_enum(struct parser *parser, const struct fact_word *word,
	   struct value *ret_value)
{
	const struct lexeme *lexeme = peek(parser);
	const char *nearest, *all;

	if (lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "one of the fact's values");
	for (int i = 0; word->words[i] != NULL; i++) {
		if (!is_word(lexeme, word->words[i]))
			continue;
		ret_value->number = i;
		next(parser);
		return true;
	}
	all = list_words(parser->arena, word->words);
	nearest = diagnose_nearest(lexeme->text, word->words);
	diagnose(parser->diagnostics, "E172", lexeme->place,
		 "'%s' is not a value of '%s'", lexeme->text, word->name);
	if (nearest == NULL)
		return diagnose_hint(parser->diagnostics, "values: %s", all);
	return diagnose_hint(parser->diagnostics,
			     "did you mean '%s'? values: %s", nearest, all);
}

static bool
parse_text(struct parser *parser, struct value *ret_value)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind == LEXEME_STRING) {
		ret_value->text = next(parser)->text;
		return true;
	}
	if (lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "a text in quotes");
	diagnose(parser->diagnostics, "E175", lexeme->place,
		 "text value must be quoted");
	return diagnose_hint(parser->diagnostics, "write \"%s\"", lexeme->text);
}

static bool
parse_flag(struct parser *parser, struct value *ret_value)
{
	ret_value->number =
		is_word(peek(parser), "yes") || is_word(peek(parser), "true");
	if (ret_value->number == 0 && !is_word(peek(parser), "no") &&
	    !is_word(peek(parser), "false"))
		return unexpected(parser, "yes or no");
	next(parser);
	return true;
}

bool
parse_value(struct parser *parser, enum fact fact, struct value *ret)
{
	const struct fact_word *word = fact_word(fact);

	*ret = (struct value){0};
	switch (word->type) {
	case TYPE_BOOL:
		return parse_flag(parser, ret);
	case TYPE_ENUM:
		return parse_enum(parser, word, ret);
	case TYPE_NAME:
	case TYPE_SET:
		return parse_text(parser, ret);
	default:
		return parse_quantity(parser, word->name, word->type,
				      &ret->number);
	}
}
