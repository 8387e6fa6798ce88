#include "pgmend.h"
#include "policy/glob.h"

static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$';
}

bool
glob_covers(enum glob_reading reading, unsigned char c)
{
	switch (reading) {
	case GLOB_EXACT:
		return false;
	case GLOB_NARROW:
		return is_plain(c);
	case GLOB_COLUMN:
		return is_plain(c) || (c >= 'A' && c <= 'Z');
	case GLOB_VALUE:
	case GLOB_WIDE:
		return true;
	}
	abort();
}

/* Whatever the locale: names are compared as the server does, byte by byte. */
static unsigned char
fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

bool
glob_same(enum glob_reading reading, unsigned char left, unsigned char right)
{
	return left == right ||
	       (reading == GLOB_WIDE && fold(left) == fold(right));
}

/*
 * The classic walk with one point to go back to: linear in practice, no
 * recursion. Going back moves the last '*' over one more character; no earlier
 * one needs to move, since what a narrow '*' doesn't cover no literal of such a
 * glob matches either.
 */
bool
glob_matches(const struct glob *glob, const char *text)
{
	enum glob_reading reading = glob->reading;
	const char *at = glob->text, *star = NULL, *resume = NULL;

	if (reading == GLOB_EXACT)
		return strcmp(at, text) == 0;
	while (*text != '\0') {
		if (*at == '*') {
			star = at++;
			resume = text;
		} else if (*at != '\0' && glob_same(reading, (unsigned char)*at,
						    (unsigned char)*text)) {
			at++;
			text++;
		} else if (star != NULL &&
			   glob_covers(reading, (unsigned char)*resume)) {
			at = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*at == '*')
		at++;
	return *at == '\0';
}
