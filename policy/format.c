#include "pgmend.h"
#include "policy/arena.h"
#include "policy/format.h"
#include "policy/format_piece.h"
#include "policy/parser.h"
#include "policy/policy.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* --- Reading -------------------------------------------------------------- */

/* As a file by itself: what other files define is taken on trust. */
static bool
is_sound(const struct source *source, struct diagnostics *diagnostics)
{
	struct layer layer = {.file = source->name};
	struct scope scope = {
		.layer = &layer,
		.sections = arena_take(diagnostics->arena,
				       SECTIONS * sizeof(struct place))};
	struct parser parser = {.arena = diagnostics->arena,
				.diagnostics = diagnostics,
				.scope = &scope,
				.source = source,
				.is_alone = true};

	if (!source_check(source, diagnostics))
		return false;
	parser.lexemes = lexer_read(source, diagnostics);
	parse_file(&parser);
	return diagnostics->errors == 0;
}

/* --- The proof ------------------------------------------------------------ */

/* A line may end on either side of a brace: there it means nothing. */
static bool
is_beside_brace(const struct lexeme *first, const struct lexeme *lexeme)
{
	const struct lexeme *before = lexeme;

	while (before > first && before[-1].kind == LEXEME_LINE)
		before--;
	return is_symbol(lexeme, "}") ||
	       (before > first && is_symbol(before - 1, "{"));
}

static bool
begins_line(const struct lexeme *first, const struct lexeme *lexeme)
{
	return lexeme > first && lexeme[-1].kind == LEXEME_LINE &&
	       lexeme->kind != LEXEME_COMMENT &&
	       !is_beside_brace(first, lexeme);
}

static const struct lexeme *
skip_line_ends(const struct lexeme *lexeme)
{
	while (lexeme->kind == LEXEME_LINE)
		lexeme++;
	return lexeme;
}

/* The same lexemes in the same order, comments among them, and lines that
 * begin at the same ones. */
static bool
reads_alike(const struct lexemes *left, const struct lexemes *right)
{
	const struct lexeme *one = skip_line_ends(left->of);
	const struct lexeme *other = skip_line_ends(right->of);

	while (one->kind == other->kind &&
	       strcmp(one->text, other->text) == 0 &&
	       begins_line(left->of, one) == begins_line(right->of, other)) {
		if (one->kind == LEXEME_END)
			return true;
		one = skip_line_ends(one + 1);
		other = skip_line_ends(other + 1);
	}
	return false;
}

/* --- The whole ------------------------------------------------------------ */

static char *
lay_out(struct arena *arena, const struct lexemes *lexemes, size_t *ret_size)
{
	struct pieces pieces = pieces_of(arena, lexemes);
	char *text = NULL;
	FILE *out = xmemstream(&text, ret_size);

	pieces_align(&pieces);
	for (int i = 0; i < pieces.count; i++) {
		if (pieces.of[i].after_blank)
			fputc('\n', out);
		piece_write(out, &pieces.of[i]);
	}
	fclose(out);
	return text;
}

static int
format_sound(struct diagnostics *diagnostics, char **ret_text,
	     const struct source *source, struct error *err)
{
	auto_free char *text = NULL;
	struct lexemes before, after;
	struct source result = *source;

	before = lexer_read_with_comments(source, diagnostics);
	text = lay_out(diagnostics->arena, &before, &result.size);
	result.text = text;
	if (result.size > POLICY_FILE_MAX ||
	    !source_check(&result, diagnostics))
		return fail_as(err, EXIT_USAGE, "policy_invalid",
			       "%s: laid out, the file or one of its lines "
			       "would be too long",
			       source->path);
	after = lexer_read_with_comments(&result, diagnostics);
	if (!reads_alike(&before, &after))
		return fail(err, "%s: laid out, the file would read otherwise",
			    source->path);
	*ret_text = take(text);
	return 0;
}

int
policy_format(char **ret_text, const struct source *source, FILE *diagnostics,
	      bool as_json, struct error *err)
{
	struct arena *arena = arena_new();
	struct diagnostics found = {.arena = arena};
	int status;

	if (source->size > POLICY_FILE_MAX) {
		status = fail_as(err, EXIT_USAGE, "policy_unreadable",
				 "%s: larger than %d bytes", source->path,
				 POLICY_FILE_MAX);
	} else if (is_sound(source, &found)) {
		status = format_sound(&found, ret_text, source, err);
	} else {
		diagnostics_print(&found, diagnostics, as_json);
		status = fail_as(err, EXIT_USAGE, "policy_invalid",
				 "%s: %d error%s", source->path, found.errors,
				 found.errors == 1 ? "" : "s");
	}
	arena_free(arena);
	return status;
}
