/* Patterns: what a rule is about, and which types it means. */
#include <ctype.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"
#include "policy/type.h"

/* --- Subjects ------------------------------------------------------------- */

static void
warn_of_case(struct parser *parser, const struct lexeme *word)
{
	char *folded =
		arena_copy(parser->arena, word->text, strlen(word->text));

	for (char *c = folded; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(folded, word->text) == 0)
		return;
	diagnose(parser->diagnostics, "E131", word->place,
		 "'%s' has upper-case letters; PostgreSQL folds unquoted names "
		 "to lower case",
		 word->text);
	diagnose_hint(parser->diagnostics, "write %s or \"%s\"", folded,
		      word->text);
}

static bool
parse_part(struct parser *parser, struct pattern_part *ret_part)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind != LEXEME_STRING && lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "a name or a pattern");
	if (lexeme->kind == LEXEME_WORD && strchr(lexeme->text, '-') != NULL)
		return diagnose(parser->diagnostics, "E135", lexeme->place,
				"'%s' needs quotes: a hyphen is no part of a "
				"pattern",
				lexeme->text);
	if (lexeme->kind == LEXEME_WORD)
		warn_of_case(parser, lexeme);
	ret_part->text = lexeme->text;
	ret_part->quoted = lexeme->kind == LEXEME_STRING;
	next(parser);
	return true;
}

static bool
refuse_unqualified(struct parser *parser, const struct lexeme *lexeme)
{
	diagnose(parser->diagnostics, "E132", lexeme->place,
		 "'%s' is not schema-qualified", lexeme->text);
	if (strcmp(lexeme->text, "*") == 0)
		return diagnose_hint(parser->diagnostics,
				     "write *.* for every table in every "
				     "schema");
	return diagnose_hint(parser->diagnostics,
			     "write app.%s for one table or *.%s for every "
			     "schema",
			     lexeme->text, lexeme->text);
}

bool
parse_pattern(struct parser *parser, struct pattern *ret_pattern)
{
	const struct lexeme *first = peek(parser);
	struct pattern pattern = {.count = 0};

	do {
		if (pattern.count == 3)
			return unexpected(parser, "at most three parts");
		if (!parse_part(parser, &pattern.parts[pattern.count]))
			return false;
		pattern.count++;
	} while (accept_symbol(parser, "."));
	if (pattern.count == 1)
		return refuse_unqualified(parser, first);
	pattern.place = place_to(first->place, previous(parser));
	*ret_pattern = pattern;
	return true;
}

static bool
parse_subject(struct parser *parser, struct patterns *patterns)
{
	struct pattern pattern;
	const struct list *list;

	if (peek(parser)->kind != LEXEME_REF) {
		if (!parse_pattern(parser, &pattern))
			return false;
		arena_append(parser->arena, patterns->of, patterns->count,
			     pattern);
		return true;
	}
	list = find_list(parser, peek(parser),
			 1U << LIST_TABLES | 1U << LIST_COLUMNS,
			 "tables or columns");
	if (list == NULL)
		return false;
	next(parser);
	for (int i = 0; i < list->patterns.count; i++)
		arena_append(parser->arena, patterns->of, patterns->count,
			     list->patterns.of[i]);
	return true;
}

bool
parse_patterns(struct parser *parser, struct patterns *ret_patterns)
{
	do {
		if (!parse_subject(parser, ret_patterns))
			return false;
	} while (accept_symbol(parser, ","));
	return true;
}

/* --- Types ---------------------------------------------------------------- */

static bool
unknown_type(struct parser *parser, const struct lexeme *name)
{
	const char *words[128] = {NULL};
	int count = 0;

	for (int i = 0; type_word(i) != NULL && count < 126; i++) {
		words[count++] = type_word(i)->name;
		if (type_word(i)->keyword != NULL && count < 126)
			words[count++] = type_word(i)->keyword;
	}
	diagnose(parser->diagnostics, "E136", name->place, "unknown type '%s'",
		 name->text);
	return diagnose_similar(parser->diagnostics, name->text, words);
}

static bool
parse_type_name(struct parser *parser, struct type_pattern *type)
{
	const struct lexeme *name = peek(parser);
	const struct type_word *word;

	if (name->kind != LEXEME_WORD)
		return unexpected(parser, "a type");
	next(parser);
	type->schema = "pg_catalog";
	if (accept_symbol(parser, ".")) {
		type->schema = name->text;
		name = peek(parser);
		if (name->kind != LEXEME_WORD)
			return unexpected(parser, "a type");
		next(parser);
	}
	type->name = name->text;
	if (strcmp(type->schema, "pg_catalog") != 0 ||
	    strchr(name->text, '*') != NULL)
		return true;
	word = type_find(name->text);
	if (word == NULL)
		return unknown_type(parser, name);
	type->name = word->name;
	return true;
}

static bool
parse_modifier(struct parser *parser, struct type_pattern *type)
{
	struct pattern_modifier modifier = {.any = accept_word(parser, "*")};
	const struct lexeme *number;

	if (type->modifier_count == PATTERN_MODIFIERS_MAX)
		return unexpected(parser, "at most two modifiers");
	if (!modifier.any) {
		modifier.at_most = accept_symbol(parser, "<=");
		number = peek(parser);
		if (number->kind != LEXEME_NUMBER || *number->unit != '\0' ||
		    number->number > INT32_MAX)
			return unexpected(parser, "a number, <= or *");
		modifier.value = (int)next(parser)->number;
	}
	type->modifiers[type->modifier_count++] = modifier;
	return true;
}

bool
parse_type(struct parser *parser, struct type_pattern *ret_type)
{
	struct type_pattern type = {.schema = NULL};

	if (!parse_type_name(parser, &type))
		return false;
	if (accept_symbol(parser, "(")) {
		do {
			if (!parse_modifier(parser, &type))
				return false;
		} while (accept_symbol(parser, ","));
		if (!expect_symbol(parser, ")"))
			return false;
	}
	type.is_array = accept_symbol(parser, "[");
	if (type.is_array && !expect_symbol(parser, "]"))
		return false;
	*ret_type = type;
	return true;
}

static bool
parse_type_or_list(struct parser *parser, struct type_patterns *types)
{
	struct type_pattern type;
	const struct list *list;

	if (peek(parser)->kind != LEXEME_REF) {
		if (!parse_type(parser, &type))
			return false;
		arena_append(parser->arena, types->of, types->count, type);
		return true;
	}
	list = find_list(parser, peek(parser), 1U << LIST_TYPES, "types");
	if (list == NULL)
		return false;
	next(parser);
	for (int i = 0; i < list->types.count; i++)
		arena_append(parser->arena, types->of, types->count,
			     list->types.of[i]);
	return true;
}

bool
parse_types(struct parser *parser, struct type_patterns *ret_types)
{
	do {
		if (!parse_type_or_list(parser, ret_types))
			return false;
	} while (accept_symbol(parser, ","));
	return true;
}
