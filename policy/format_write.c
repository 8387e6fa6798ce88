/* Writes one piece: the spaces between lexemes, and where a line goes on. */
#include "pgmend.h"
#include "policy/format.h"
#include "policy/format_piece.h"
#include "policy/parser.h"

#define PARENTHESES_MAX 64

struct writer {
	FILE *out;
	const struct piece *piece;
	int column;   /* from 0 */
	int carry_on; /* the column where the next line begins */
	bool wraps;
	/* Of each open parenthesis, whether it stands close, as in
	 * numeric(<=38,<=12). */
	bool close[PARENTHESES_MAX];
	int depth;
};

static bool
is_any_word(const struct lexeme *lexeme, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is_word(lexeme, *words))
			return true;
	return false;
}

/* --- Between two lexemes -------------------------------------------------- */

/* A parenthesis stands close to the name of a type, and apart from a word of
 * the language. */
static bool
opens_close(const struct piece *piece, int at)
{
	static const char *const words[] = {"when", "not", "and",
					    "or",   "in",  NULL};
	const struct lexeme *before = &piece->of[at - 1];
	bool is_name = at > 1 && is_symbol(before - 1, ".");

	return before->kind == LEXEME_WORD &&
	       (is_name || !is_any_word(before, words));
}

static bool
stand_close(const struct writer *writer, int at)
{
	const struct lexeme *left = &writer->piece->of[at - 1];
	const struct lexeme *right = left + 1;

	if (writer->depth > 0 && writer->close[writer->depth - 1])
		return true;
	if (is_symbol(right, "("))
		return is_symbol(left, "(") || opens_close(writer->piece, at);
	return is_symbol(left, "(") || is_symbol(left, "[") ||
	       is_symbol(left, ".") || is_symbol(left, "-") ||
	       is_symbol(right, ")") || is_symbol(right, "[") ||
	       is_symbol(right, "]") || is_symbol(right, ".") ||
	       is_symbol(right, "-") || is_symbol(right, ",") ||
	       (is_symbol(left, "{") && is_symbol(right, "}"));
}

static void
note_parenthesis(struct writer *writer, int at)
{
	const struct lexeme *lexeme = &writer->piece->of[at];

	if (is_symbol(lexeme, ")") && writer->depth > 0)
		writer->depth--;
	if (is_symbol(lexeme, "(") && writer->depth < PARENTHESES_MAX)
		writer->close[writer->depth++] =
			at > 0 && opens_close(writer->piece, at);
}

/* Where the language lets a line end: behind a comma, and within parentheses.
 * A type's modifiers stay together. */
static bool
may_break(const struct writer *writer, int at)
{
	static const char *const joints[] = {"and", "or", NULL};
	const struct lexeme *lexeme = &writer->piece->of[at];

	if (at == 0 || (writer->depth > 0 && writer->close[writer->depth - 1]))
		return false;
	return is_symbol(lexeme - 1, ",") ||
	       (writer->depth > 0 && is_any_word(lexeme, joints));
}

/* --- A line that goes on -------------------------------------------------- */

/* The columns up to the next place where the line may end. */
static int
width_ahead(const struct writer *writer, int at)
{
	struct writer ahead = *writer;
	int width = 0;

	for (int i = at; i < writer->piece->count; i++) {
		const struct lexeme *lexeme = &writer->piece->of[i];

		if (lexeme->kind == LEXEME_COMMENT ||
		    (i > at && may_break(&ahead, i)))
			break;
		if (i > at)
			width += !stand_close(&ahead, i);
		width += lexeme->place.width;
		note_parenthesis(&ahead, i);
	}
	return width;
}

static void
put(struct writer *writer, const char *text, int width)
{
	fwrite(text, 1, (size_t)width, writer->out);
	writer->column += width;
}

static void
pad_to(struct writer *writer, int column)
{
	while (writer->column < column)
		put(writer, " ", 1);
}

static void
carry_on(struct writer *writer)
{
	fputc('\n', writer->out);
	writer->column = 0;
	pad_to(writer, writer->carry_on);
}

/* --- Lexemes -------------------------------------------------------------- */

/* Behind what it is about at the column that it had, or on its own line. */
static void
write_comment(struct writer *writer, int at)
{
	const struct lexeme *comment = &writer->piece->of[at];

	if (at > 0 && comment->place.line > comment[-1].place.line) {
		if (comment[-1].kind != LEXEME_COMMENT)
			carry_on(writer);
	} else if (at > 0) {
		put(writer, " ", 1);
		pad_to(writer, comment->place.column - 1);
	}
	put(writer, comment->written, comment->place.width);
	if (at + 1 < writer->piece->count)
		carry_on(writer);
}

/* What stands between this lexeme and the one before: a line end where the line
 * would be too long, a space, or nothing. */
static void
separate(struct writer *writer, int at)
{
	if (writer->wraps && may_break(writer, at) &&
	    writer->column + 1 + width_ahead(writer, at) > FORMAT_COLUMNS)
		carry_on(writer);
	else if (!stand_close(writer, at))
		put(writer, " ", 1);
}

static void
write_lexeme(struct writer *writer, int at)
{
	const struct piece *piece = writer->piece;
	const struct lexeme *lexeme = &piece->of[at];
	int start;

	/* Behind a comment a new line has begun. */
	if (at > 0 && lexeme[-1].kind != LEXEME_COMMENT)
		separate(writer, at);
	start = writer->column;
	put(writer, lexeme->written, lexeme->place.width);
	note_parenthesis(writer, at);
	if (at < (int)array_size(piece->pads) && at + 1 < piece->count)
		pad_to(writer, start + piece->pads[at]);
}

/* The list of a definition goes on below its first item, anything else behind
 * its first word. */
static int
carry_on_column(const struct piece *piece)
{
	int column = FORMAT_INDENT * piece->depth + 1;
	int first = piece->of[0].place.width;

	column += piece->pads[0] > first ? piece->pads[0] : first;
	if (piece->pads[1] > 0)
		column += piece->pads[1] + (int)strlen(" = ");
	return column;
}

/* The head of a rule can be searched for as long as it stands on one line. */
static bool
may_wrap(const struct piece *piece)
{
	static const char *const heads[] = {"allow", "escalate", "deny",
					    "assert", NULL};

	return piece->depth > 0 || !is_any_word(&piece->of[0], heads) ||
	       piece_last_line(piece) > piece_first_line(piece);
}

void
piece_write(FILE *out, const struct piece *piece)
{
	struct writer writer = {.out = out,
				.piece = piece,
				.carry_on = carry_on_column(piece),
				.wraps = may_wrap(piece)};

	pad_to(&writer, FORMAT_INDENT * piece->depth);
	for (int i = 0; i < piece->count; i++)
		if (piece->of[i].kind == LEXEME_COMMENT)
			write_comment(&writer, i);
		else
			write_lexeme(&writer, i);
	fputc('\n', out);
}

int
piece_width(const struct piece *piece)
{
	struct writer writer = {.piece = piece};
	int width = FORMAT_INDENT * piece->depth;

	for (int i = 0; i < piece->count; i++) {
		if (piece->of[i].kind == LEXEME_COMMENT)
			break;
		width += i > 0 && !stand_close(&writer, i);
		width += piece->of[i].place.width;
		note_parenthesis(&writer, i);
	}
	return width;
}
