/* The statements of a file, and what its head must say. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"

/* --- Heads ----------------------------------------------------------- */

static bool
parse_layer(struct parser *parser)
{
	static const char *const names[] = {"org", "team", "local", NULL};
	const struct lexeme *word = next(parser);
	const struct lexeme *name = peek(parser);
	struct scope *scope = parser->scope;

	if (scope->has_layer || parser->is_included)
		return diagnose(parser->diagnostics, "E007", word->place,
				"'layer' stands once, in the layer's own "
				"file");
	scope->has_layer = true;
	if (name->kind != LEXEME_WORD)
		return unexpected(parser, "org, team or local");
	for (int i = 0; names[i] != NULL; i++)
		if (is_word(name, names[i]))
			scope->layer->name = names[i];
	if (scope->layer->name == NULL) {
		diagnose(parser->diagnostics, "E005", name->place,
			 "layer must be org, team or local, not '%s'",
			 name->text);
		return diagnose_similar(parser->diagnostics, name->text, names);
	}
	next(parser);
	return expect_line_end(parser);
}

static bool
parse_extends(struct parser *parser)
{
	const struct lexeme *word = next(parser);
	struct scope *scope = parser->scope;

	if (scope->has_extends || parser->is_included)
		return diagnose(parser->diagnostics, "E007", word->place,
				"'extends' stands once, in the layer's own "
				"file");
	scope->has_extends = true;
	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "a file name in quotes");
	scope->extends = peek(parser)->place;
	scope->parent = next(parser)->text;
	if (accept_word(parser, "sha256")) {
		if (peek(parser)->kind != LEXEME_STRING)
			return unexpected(parser, "a hash in quotes");
		scope->pin = next(parser)->text;
	}
	return expect_line_end(parser);
}

static bool
parse_include(struct parser *parser)
{
	const struct lexeme *path;

	next(parser);
	path = peek(parser);
	if (path->kind != LEXEME_STRING)
		return unexpected(parser, "a file name in quotes");
	next(parser);
	if (parser->is_alone)
		return expect_line_end(parser);
	return expect_line_end(parser) &&
	       loader_include(parser->loader, parser->scope, path->text,
			      path->place);
}

static bool
parse_default(struct parser *parser)
{
	const struct lexeme *word = next(parser);
	const struct lexeme *name = peek(parser);
	struct scope *scope = parser->scope;

	if (scope->has_default || parser->is_included)
		return diagnose(parser->diagnostics, "E007", word->place,
				"'default' stands once, in the layer's own "
				"file");
	scope->has_default = true;
	if (name->kind != LEXEME_WORD)
		return unexpected(parser, "'deny' or 'inherit'");
	if (is_word(name, "inherit")) {
		scope->layer->inherits = true;
		scope->inherit = name->place;
	} else if (!is_word(name, "deny")) {
		diagnose(parser->diagnostics, "E003", name->place,
			 "default must be 'deny' or 'inherit', not '%s'",
			 name->text);
		if (is_word(name, "allow"))
			diagnose_hint(parser->diagnostics,
				      "an allow-by-default policy cannot be "
				      "written in this language");
		return false;
	}
	next(parser);
	return expect_line_end(parser);
}

static bool
parse_tables(struct parser *parser)
{
	return parse_definition(parser, LIST_TABLES);
}

static bool
parse_columns(struct parser *parser)
{
	return parse_definition(parser, LIST_COLUMNS);
}

static bool
parse_type_list(struct parser *parser)
{
	return parse_definition(parser, LIST_TYPES);
}

static bool
parse_names(struct parser *parser)
{
	return parse_definition(parser, LIST_NAMES);
}

static bool
parse_window(struct parser *parser)
{
	return parse_definition(parser, LIST_WINDOW);
}

static const struct {
	const char *word;
	bool (*parse)(struct parser *);
} statements[] = {
	{"layer", parse_layer},	     {"extends", parse_extends},
	{"include", parse_include},  {"default", parse_default},
	{"tables", parse_tables},    {"columns", parse_columns},
	{"types", parse_type_list},  {"names", parse_names},
	{"window", parse_window},    {"allow", parse_rule},
	{"escalate", parse_rule},    {"deny", parse_rule},
	{"limits", parse_section},   {"model", parse_section},
	{"disclose", parse_section}, {"approve", parse_section},
	{"alert", parse_section},    {"audit", parse_section},
	{"signing", parse_section},  {"sandbox", parse_section},
	{"mcp", parse_section},	     {"assert", parse_assertion},
	{"test", parse_test},
};

bool
begins_statement(const struct lexeme *lexeme)
{
	if (lexeme->kind != LEXEME_WORD || lexeme->place.column != 1)
		return false;
	for (size_t i = 0; i < array_size(statements); i++)
		if (strcmp(statements[i].word, lexeme->text) == 0)
			return true;
	return false;
}

static bool
unknown_statement(struct parser *parser)
{
	const char *words[array_size(statements) + 1] = {NULL};
	const struct lexeme *lexeme = next(parser);

	if (lexeme->kind == LEXEME_BAD)
		return false;
	for (size_t i = 0; i < array_size(statements); i++)
		words[i] = statements[i].word;
	diagnose(parser->diagnostics, "E110", lexeme->place,
		 "unknown statement '%s'", lexeme->text);
	if (begins_clause(lexeme))
		return diagnose_hint(parser->diagnostics,
				     "a clause stands between the '{' and '}' "
				     "of its rule");
	if (is_symbol(lexeme, "{"))
		return diagnose_hint(parser->diagnostics,
				     "a block opens on the line that it is "
				     "part of");
	return diagnose_similar(parser->diagnostics, lexeme->text, words);
}

static bool
parse_statement(struct parser *parser)
{
	const struct lexeme *lexeme = peek(parser);

	for (size_t i = 0; i < array_size(statements); i++)
		if (is_word(lexeme, statements[i].word))
			return statements[i].parse(parser);
	return unknown_statement(parser);
}

static bool
parse_version(struct parser *parser)
{
	const struct lexeme *word = peek(parser);
	const struct lexeme *number;

	if (!is_word(word, "pgmend-policy")) {
		struct place place = word->place;

		place.width = place.width == 0 ? 1 : place.width;
		return diagnose(parser->diagnostics, "E001", place,
				"first statement must be 'pgmend-policy 1'");
	}
	next(parser);
	number = peek(parser);
	if (number->kind != LEXEME_NUMBER || *number->unit != '\0')
		return unexpected(parser, "the version 1");
	if (number->number != 1)
		return diagnose(parser->diagnostics, "E002", number->place,
				"policy language version %s is not supported "
				"by this build (supported: 1)",
				number->text);
	next(parser);
	return expect_line_end(parser);
}

void
parse_file(struct parser *parser)
{
	while (peek(parser)->kind == LEXEME_LINE)
		next(parser);
	/* Another language: nothing that follows can be told. */
	if (!parse_version(parser))
		return;
	parser->scope->has_version = true;
	while (peek(parser)->kind != LEXEME_END) {
		int before = parser->at;

		if (peek(parser)->kind == LEXEME_LINE) {
			next(parser);
		} else if (!parse_statement(parser)) {
			parser->scope->is_broken = true;
			skip_statement(parser);
		}
		/* A statement begins where we stand, and isn't read twice. */
		if (parser->at == before)
			next(parser);
	}
}
