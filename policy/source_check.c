/* Characters that make a policy file read otherwise than it is stored. */
#include "pgmend.h"
#include "policy/lexer.h"
#include "policy/parser.h"
#include "policy/policy.h"
#include "policy/unicode.h"

/* Where in the text the walk is. */
struct walk {
	const struct source *source;
	struct diagnostics *diagnostics;
	struct place place;
	bool in_string, in_comment, is_escaped;
};

static bool
refuse_character(struct walk *walk, const char *message, uint32_t character)
{
	diagnose(walk->diagnostics, "E106", walk->place, "U+%04X %s in %s",
		 (unsigned)character, message,
		 walk->in_comment  ? "a comment"
		 : walk->in_string ? "a string"
				   : "the text");
	return diagnose_hint(walk->diagnostics,
			     "the line may not read as it is stored; retype "
			     "it");
}

static bool
check_character(struct walk *walk, uint32_t character, bool at_line_end)
{
	const char *deceiver =
		character > 0x7F ? unicode_deceiver(character) : NULL;

	if (deceiver != NULL)
		return refuse_character(walk, deceiver, character);
	if (character == '\r' && !at_line_end)
		return refuse_character(walk, "carriage return", character);
	if ((character < ' ' && character != '\t' && character != '\n' &&
	     character != '\r') ||
	    character == 0x7F)
		return refuse_character(walk, "control character", character);
	if (character > 0x7F && !walk->in_string && !walk->in_comment)
		return refuse_character(walk, "outside ASCII", character);
	return true;
}

/* Stands behind a character of `size` bytes, which may end the line. */
static bool
step(struct walk *walk, uint32_t character, size_t size)
{
	if (character == '\n') {
		walk->place.line++;
		walk->place.column = 1;
		walk->in_string = walk->in_comment = walk->is_escaped = false;
		return true;
	}
	walk->place.column += (int)size;
	if (walk->place.column - 1 <= POLICY_LINE_MAX)
		return true;
	return diagnose(walk->diagnostics, "E108", walk->place,
			"the line is longer than %d bytes", POLICY_LINE_MAX);
}

/* As the lexer reads: within quotes a backslash takes the next one along. */
static void
note_quotes(struct walk *walk, uint32_t character)
{
	bool was_escaped = walk->is_escaped;

	walk->is_escaped = walk->in_string && character == '\\' && !was_escaped;
	if (character == '"' && !walk->in_comment && !was_escaped)
		walk->in_string = !walk->in_string;
	if (character == '#' && !walk->in_string)
		walk->in_comment = true;
}

bool
source_check(const struct source *source, struct diagnostics *diagnostics)
{
	struct walk walk = {
		.source = source,
		.diagnostics = diagnostics,
		.place = {.source = source, .line = 1, .column = 1}};
	uint32_t character = 0;

	for (size_t at = 0; at < source->size;) {
		const char *text = source->text + at;
		size_t size =
			unicode_decode(text, source->size - at, &character);

		if (size == 0)
			return diagnose(diagnostics, "E106", walk.place,
					"the text isn't valid UTF-8");
		if (!check_character(&walk, character,
				     size < source->size - at &&
					     text[1] == '\n'))
			return false;
		note_quotes(&walk, character);
		if (!step(&walk, character, size))
			return false;
		at += size;
	}
	return true;
}
