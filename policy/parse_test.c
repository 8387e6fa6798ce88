/* Assertions and tests: kept as they are, for the verbs that run them. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/floor.h"
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
	    !parse_patterns(parser, &assertion.subjects) ||
	    !patterns_can_match(parser, assertion.operations,
				&assertion.subjects, word->place))
		return false;
	if (accept_word(parser, "when") &&
	    !parse_condition(parser, &assertion.condition))
		return false;
	arena_append(parser->arena, layer->assertions, layer->assertion_count,
		     assertion);
	return expect_line_end(parser);
}

/* --- Tests ---------------------------------------------------------------- */

/* clock = fri 16:59 */
static bool
read_clock(struct parser *parser, struct policy_test *test)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu",
					   "fri", "sat", "sun"};
	const struct lexeme *day = next(parser);
	int minutes = -1;

	for (size_t i = 0; i < array_size(days); i++)
		if (is_word(day, days[i]))
			minutes = (int)i * 24 * 60;
	if (minutes < 0 || peek(parser)->kind != LEXEME_TIME)
		return diagnose(parser->diagnostics, "E192", day->place,
				"the clock is a day and a time, such as fri "
				"16:59");
	test->clock_known = true;
	test->clock_minutes = minutes + (int)next(parser)->number;
	return true;
}

/* today = 2026-11-22 */
static bool
read_today(struct parser *parser, struct policy_test *test)
{
	if (peek(parser)->kind != LEXEME_DATE)
		return unexpected(parser, "a date such as 2027-01-31");
	test->today = (int)next(parser)->number;
	return true;
}

/* A set has several names; of all else the second would win in silence. */
static bool
is_given(const struct policy_test *test, enum fact fact)
{
	for (int i = 0; i < test->given_count; i++)
		if (test->givens[i].fact == fact)
			return fact_word(fact)->type != TYPE_SET;
	return false;
}

static bool
read_fact(struct parser *parser, struct policy_test *test)
{
	struct place place = peek(parser)->place;
	struct given given;

	if (!parse_fact(parser, &given.fact) || !expect_symbol(parser, "=") ||
	    !parse_value(parser, given.fact, &given.value))
		return false;
	if (is_given(test, given.fact))
		return diagnose(parser->diagnostics, "E193", place,
				"'%s' is given twice in this test",
				fact_word(given.fact)->name);
	arena_append(parser->arena, test->givens, test->given_count, given);
	return true;
}

/* The clock and the day are no facts: only `in` and `expires` ask for them. */
static bool
read_given(struct parser *parser, struct policy_test *test)
{
	bool parsed;

	do {
		if (accept_word(parser, "clock"))
			parsed = expect_symbol(parser, "=") &&
				 read_clock(parser, test);
		else if (accept_word(parser, "today"))
			parsed = expect_symbol(parser, "=") &&
				 read_today(parser, test);
		else
			parsed = read_fact(parser, test);
	} while (parsed && accept_symbol(parser, ","));
	return parsed;
}

static bool
read_floor(struct parser *parser, struct expectation *expectation)
{
	const struct lexeme *code = peek(parser);

	if (code->kind != LEXEME_WORD)
		return unexpected(parser, "a floor code such as F01");
	for (int i = 0; floor_row(i) != NULL; i++) {
		if (!is_word(code, floor_row(i)->code))
			continue;
		expectation->by = arena_print(parser->arena, "floor %s",
					      next(parser)->text);
		return true;
	}
	return diagnose(parser->diagnostics, "E195", code->place,
			"there is no floor code '%s'", code->text);
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
	return strcmp(word->text, "floor") != 0 ||
	       read_floor(parser, expectation);
}

static bool
read_expect(struct parser *parser, struct policy_test *test)
{
	struct expectation expectation = {.place = previous(parser)->place};
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
	expectation.mapping =
		!expectation.replay && accept_word(parser, "mapping");
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
	struct policy_test test = {.name = NULL};
	int errors;
	bool parsed;

	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "the test's name in quotes");
	test.name = next(parser)->text;
	errors = parser->diagnostics->errors;
	parsed = parse_block(parser, word, read_test_line, &test);
	if (parser->diagnostics->errors == errors &&
	    test.expectation_count == 0)
		parsed = diagnose(parser->diagnostics, "E193", word->place,
				  "test '%s' expects nothing", test.name);
	arena_append(parser->arena, layer->tests, layer->test_count, test);
	return parsed;
}
