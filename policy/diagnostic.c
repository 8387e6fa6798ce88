#include "pgmend.h"
#include "policy/arena.h"
#include "policy/diagnostic.h"

__attribute__((format(printf, 2, 0))) static char *
print_in(struct arena *arena, const char *format, va_list arguments)
{
	auto_free char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	return arena_copy(arena, text, strlen(text));
}

bool
diagnose(struct diagnostics *diagnostics, const char *code, struct place place,
	 const char *format, ...)
{
	struct diagnostic diagnostic = {.code = code, .place = place};
	va_list arguments;

	va_start(arguments, format);
	diagnostic.message = print_in(diagnostics->arena, format, arguments);
	va_end(arguments);
	arena_append(diagnostics->arena, diagnostics->of, diagnostics->count,
		     diagnostic);
	if (code[0] == 'E')
		diagnostics->errors++;
	else
		diagnostics->warnings++;
	return false;
}

bool
diagnose_hint(struct diagnostics *diagnostics, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diagnostics->of[diagnostics->count - 1].hint =
		print_in(diagnostics->arena, format, arguments);
	va_end(arguments);
	return false;
}

/* --- Did you mean --------------------------------------------------------- */

#define WORD_MAX 64

static int
least(int a, int b, int c)
{
	int smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Insertions, deletions, replacements and swaps of neighbours. */
static int
distance(const char *left, const char *right)
{
	int rows[3][WORD_MAX + 1];
	int height = (int)strlen(left), width = (int)strlen(right);

	if (height > WORD_MAX || width > WORD_MAX)
		return WORD_MAX;
	for (int j = 0; j <= width; j++)
		rows[0][j] = j;
	for (int i = 1; i <= height; i++) {
		int *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const int *second = rows[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= width; j++) {
			bool same = left[i - 1] == right[j - 1];

			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + !same);
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
			    left[i - 2] == right[j - 1])
				row[j] = least(row[j], second[j - 2] + 1,
					       WORD_MAX);
		}
	}
	return rows[height % 3][width];
}

const char *
diagnose_nearest(const char *word, const char *const *words)
{
	int best = 1 + (int)strlen(word) / 3;
	const char *nearest = NULL;

	for (; *words != NULL; words++) {
		int one = distance(word, *words);

		if (one < best || (one == best && nearest == NULL)) {
			best = one;
			nearest = *words;
		}
	}
	return nearest;
}

bool
diagnose_similar(struct diagnostics *diagnostics, const char *word,
		 const char *const *words)
{
	const char *nearest = diagnose_nearest(word, words);

	if (nearest != NULL)
		diagnose_hint(diagnostics, "did you mean '%s'?", nearest);
	return false;
}

/* --- Printing ------------------------------------------------------------- */

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = &((const struct diagnostic *)left)->place;
	const struct place *b = &((const struct diagnostic *)right)->place;
	int order = strcmp(a->source->path, b->source->path);

	if (order == 0)
		order = a->line - b->line;
	return order != 0 ? order : a->column - b->column;
}

/* The line's text, without its end. */
static const char *
line_of(const struct place *place, int *ret_size)
{
	const char *line = place->source->text;
	const char *end = line + place->source->size;

	for (int i = 1; i < place->line && line < end; i++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		line = next == NULL ? end : next + 1;
	}
	*ret_size = 0;
	while (line + *ret_size < end && line[*ret_size] != '\n')
		(*ret_size)++;
	return line;
}

/* Control characters of a file that we refuse shan't reach the terminal. */
static void
write_line(FILE *out, const char *text, int size)
{
	for (int i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		fputc((c < ' ' && c != '\t') || c == 0x7F ? '?' : c, out);
	}
}

static void
write_excerpt(FILE *out, const struct place *place)
{
	int size;
	const char *line = line_of(place, &size);

	fprintf(out, "%5d | ", place->line);
	write_line(out, line, size);
	fputs("\n      | ", out);
	for (int i = 0; i < place->column - 1 && i < size; i++)
		if (line[i] == '\t')
			fputc('\t', out);
		else if (((unsigned char)line[i] & 0xC0) != 0x80)
			fputc(' ', out);
	for (int i = 0; i < place->width; i++)
		fputc(i == 0 ? '^' : '~', out);
	fputc('\n', out);
}

static const char *
severity_of(const struct diagnostic *diagnostic)
{
	return diagnostic->code[0] == 'E' ? "error" : "warning";
}

static void
write_text(FILE *out, const struct diagnostic *diagnostic)
{
	const struct place *place = &diagnostic->place;

	fprintf(out, "%s:%d:%d: %s[%s]: %s\n", place->source->path, place->line,
		place->column, severity_of(diagnostic), diagnostic->code,
		diagnostic->message);
	if (place->width > 0)
		write_excerpt(out, place);
	if (diagnostic->hint != NULL)
		fprintf(out, "      = hint: %s\n", diagnostic->hint);
}

static void
write_json(FILE *out, const struct diagnostic *diagnostic)
{
	fputs("{\"file\":", out);
	diagnostic_write_json_text(out, diagnostic->place.source->path);
	fprintf(out,
		",\"line\":%d,\"column\":%d,\"width\":%d,"
		"\"severity\":\"%s\",\"code\":\"%s\",\"message\":",
		diagnostic->place.line, diagnostic->place.column,
		diagnostic->place.width, severity_of(diagnostic),
		diagnostic->code);
	diagnostic_write_json_text(out, diagnostic->message);
	fputs(",\"hint\":", out);
	if (diagnostic->hint == NULL)
		fputs("null", out);
	else
		diagnostic_write_json_text(out, diagnostic->hint);
	fputs("}\n", out);
}

void
diagnostics_drop_warnings(struct diagnostics *diagnostics)
{
	int kept = 0;

	if (diagnostics->errors == 0)
		return;
	for (int i = 0; i < diagnostics->count; i++)
		if (diagnostics->of[i].code[0] == 'E')
			diagnostics->of[kept++] = diagnostics->of[i];
	diagnostics->count = kept;
	diagnostics->warnings = 0;
}

void
diagnostics_print(struct diagnostics *diagnostics, FILE *out,
		  enum diagnostic_format format)
{
	static void (*const writers[])(FILE *, const struct diagnostic *) = {
		[DIAGNOSTIC_TEXT] = write_text,
		[DIAGNOSTIC_JSON] = write_json,
		[DIAGNOSTIC_SARIF] = diagnostic_write_sarif,
	};

	if (diagnostics->count > 0)
		qsort(diagnostics->of, (size_t)diagnostics->count,
		      sizeof(*diagnostics->of), compare_places);
	for (int i = 0; i < diagnostics->count; i++)
		writers[format](out, &diagnostics->of[i]);
}
