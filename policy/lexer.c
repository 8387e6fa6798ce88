#include <ctype.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/lexer.h"
#include "policy/policy.h"
#include "policy/quantity.h"
#include "policy/unicode.h"

struct lexer {
	const struct source *source;
	struct diagnostics *diagnostics;
	struct lexemes lexemes;
	const char *at, *end, *line_start;
	int line;
	int parentheses;
	bool keeps_comments;
};

static struct place
place_of(const struct lexer *lexer, const char *start, const char *end)
{
	return (struct place){.source = lexer->source,
			      .line = lexer->line,
			      .column = (int)(start - lexer->line_start) + 1,
			      .width = (int)(end - start)};
}

/* Adds the lexeme that ends where the lexer stands. */
static struct lexeme *
add(struct lexer *lexer, enum lexeme_kind kind, const char *start)
{
	struct arena *arena = lexer->diagnostics->arena;
	struct lexeme lexeme = {
		.kind = kind,
		.text = arena_copy(arena, start, (size_t)(lexer->at - start)),
		.unit = "",
		.written = start,
		.place = place_of(lexer, start, lexer->at)};

	arena_append(arena, lexer->lexemes.of, lexer->lexemes.count, lexeme);
	return &lexer->lexemes.of[lexer->lexemes.count - 1];
}

static bool
is_word_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '*';
}

static bool
is_word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '*' || c == '$';
}

/* A hyphen belongs to a word when a word goes on after it. */
static void
skip_word(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		bool joins = *lexer->at == '-' && lexer->at + 1 < lexer->end &&
			     is_word_part(lexer->at[1]);

		if (!joins && !is_word_part(*lexer->at))
			return;
		lexer->at++;
	}
}

static void
read_word(struct lexer *lexer)
{
	const char *start = lexer->at;

	skip_word(lexer);
	add(lexer, LEXEME_WORD, start);
}

static void
read_reference(struct lexer *lexer)
{
	const char *start = lexer->at++;
	struct lexeme *lexeme;

	while (lexer->at < lexer->end && is_word_part(*lexer->at) &&
	       *lexer->at != '*')
		lexer->at++;
	lexeme = add(lexer, LEXEME_REF, start);
	lexeme->text++;
	if (!is_word_start(*lexeme->text)) {
		lexeme->kind = LEXEME_BAD;
		diagnose(lexer->diagnostics, "E105", lexeme->place,
			 "'@' needs a name that begins with a letter");
	}
}

/* --- Numbers, dates and times --------------------------------------------- */

static int
digits_at(const struct lexer *lexer, const char *at)
{
	int count = 0;

	while (at + count < lexer->end && isdigit((unsigned char)at[count]))
		count++;
	return count;
}

static void
read_date(struct lexer *lexer)
{
	const char *start = lexer->at;
	struct lexeme *lexeme;
	int days = 0;

	lexer->at += 10;
	lexeme = add(lexer, LEXEME_DATE, start);
	if (!date_parse(&days, lexeme->text)) {
		lexeme->kind = LEXEME_BAD;
		diagnose(lexer->diagnostics, "E105", lexeme->place,
			 "there is no day '%s'", lexeme->text);
	}
	lexeme->number = days;
}

static void
read_time(struct lexer *lexer)
{
	const char *start = lexer->at;
	struct lexeme *lexeme;
	long hour, minute;

	lexer->at += 5;
	lexeme = add(lexer, LEXEME_TIME, start);
	hour = strtol(lexeme->text, NULL, 10);
	minute = strtol(lexeme->text + 3, NULL, 10);
	if (minute > 59 || hour * 60 + minute > 24 * 60) {
		lexeme->kind = LEXEME_BAD;
		diagnose(lexer->diagnostics, "E105", lexeme->place,
			 "there is no time '%s'", lexeme->text);
	}
	lexeme->number = hour * 60 + minute;
}

/* What is wrong with the digits up to where the lexer stands, or NULL. */
static const char *
count_digits(const struct lexer *lexer, const char *start, int64_t *ret_number)
{
	int64_t number = 0;

	for (const char *at = start; at < lexer->at; at++) {
		if (*at == '_' && (at[-1] == '_' || at + 1 == lexer->at))
			return "a '_' in a number stands between two digits";
		if (*at != '_' &&
		    (__builtin_mul_overflow(number, 10, &number) ||
		     __builtin_add_overflow(number, *at - '0', &number)))
			return "the number is too large";
	}
	*ret_number = number;
	return NULL;
}

static void
skip_unit(struct lexer *lexer)
{
	if (lexer->at < lexer->end && *lexer->at == '%') {
		lexer->at++;
		return;
	}
	while (lexer->at < lexer->end && isalnum((unsigned char)*lexer->at))
		lexer->at++;
}

/* The unit is what follows without a gap: a word, or '%'. */
static void
read_count(struct lexer *lexer)
{
	struct arena *arena = lexer->diagnostics->arena;
	const char *start = lexer->at;
	const char *unit, *complaint;
	int64_t number = 0;
	struct lexeme *lexeme;

	while (lexer->at < lexer->end &&
	       (isdigit((unsigned char)*lexer->at) || *lexer->at == '_'))
		lexer->at++;
	complaint = count_digits(lexer, start, &number);
	unit = lexer->at;
	skip_unit(lexer);
	lexeme = add(lexer, LEXEME_NUMBER, start);
	lexeme->number = number;
	lexeme->unit = arena_copy(arena, unit, (size_t)(lexer->at - unit));
	if (complaint != NULL) {
		lexeme->kind = LEXEME_BAD;
		diagnose(lexer->diagnostics, "E105", lexeme->place, "%s",
			 complaint);
	}
}

