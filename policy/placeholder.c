#include <ctype.h>

#include "pgmend.h"
#include "policy/insert.h"
#include "policy/placeholder.h"
#include "policy/tree.h"

/* The scanned text, and how far it was copied. */
struct cursor {
	const char *sql;
	const struct token *tokens;
	int count;
	FILE *out;
	size_t copied;
};

enum form { FORM_NONE, FORM_NUMBERED, FORM_NAMED };

static bool
is_next_to(const struct cursor *cursor, int left)
{
	return left + 1 < cursor->count &&
	       cursor->tokens[left].end == cursor->tokens[left + 1].start;
}

static bool
is_text(const struct cursor *cursor, int index, const char *text)
{
	const struct token *token = &cursor->tokens[index];

	return token->end - token->start == strlen(text) &&
	       memcmp(cursor->sql + token->start, text, strlen(text)) == 0;
}

static bool
is_word(const struct cursor *cursor, int index)
{
	enum token_kind kind = cursor->tokens[index].kind;

	return (kind == TOKEN_NAME || kind == TOKEN_KEYWORD) &&
	       cursor->sql[cursor->tokens[index].start] != '"';
}

/* "%", or an operator that the scanner read into it: "=%". */
static bool
ends_in_percent(const struct cursor *cursor, int index)
{
	const struct token *token = &cursor->tokens[index];

	return token->kind == TOKEN_OTHER && token->end > token->start &&
	       cursor->sql[token->end - 1] == '%';
}

/* %(name)s at the token, without a gap. */
static bool
is_python_name(const struct cursor *cursor, int at)
{
	return at + 4 < cursor->count && ends_in_percent(cursor, at) &&
	       is_next_to(cursor, at) && is_text(cursor, at + 1, "(") &&
	       is_next_to(cursor, at + 1) && is_word(cursor, at + 2) &&
	       is_next_to(cursor, at + 2) && is_text(cursor, at + 3, ")") &&
	       is_next_to(cursor, at + 3) && is_text(cursor, at + 4, "s");
}

static bool
is_colon_name(const struct cursor *cursor, int at)
{
	return at + 1 < cursor->count && is_text(cursor, at, ":") &&
	       is_next_to(cursor, at) && is_word(cursor, at + 1);
}

static int
number_of_name(struct placeholders *found, const char *name, size_t size)
{
	for (int i = 0; i < found->count; i++)
		if (strlen(found->names[i]) == size &&
		    memcmp(found->names[i], name, size) == 0)
			return i + 1;
	found->names = xreallocarray(found->names, (size_t)found->count + 1,
				     sizeof(char *));
	found->names[found->count] = xstrndup(name, size);
	return ++found->count;
}

/* Copies up to `start`, then writes $n for the name and skips to `end`. */
static void
replace_name(struct cursor *cursor, struct placeholders *found, size_t start,
	     int name, size_t end)
{
	const struct token *token = &cursor->tokens[name];
	int number = number_of_name(found, cursor->sql + token->start,
				    token->end - token->start);

	fwrite(cursor->sql + cursor->copied, 1, start - cursor->copied,
	       cursor->out);
	fprintf(cursor->out, "$%d", number);
	/* "$1x" would be another token: keep what follows apart. */
	if (isalnum((unsigned char)cursor->sql[end]) || cursor->sql[end] == '_')
		fputc(' ', cursor->out);
	cursor->copied = end;
}

/* $n: the highest n counts. */
static bool
take_number(const struct cursor *cursor, int at, int max,
	    struct placeholders *found, struct refusal *refusal)
{
	const char *digits = cursor->sql + cursor->tokens[at].start + 1;
	long number = strtol(digits, NULL, 10);

	if (number < 1 || number > max)
		return refuse(refusal, "F12",
			      "parameters are $1 to $%d, not $%ld", max,
			      number);
	if (number > found->count)
		found->count = (int)number;
	return true;
}

static bool
agree_on_form(enum form *form, enum form seen, struct refusal *refusal)
{
	if (*form != FORM_NONE && *form != seen)
		return refuse(refusal, "F05",
			      "numbered and named placeholders are mixed");
	*form = seen;
	return true;
}

static bool
take_token(struct cursor *cursor, int *at, enum form *form,
	   struct placeholders *found, struct refusal *refusal)
{
	const struct token *token = &cursor->tokens[*at];

