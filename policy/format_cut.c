/* Cuts lexemes into the lines that they are laid out on. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/format.h"
#include "policy/format_piece.h"
#include "policy/parser.h"

int
piece_first_line(const struct piece *piece)
{
	return piece->of[0].place.line;
}

int
piece_last_line(const struct piece *piece)
{
	return piece->of[piece->count - 1].place.line;
}

static bool
ends_with(const struct piece *piece, const char *symbol)
{
	for (int i = piece->count - 1; i >= 0; i--)
		if (piece->of[i].kind != LEXEME_COMMENT)
			return is_symbol(&piece->of[i], symbol);
	return false;
}

/* A blank line within braces belongs between clauses, not beside the braces. */
static void
add_piece(struct arena *arena, struct pieces *pieces, struct piece piece)
{
	const struct piece *before =
		pieces->count > 0 ? &pieces->of[pieces->count - 1] : NULL;

	if (piece.count == 0)
		return;
	piece.after_blank =
		before != NULL && !ends_with(before, "{") &&
		!is_symbol(&piece.of[0], "}") &&
		piece_first_line(&piece) > piece_last_line(before) + 1;
	arena_append(arena, pieces->of, pieces->count, piece);
}

/* "{ clause }" that can stay on the line of its rule. */
static bool
is_one_line(const struct piece *run)
{
	bool opens = false;

	for (int i = 0; i < run->count - 1; i++) {
		if (run->of[i].kind == LEXEME_COMMENT)
			return false;
		opens |= is_symbol(&run->of[i], "{");
	}
	return opens && ends_with(run, "}") &&
	       piece_width(run) <= FORMAT_COLUMNS;
}

static bool
is_comment_on(const struct lexeme *lexeme, int line)
{
	return lexeme->kind == LEXEME_COMMENT && lexeme->place.line == line;
}

/* A run of several pieces: cut behind '{' and its comment, and before '}'. */
static void
cut_run(struct arena *arena, struct pieces *pieces, const struct piece *run,
	int *depth)
{
	struct piece piece = {.of = run->of, .depth = *depth};

	for (int i = 0; i < run->count; i++) {
		const struct lexeme *lexeme = &run->of[i];
		const struct lexeme *next =
			i + 1 < run->count ? lexeme + 1 : NULL;
		bool closes = is_symbol(lexeme, "}");

		if (closes && piece.count > 0) {
			add_piece(arena, pieces, piece);
			piece = (struct piece){.of = lexeme};
		}
		if (closes)
			*depth = piece.depth = 0;
		piece.count++;
		if (!is_symbol(lexeme, "{"))
			continue;
		if (next != NULL && is_comment_on(next, lexeme->place.line)) {
			piece.count++;
			i++;
		}
		add_piece(arena, pieces, piece);
		*depth = 1;
		piece = (struct piece){.of = &run->of[i + 1], .depth = 1};
	}
	add_piece(arena, pieces, piece);
}

/* One lexeme that can stand alone, or all up to the end of the line. */
static struct piece
next_run(const struct lexeme *at, int depth)
{
	struct piece run = {.of = at, .depth = depth};

	if (at->kind == LEXEME_COMMENT) {
		run.count = 1;
		return run;
	}
	while (at[run.count].kind != LEXEME_LINE &&
	       at[run.count].kind != LEXEME_END)
		run.count++;
	return run;
}

struct pieces
pieces_of(struct arena *arena, const struct lexemes *lexemes)
{
	const struct lexeme *at = lexemes->of;
	struct pieces pieces = {.count = 0};
	int depth = 0;

	while (at->kind != LEXEME_END) {
		struct piece run = next_run(at, depth);

		if (run.count == 0) {
			at++;
			continue;
		}
		if (is_one_line(&run))
			add_piece(arena, &pieces, run);
		else
			cut_run(arena, &pieces, &run, &depth);
		at += run.count;
	}
	return pieces;
}

/* --- Alignment ------------------------------------------------------------ */

static bool
begins_with(const struct piece *piece, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is_word(&piece->of[0], *words))
			return true;
	return false;
}

/* The end of the group of neighbours that begin with one of the words. */
static int
group_end(const struct pieces *pieces, int start, const char *const *words)
{
	int end = start;

	while (end < pieces->count && pieces->of[end].depth == 0 &&
	       begins_with(&pieces->of[end], words) &&
	       (end == start || !pieces->of[end].after_blank))
		end++;
	return end;
}

/* Gives the column the width of the group's widest lexeme in it. */
static void
align_column(struct piece *group, int count, int column)
{
	int widest = 0;

	for (int i = 0; i < count; i++)
		if (group[i].of[column].place.width > widest)
			widest = group[i].of[column].place.width;
	for (int i = 0; i < count; i++)
		group[i].pads[column] = widest;
}

/* Lines up the first `columns` words of each group. */
static void
align(struct pieces *pieces, const char *const *words, int columns)
{
	for (int start = 0; start < pieces->count; start++) {
		int end = group_end(pieces, start, words);

		for (int i = 0; i < columns && end > start; i++)
			align_column(&pieces->of[start], end - start, i);
		start = end > start ? end - 1 : start;
	}
}

void
pieces_align(struct pieces *pieces)
{
	static const char *const heads[] = {"layer", "extends", "include",
					    "default", NULL};
	static const char *const definitions[] = {"tables", "columns", "types",
						  "names",  "window",  NULL};

	align(pieces, heads, 1);
	align(pieces, definitions, 2);
}
