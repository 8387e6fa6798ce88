#include "pgmend.h"
#include "policy/parser.h"

/* --- Looking and moving --------------------------------------------------- */

const struct lexeme *
peek(const struct parser *parser)
{
	return &parser->lexemes.of[parser->at];
}

const struct lexeme *
next(struct parser *parser)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind != LEXEME_END)
		parser->at++;
	return lexeme;
}

const struct lexeme *
previous(const struct parser *parser)
{
	return &parser->lexemes.of[parser->at > 0 ? parser->at - 1 : 0];
}

bool
is_symbol(const struct lexeme *lexeme, const char *symbol)
{
	return lexeme->kind == LEXEME_SYMBOL &&
	       strcmp(lexeme->text, symbol) == 0;
}

bool
is_word(const struct lexeme *lexeme, const char *word)
{
	return lexeme->kind == LEXEME_WORD && strcmp(lexeme->text, word) == 0;
}

bool
accept_symbol(struct parser *parser, const char *symbol)
{
	if (!is_symbol(peek(parser), symbol))
		return false;
	next(parser);
	return true;
}

bool
accept_word(struct parser *parser, const char *word)
{
	if (!is_word(peek(parser), word))
		return false;
	next(parser);
	return true;
}

bool
unexpected(struct parser *parser, const char *what)
{
	const struct lexeme *lexeme = peek(parser);
	struct place place = lexeme->place;

	if (lexeme->kind == LEXEME_BAD)
		return false;
	if (place.width == 0)
		place.width = 1;
	if (lexeme->kind == LEXEME_LINE || lexeme->kind == LEXEME_END)
		return diagnose(parser->diagnostics, "E103", place,
				"expected %s, found the %s", what,
				lexeme->text);
	return diagnose(parser->diagnostics, "E103", place,
			"expected %s, found '%s'", what, lexeme->text);
}

bool
expect_symbol(struct parser *parser, const char *symbol)
{
	char what[16];

	if (accept_symbol(parser, symbol))
		return true;
	snprintf(what, sizeof(what), "'%s'", symbol);
	return unexpected(parser, what);
}

bool
expect_word(struct parser *parser, const char *word)
{
	char what[32];

	if (accept_word(parser, word))
		return true;
	snprintf(what, sizeof(what), "'%s'", word);
	return unexpected(parser, what);
}

bool
expect_line_end(struct parser *parser)
{
	if (peek(parser)->kind == LEXEME_END)
		return true;
	if (peek(parser)->kind != LEXEME_LINE)
		return unexpected(parser, "the end of the line");
	next(parser);
	return true;
}

struct place
place_to(struct place from, const struct lexeme *last)
{
	int end = last->place.column + last->place.width;

	if (last->place.line == from.line && end > from.column)
		from.width = end - from.column;
	return from;
}

void
skip_line(struct parser *parser)
{
	while (peek(parser)->kind != LEXEME_LINE &&
	       peek(parser)->kind != LEXEME_END &&
	       !is_symbol(peek(parser), "}"))
		next(parser);
}

/* Indented lines and a '}' belong to what is skipped, with or without a '{'. */
static bool
stands_first(const struct lexeme *lexeme)
{
	return lexeme->place.column == 1 && lexeme->kind != LEXEME_LINE &&
	       !is_symbol(lexeme, "}");
}

void
skip_statement(struct parser *parser)
{
	int depth = 0;

	for (;;) {
		const struct lexeme *lexeme = peek(parser);

		if (lexeme->kind == LEXEME_END || begins_statement(lexeme))
			return;
		depth += is_symbol(lexeme, "{");
		depth -= is_symbol(lexeme, "}") && depth > 0;
		next(parser);
		if (depth == 0 && lexeme->kind == LEXEME_LINE &&
		    stands_first(peek(parser)))
			return;
	}
}

/* --- Blocks --------------------------------------------------------------- */

static bool
block_is_open(struct parser *parser, const struct lexeme *opener)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind == LEXEME_END)
		diagnose(parser->diagnostics, "E104", lexeme->place,
			 "the file ends but the block opened on line %d is "
			 "still open",
			 opener->place.line);
	else if (begins_statement(lexeme))
		diagnose(parser->diagnostics, "E104", lexeme->place,
			 "'%s' starts a new %s but the block opened on line "
			 "%d is still open",
			 lexeme->text,
			 is_word(lexeme, "allow") || is_word(lexeme, "deny") ||
					 is_word(lexeme, "escalate")
				 ? "rule"
				 : "statement",
			 opener->place.line);
	else
		return true;
	return diagnose_hint(parser->diagnostics, "close it with '}'");
}

bool
parse_block(struct parser *parser, const struct lexeme *opener,
	    bool (*read)(struct parser *, void *), void *context)
{
	if (!expect_symbol(parser, "{"))
		return false;
	for (;;) {
		if (peek(parser)->kind == LEXEME_LINE) {
			next(parser);
			continue;
		}
		if (accept_symbol(parser, "}"))
			return expect_line_end(parser);
		if (!block_is_open(parser, opener))
			return false;
		if (!read(parser, context))
			skip_line(parser);
		else if (peek(parser)->kind != LEXEME_LINE &&
			 !is_symbol(peek(parser), "}") &&
			 !unexpected(parser, "the end of the line"))
			skip_line(parser);
	}
}