	if (is_python_name(cursor, *at)) {
		if (!agree_on_form(form, FORM_NAMED, refusal))
			return false;
		replace_name(cursor, found, token->end - 1, *at + 2,
			     cursor->tokens[*at + 4].end);
		*at += 4;
		return true;
	}
	if (is_colon_name(cursor, *at)) {
		if (!agree_on_form(form, FORM_NAMED, refusal))
			return false;
		replace_name(cursor, found, token->start, *at + 1,
			     cursor->tokens[*at + 1].end);
		*at += 1;
		return true;
	}
	if (ends_in_percent(cursor, *at) && is_next_to(cursor, *at) &&
	    is_text(cursor, *at + 1, "s"))
		return refuse(refusal, "F05",
			      "%%s doesn't say which value it takes: use $n or "
			      "%%(name)s");
	return true;
}

/* --- Nesting -------------------------------------------------------------- */

#define PARENTHESES_MAX 64
#define RUN_MAX 512 /* tokens between two commas at one level */

/* Words that join whole queries into trees of any depth, and belong to none of
 * the statements that are accepted. */
static const char *const joining_words[] = {
	"select", "union", "intersect", "except", "case",
};

static bool
is_joining_word(const struct cursor *cursor, int index)
{
	const struct token *token = &cursor->tokens[index];
	size_t size = token->end - token->start;

	for (size_t i = 0; i < array_size(joining_words); i++)
		if (token->kind == TOKEN_KEYWORD &&
		    strlen(joining_words[i]) == size &&
		    strncasecmp(joining_words[i], cursor->sql + token->start,
				size) == 0)
			return true;
	return false;
}

/*
 * What the parser makes of the text can't be deeper than the tokens between
 * commas, summed over the open parentheses: both are bounded here, before the
 * parser sees the text.
 */
static bool
is_shallow(const struct cursor *cursor, struct refusal *refusal)
{
	int run[PARENTHESES_MAX + 1] = {0};
	int depth = 0;

	for (int i = 0; i < cursor->count; i++) {
		char first = cursor->sql[cursor->tokens[i].start];

		if (is_joining_word(cursor, i))
			return refuse(refusal, "F01",
				      "only INSERT ... VALUES is replayed");
		if ((first == '(' || first == '[') && depth == PARENTHESES_MAX)
			return refuse(refusal, "F12",
				      "more than %d nested parentheses",
				      PARENTHESES_MAX);
		if (first == '(' || first == '[')
			run[++depth] = 0;
		else if ((first == ')' || first == ']') && depth > 0)
			depth--;
		if (first == ',')
			run[depth] = 0;
		else if (++run[depth] > RUN_MAX)
			return refuse(refusal, "F12",
				      "more than %d words without a comma",
				      RUN_MAX);
	}
	return true;
}

/* --- The whole ------------------------------------------------------------ */

static bool
number_all(struct cursor *cursor, struct placeholders *found, int max,
	   struct refusal *refusal)
{
	enum form form = FORM_NONE;

	for (int i = 0; i < cursor->count; i++) {
		if (cursor->tokens[i].kind == TOKEN_PARAMETER) {
			if (!agree_on_form(&form, FORM_NUMBERED, refusal) ||
			    !take_number(cursor, i, max, found, refusal))
				return false;
		} else if (!take_token(cursor, &i, &form, found, refusal)) {
			return false;
		}
		if (found->count > max)
			return refuse(refusal, "F12", "more than %d parameters",
				      max);
	}
	return true;
}

bool
placeholders_number(struct placeholders *ret_placeholders, const char *sql,
		    size_t size, int max, struct refusal *refusal)
{
	auto_free struct token *tokens = NULL;
	auto_free char *text = NULL;
	struct placeholders found = {.sql = NULL};
	struct cursor cursor = {.sql = NULL};
	size_t written;
	bool numbered;

	if (!tree_scan(&tokens, &cursor.count, sql, size, INSERT_SQL_MAX,
		       refusal))
		return false;
	text = xstrndup(sql, size);
	cursor.sql = text;
	cursor.tokens = tokens;
	if (!is_shallow(&cursor, refusal))
		return false;
	cursor.out = xmemstream(&found.sql, &written);
	numbered = number_all(&cursor, &found, max, refusal);
	fputs(text + cursor.copied, cursor.out);
	fclose(cursor.out);
	if (!numbered) {
		placeholders_release(&found);
		return false;
	}
	*ret_placeholders = found;
	return true;
}

void
placeholders_release(struct placeholders *placeholders)
{
	for (int i = 0; placeholders->names != NULL && i < placeholders->count;
	     i++)
		free(placeholders->names[i]);
	free(placeholders->names);
	free(placeholders->sql);
	*placeholders = (struct placeholders){.sql = NULL};
}
