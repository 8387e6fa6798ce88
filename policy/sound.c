#include "pgmend.h"
#include "policy/name.h"
#include "policy/sound.h"
#include "policy/tree.h"
#include "policy/unicode.h"

bool
refuse(struct refusal *refusal, const char *floor, const char *format, ...)
{
	va_list arguments;

	refusal->floor = floor;
	va_start(arguments, format);
	vsnprintf(refusal->text, sizeof(refusal->text), format, arguments);
	va_end(arguments);
	for (char *c = refusal->text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = '?';
	return false;
}

bool
sound_text(const char *sql, size_t size, size_t max, struct refusal *refusal)
{
	size_t invalid;

	if (size > max)
		return refuse(refusal, "F12",
			      "the statement has %zu bytes, more than %zu",
			      size, max);
	invalid = unicode_invalid_at(sql, size);
	if (invalid < size)
		return refuse(refusal, "F02",
			      "the statement isn't valid UTF-8 at byte %zu",
			      invalid);
	/* The parser reads a C string: what follows NUL would go unseen. */
	if (memchr(sql, '\0', size) != NULL)
		return refuse(refusal, "F02", "the statement holds NUL");
	if (memmem(sql, size, "\xEF\xBB\xBF", 3) != NULL)
		return refuse(refusal, "F02",
			      "the statement holds a byte order mark");
	return true;
}

/* The bytes of a name as the parser counts them: without its quotes, and with
 * doubled ones once. */
static size_t
name_size(const struct token *token, const char *sql)
{
	const char *text = sql + token->start;
	size_t size = token->end - token->start;
	size_t bytes = 0;

	if (*text != '"')
		return size;
	for (size_t i = 1; i + 1 < size; i++) {
		if (text[i] == '"')
			i++;
		bytes++;
	}
	return bytes;
}

/* What another setting of standard_conforming_strings would read otherwise. */
bool
sound_token(const struct token *token, const char *sql, struct refusal *refusal)
{
	if (token->kind == TOKEN_ESCAPED)
		return refuse(refusal, "F02", "U& escapes are not accepted");
	if (token->kind == TOKEN_STRING &&
	    memchr(sql + token->start, '\\', token->end - token->start))
		return refuse(refusal, "F02",
			      "a backslash inside a constant is not accepted");
	if (token->kind == TOKEN_NAME && name_size(token, sql) > NAME_MAX_BYTES)
		return refuse(refusal, "F11",
			      "a name of %zu bytes would be cut after %d",
			      name_size(token, sql), NAME_MAX_BYTES);
	return true;
}