static void
read_number(struct lexer *lexer)
{
	const char *start = lexer->at;
	int digits = digits_at(lexer, start);
	const char *next = start + digits;

	if (digits == 4 && lexer->end - start >= 10 && *next == '-' &&
	    digits_at(lexer, next + 1) == 2 && start[7] == '-' &&
	    digits_at(lexer, start + 8) == 2) {
		read_date(lexer);
	} else if (digits == 2 && lexer->end - start >= 5 && *next == ':' &&
		   digits_at(lexer, next + 1) == 2) {
		read_time(lexer);
	} else if (next < lexer->end && *next == '.' &&
		   digits_at(lexer, next + 1) > 0) {
		lexer->at = next + 1 + digits_at(lexer, next + 1);
		add(lexer, LEXEME_DECIMAL, start);
	} else {
		read_count(lexer);
	}
}

/* --- Strings, comments, symbols ------------------------------------------- */

/* Up to the closing quote; \" and \\ are the two escapes. */
static void
read_string(struct lexer *lexer)
{
	const char *start = lexer->at++;
	auto_free char *text = NULL;
	struct lexeme *lexeme;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	while (lexer->at < lexer->end && *lexer->at != '"' &&
	       *lexer->at != '\n') {
		if (*lexer->at == '\\' && lexer->at + 1 < lexer->end &&
		    (lexer->at[1] == '"' || lexer->at[1] == '\\'))
			lexer->at++;
		fputc(*lexer->at++, out);
	}
	fclose(out);
	if (lexer->at == lexer->end || *lexer->at == '\n') {
		lexeme = add(lexer, LEXEME_BAD, start);
		diagnose(lexer->diagnostics, "E107", lexeme->place,
			 "the string isn't closed on this line");
		return;
	}
	lexer->at++;
	lexeme = add(lexer, LEXEME_STRING, start);
	lexeme->text = arena_copy(lexer->diagnostics->arena, text, size);
}

static void
read_symbol(struct lexer *lexer)
{
	const char *start = lexer->at++;
	bool has_equals = lexer->at < lexer->end && *lexer->at == '=';
	struct lexeme *lexeme;

	if (has_equals && strchr("!<>", *start) != NULL)
		lexer->at++;
	if (strchr("=<>{}()[],.-", *start) != NULL ||
	    (*start == '!' && has_equals)) {
		add(lexer, LEXEME_SYMBOL, start);
		lexer->parentheses += *start == '(';
		lexer->parentheses -= *start == ')' && lexer->parentheses > 0;
		/* One that isn't closed ends with its block at the latest. */
		if (*start == '{' || *start == '}')
			lexer->parentheses = 0;
		return;
	}
	while (lexer->at < lexer->end &&
	       ((unsigned char)*lexer->at & 0xC0) == 0x80)
		lexer->at++;
	lexeme = add(lexer, LEXEME_BAD, start);
	diagnose(lexer->diagnostics, "E105", lexeme->place,
		 "unexpected character");
}

/* The end of a line from elsewhere, "\r\n", is no part of the comment. */
static void
read_comment(struct lexer *lexer)
{
	const char *start = lexer->at;
	const char *end = memchr(start, '\n', (size_t)(lexer->end - start));

	lexer->at = end == NULL ? lexer->end : end;
	while (lexer->at > start && strchr(" \t\r", lexer->at[-1]) != NULL)
		lexer->at--;
	if (lexer->keeps_comments)
		add(lexer, LEXEME_COMMENT, start);
}

/* The last lexeme that means something. */
static const struct lexeme *
last_lexeme(const struct lexer *lexer)
{
	for (int i = lexer->lexemes.count - 1; i >= 0; i--)
		if (lexer->lexemes.of[i].kind != LEXEME_COMMENT)
			return &lexer->lexemes.of[i];
	return NULL;
}

static void
read_line_end(struct lexer *lexer)
{
	const struct lexeme *last = last_lexeme(lexer);
	const char *start = lexer->at++;

	if (lexer->parentheses == 0 && last != NULL &&
	    last->kind != LEXEME_LINE && strcmp(last->text, ",") != 0)
		add(lexer, LEXEME_LINE, start)->text = "end of line";
	lexer->line++;
	lexer->line_start = lexer->at;
}

static void
read_one(struct lexer *lexer)
{
	char c = *lexer->at;

	if (c == '\n')
		read_line_end(lexer);
	else if (c == ' ' || c == '\t' || c == '\r')
		lexer->at++;
	else if (c == '#')
		read_comment(lexer);
	else if (c == '"')
		read_string(lexer);
	else if (c == '@')
		read_reference(lexer);
	else if (isdigit((unsigned char)c))
		read_number(lexer);
	else if (is_word_start(c))
		read_word(lexer);
	else
		read_symbol(lexer);
}

static struct lexemes
read_all(const struct source *source, struct diagnostics *diagnostics,
	 bool keeps_comments)
{
	struct lexer lexer = {.source = source,
			      .diagnostics = diagnostics,
			      .at = source->text,
			      .end = source->text + source->size,
			      .line_start = source->text,
			      .line = 1,
			      .keeps_comments = keeps_comments};

	while (lexer.at < lexer.end)
		read_one(&lexer);
	add(&lexer, LEXEME_LINE, lexer.at)->text = "end of file";
	add(&lexer, LEXEME_END, lexer.at)->text = "end of file";
	return lexer.lexemes;
}

struct lexemes
lexer_read(const struct source *source, struct diagnostics *diagnostics)
{
	return read_all(source, diagnostics, false);
}

struct lexemes
lexer_read_with_comments(const struct source *source,
			 struct diagnostics *diagnostics)
{
	return read_all(source, diagnostics, true);
}
