#include "pgmend.h"
#include "sandbox/utf8.h"
#include "supervisor/text.h"

#define WORD_MAX 64

struct span {
	uint32_t first, last;
};

/* Controls, and what makes a line read as something that it isn't. */
static const struct span deceivers[] = {
	{0x00, 0x1f},	  /* C0 controls, escape sequences among them */
	{0x7f, 0x9f},	  /* DEL and C1 controls */
	{0xad, 0xad},	  /* soft hyphen */
	{0x61c, 0x61c},	  /* Arabic letter mark */
	{0x180e, 0x180e}, /* Mongolian vowel separator */
	{0x200b, 0x200f}, /* zero width, left-to-right and right-to-left mark */
	{0x2028, 0x202e}, /* line and paragraph separator, bidi embedding */
	{0x2060, 0x206f}, /* word joiner, bidi isolates */
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xfff9, 0xfffb}, /* interlinear annotation */
	{0xe0000, 0xe007f}, /* tags */
};

static bool
is_deceiver(uint32_t character)
{
	for (size_t i = 0; i < array_size(deceivers); i++)
		if (character >= deceivers[i].first &&
		    character <= deceivers[i].last)
			return true;
	return false;
}

static void
write_character(FILE *out, uint32_t character, const char *bytes, size_t length)
{
	if (!is_deceiver(character))
		fwrite(bytes, 1, length, out);
	else if (character == '\n')
		fputs("\\n", out);
	else if (character == '\t')
		fputs("\\t", out);
	else if (character < 0x80)
		fprintf(out, "\\x%02x", character);
	else
		fprintf(out, "\\u{%04x}", character);
}

void
text_write_escaped(FILE *out, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		uint32_t character;
		size_t length = utf8_decode(text, size, &character);

		if (length == 0) {
			fprintf(out, "\\x%02x", (unsigned char)*text);
			length = 1;
		} else {
			write_character(out, character, text, length);
		}
		text += length;
		size -= length;
	}
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance of two words shorter than WORD_MAX. */
static size_t
word_distance(const char *left, const char *right)
{
	size_t row[WORD_MAX];
	size_t width = strlen(right);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; left[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t above = row[j + 1];

			row[j + 1] = smallest(above + 1, row[j] + 1,
					      diagonal + (left[i] != right[j]));
			diagonal = above;
		}
	}
	return row[width];
}

const char *
text_nearest(const char *word, const char *const *words, size_t count,
	     size_t stride)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 2;

	if (strlen(word) >= WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *candidate = *(
			const char *const *)((const char *)words + i * stride);
		size_t distance = strlen(candidate) >= WORD_MAX
					  ? WORD_MAX
					  : word_distance(word, candidate);

		if (distance < least) {
			least = distance;
			nearest = candidate;
		}
	}
	return nearest;
}
