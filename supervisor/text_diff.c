#include "pgmend.h"
#include "supervisor/text_diff.h"

#define CONTEXT_LINES 3
/* Lines that are looked ahead for the next common one. A diff that gives up is
 * longer than need be, and as true. */
#define SEARCH_LINES 1000

struct line {
	const char *text;
	size_t size; /* with its line end */
};

struct lines {
	struct line *of;
	int count;
};

/* A line of both, of the old text or of the new one: ' ', '-' or '+'. */
struct step {
	char sign;
	struct line line;
};

struct script {
	struct step *of;
	int count;
};

static struct lines
lines_of(const char *text)
{
	struct lines lines = {.count = 0};

	while (*text != '\0') {
		size_t size = strcspn(text, "\n");

		size += text[size] == '\n';
		lines.of = xreallocarray(lines.of, (size_t)lines.count + 1,
					 sizeof(struct line));
		lines.of[lines.count++] =
			(struct line){.text = text, .size = size};
		text += size;
	}
	return lines;
}

static bool
is_same(const struct line *left, const struct line *right)
{
	return left->size == right->size &&
	       memcmp(left->text, right->text, left->size) == 0;
}

/* --- What changed --------------------------------------------------------- */

static void
add_steps(struct script *script, char sign, const struct line *lines, int count)
{
	script->of = xreallocarray(script->of, (size_t)(script->count + count),
				   sizeof(struct step));
	for (int i = 0; i < count; i++)
		script->of[script->count++] =
			(struct step){.sign = sign, .line = lines[i]};
}

/* The fewest lines to skip on both sides until they meet again; to the ends
 * when they don't. */
static void
find_meeting(const struct lines *old, const struct lines *new, int *ret_old,
	     int *ret_new)
{
	for (int sum = 1; sum <= SEARCH_LINES; sum++)
		for (int i = 0; i <= sum; i++)
			if (i < old->count &&
			    sum - i < new->count &&is_same(&old->of[i],
							   &new->of[sum - i])) {
				*ret_old = i;
				*ret_new = sum - i;
				return;
			}
	*ret_old = old->count;
	*ret_new = new->count;
}

static struct script
script_of(struct lines old, struct lines new)
{
	struct script script = {.count = 0};

	while (old.count > 0 || new.count > 0) {
		int removed = 0, added = 0, kept;

		if (old.count == 0 || new.count == 0 ||
		    !is_same(old.of, new.of))
			find_meeting(&old, &new, &removed, &added);
		add_steps(&script, '-', old.of, removed);
		add_steps(&script, '+', new.of, added);
		kept = old.count > removed && new.count > added;
		add_steps(&script, ' ', old.of + removed, kept);
		old.of += removed + kept;
		old.count -= removed + kept;
		new.of += added + kept;
		new.count -= added + kept;
	}
	return script;
}

/* --- Showing it ----------------------------------------------------------- */

/* Lines of the text whose own sign it is, among the steps before `end`. */
static int
count_lines(const struct script *script, char own, int start, int end)
{
	int count = 0;

	for (int i = start; i < end; i++)
		count += script->of[i].sign == own || script->of[i].sign == ' ';
	return count;
}

static void
write_hunk(FILE *out, const struct script *script, int start, int end)
{
	int old = count_lines(script, '-', start, end);
	int new = count_lines(script, '+', start, end);

	/* A side without lines is counted from the line before. */
	fprintf(out, "@@ -%d,%d +%d,%d @@\n",
		count_lines(script, '-', 0, start) + (old > 0), old,
		count_lines(script, '+', 0, start) + (new > 0), new);
	for (int i = start; i < end; i++) {
		const struct step *step = &script->of[i];

		fputc(step->sign, out);
		fwrite(step->line.text, 1, step->line.size, out);
		if (step->line.text[step->line.size - 1] != '\n')
			fputs("\n\\ No newline at end of file\n", out);
	}
}

/* From one change on, the end of those that share its context. */
static int
hunk_end(const struct script *script, int change)
{
	int last = change;

	for (int i = change; i < script->count && i <= last + 2 * CONTEXT_LINES;
	     i++)
		if (script->of[i].sign != ' ')
			last = i;
	last += CONTEXT_LINES + 1;
	return last < script->count ? last : script->count;
}

bool
text_diff_write(FILE *out, const char *path, const char *before,
		const char *after)
{
	struct lines old = lines_of(before), new = lines_of(after);
	struct script script = script_of(old, new);
	bool differs = strcmp(before, after) != 0;

	if (differs)
		fprintf(out, "--- %s\n+++ %s\n", path, path);
	for (int i = 0; i < script.count; i++) {
		int end;

		if (script.of[i].sign == ' ')
			continue;
		end = hunk_end(&script, i);
		write_hunk(out, &script,
			   i > CONTEXT_LINES ? i - CONTEXT_LINES : 0, end);
		i = end - 1;
	}
	free(old.of);
	free(new.of);
	free(script.of);
	return differs;
}
