/* Assertions and tests: kept as they are, for the verbs that run them. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"

bool
parse_assertion(struct parser *parser)
{
	struct layer *layer = parser->scope->layer;
	const struct lexeme *word = next(parser);
	struct assertion assertion = {.place = word->place};
	const struct lexeme *decision;

	if (!expect_word(parser, "never"))
		return false;
	decision = peek(parser);
	if (!parse_decision(parser, &assertion.decision))
		return false;
	if (assertion.decision == DECISION_DENY)
		return diagnose(parser->diagnostics, "E311", decision->place,
				"an assertion is about allow or escalate");
	/* "never allow any" narrows, so `any` is fine here. */
	if (!parse_operations(parser, DECISION_DENY, &assertion.operations) ||
	    !expect_word(parser, "on") ||
	    !parse_patterns(parser, &assertion.subjects))
		return false;
	if (accept_word(parser, "when") &&
	    !parse_condition(parser, &assertion.condition))
		return false;
	arena_append(parser->arena, layer->assertions, layer->assertion_count,
		     assertion);
	return expect_line_end(parser);
}

/* --- Tests ---------------------------------------------------------------- */

static bool
read_given(struct parser *parser, struct policy_test *test)
{
	do {
		struct given given;

		if (!parse_fact(parser, &given.fact) ||
		    !expect_symbol(parser, "=") ||
		    !parse_value(parser, given.fact, &given.value))
			return false;
		arena_append(parser->arena, test->givens, test->given_count,
			     given);
	} while (accept_symbol(parser, ","));
	return true;
}

/* LABEL | "default" | "floor" FLOORID */
static bool
read_by(struct parser *parser, struct expectation *expectation)
{
	const struct lexeme *word = peek(parser);

	if (word->kind != LEXEME_WORD)
		return unexpected(parser, "a label, default or floor");
	next(parser);
	expectation->by = word->text;
	if (strcmp(word->text, "floor") != 0)
		return true;
	if (peek(parser)->kind != LEXEME_WORD)
		return unexpected(parser, "a floor code such as F01");
	expectation->by =
		arena_print(parser->arena, "floor %s", next(parser)->text);
	return true;
}

static bool
read_expect(struct parser *parser, struct policy_test *test)
{
	struct expectation expectation = {.line = previous(parser)->place.line};
	const struct lexeme *number;

	if (!parse_decision(parser, &expectation.decision))
		return false;
	number = peek(parser);
	if (number->kind == LEXEME_NUMBER) {
		if (number->number < 1 || number->number > 2)
			return unexpected(parser, "1 or 2");
		expectation.approvers = (int)next(parser)->number;
	}
	expectation.replay = accept_word(parser, "replay");
	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "a statement in quotes");
	expectation.sql = next(parser)->text;
	if (accept_word(parser, "by")) {
		if (!read_by(parser, &expectation))
			return false;
	} else if (expectation.decision == DECISION_DENY) {
		return diagnose(parser->diagnostics, "E191",
				previous(parser)->place,
				"'expect deny' needs 'by': a denial for "
				"another reason would pass unnoticed");
	}
	arena_append(parser->arena, test->expectations, test->expectation_count,
		     expectation);
	return true;
}

static bool
read_test_line(struct parser *parser, void *context)
{
	const struct lexeme *word = peek(parser);

	if (accept_word(parser, "given"))
		return read_given(parser, context);
	if (accept_word(parser, "expect"))
		return read_expect(parser, context);
	if (word->kind != LEXEME_WORD)
		return unexpected(parser, "'given' or 'expect'");
	diagnose(parser->diagnostics, "E190", word->place,
		 "unknown test line '%s'", word->text);
	return diagnose_hint(parser->diagnostics,
			     "test lines are 'given' and 'expect'");
}

bool
parse_test(struct parser *parser)
{
	struct layer *layer = parser->scope->layer;
	const struct lexeme *word = next(parser);
	struct policy_test test = {.file = parser->source->name,
				   .line = word->place.line};
	bool parsed;

	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "the test's name in quotes");
	test.name = next(parser)->text;
	parsed = parse_block(parser, word, read_test_line, &test);
	arena_append(parser->arena, layer->tests, layer->test_count, test);
	return parsed;
}
