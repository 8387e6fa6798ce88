#include "pgmend.h"
#include "policy/unicode.h"

enum script {
	SCRIPT_NONE,
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_ARMENIAN,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_DEVANAGARI,
	SCRIPT_THAI,
	SCRIPT_GEORGIAN,
	SCRIPT_HANGUL,
	SCRIPT_EAST_ASIAN
};

/*
 * The letters that a new name may hold beside ASCII: precomposed ones only, so
 * that every accepted text is in normal form C by construction. Letters that
 * imitate punctuation (U+01C3 looks like '!') are left out, unassigned code
 * points and whatever isn't listed too.
 */
static const struct {
	uint32_t first, last;
	enum script script;
} letters[] = {
	{0x00C0, 0x00D6, SCRIPT_LATIN},
	{0x00D8, 0x00F6, SCRIPT_LATIN},
	{0x00F8, 0x017E, SCRIPT_LATIN},
	{0x01A0, 0x01A1, SCRIPT_LATIN},
	{0x01AF, 0x01B0, SCRIPT_LATIN},
	{0x01CD, 0x01DC, SCRIPT_LATIN},
	{0x0218, 0x021B, SCRIPT_LATIN},
	{0x1E00, 0x1E99, SCRIPT_LATIN},
	{0x1EA0, 0x1EF9, SCRIPT_LATIN},
	{0x0386, 0x0386, SCRIPT_GREEK},
	{0x0388, 0x038A, SCRIPT_GREEK},
	{0x038C, 0x038C, SCRIPT_GREEK},
	{0x038E, 0x03A1, SCRIPT_GREEK},
	{0x03A3, 0x03CE, SCRIPT_GREEK},
	{0x0400, 0x0481, SCRIPT_CYRILLIC},
	{0x048A, 0x052F, SCRIPT_CYRILLIC},
	{0x0531, 0x0556, SCRIPT_ARMENIAN},
	{0x0561, 0x0586, SCRIPT_ARMENIAN},
	{0x05D0, 0x05EA, SCRIPT_HEBREW},
	{0x0620, 0x064A, SCRIPT_ARABIC},
	{0x0671, 0x06D3, SCRIPT_ARABIC},
	{0x0900, 0x093B, SCRIPT_DEVANAGARI},
	{0x093D, 0x0957, SCRIPT_DEVANAGARI},
	{0x0960, 0x0963, SCRIPT_DEVANAGARI},
	{0x0966, 0x096F, SCRIPT_DEVANAGARI},
	{0x0E01, 0x0E3A, SCRIPT_THAI},
	{0x0E40, 0x0E4E, SCRIPT_THAI},
	{0x10D0, 0x10FA, SCRIPT_GEORGIAN},
	{0xAC00, 0xD7A3, SCRIPT_HANGUL},
	{0x3041, 0x3096, SCRIPT_EAST_ASIAN},
	{0x30A1, 0x30FA, SCRIPT_EAST_ASIAN},
	{0x30FC, 0x30FC, SCRIPT_EAST_ASIAN},
	{0x4E00, 0x9FFC, SCRIPT_EAST_ASIAN},
};

static const struct {
	uint32_t first, last;
	const char *name;
} deceivers[] = {
	{0x00AD, 0x00AD, "soft hyphen"},
	{0x061C, 0x061C, "arabic letter mark"},
	{0x180E, 0x180E, "mongolian vowel separator"},
	{0x200B, 0x200B, "zero width space"},
	{0x200C, 0x200C, "zero width non-joiner"},
	{0x200D, 0x200D, "zero width joiner"},
	{0x200E, 0x200E, "left-to-right mark"},
	{0x200F, 0x200F, "right-to-left mark"},
	{0x2028, 0x2028, "line separator"},
	{0x2029, 0x2029, "paragraph separator"},
	{0x202A, 0x202A, "left-to-right embedding"},
	{0x202B, 0x202B, "right-to-left embedding"},
	{0x202C, 0x202C, "pop directional formatting"},
	{0x202D, 0x202D, "left-to-right override"},
	{0x202E, 0x202E, "right-to-left override"},
	{0x2060, 0x2064, "invisible operator"},
	{0x2066, 0x2066, "left-to-right isolate"},
	{0x2067, 0x2067, "right-to-left isolate"},
	{0x2068, 0x2068, "first strong isolate"},
	{0x2069, 0x2069, "pop directional isolate"},
	{0xFEFF, 0xFEFF, "byte order mark"},
	{0xE0000, 0xE007F, "tag character"},
};

/* The least character that may take so many bytes: shorter is overlong. */
static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

static size_t
expected_size(unsigned char lead, uint32_t *ret_bits)
{
	if (lead < 0x80)
		return *ret_bits = lead, 1;
	if ((lead & 0xE0) == 0xC0)
		return *ret_bits = lead & 0x1F, 2;
	if ((lead & 0xF0) == 0xE0)
		return *ret_bits = lead & 0x0F, 3;
	if ((lead & 0xF8) == 0xF0)
		return *ret_bits = lead & 0x07, 4;
	return 0;
}

size_t
unicode_decode(const char *text, size_t size, uint32_t *ret_character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t character = 0;
	size_t length;

	if (size == 0)
		return 0;
	length = expected_size(bytes[0], &character);
	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3F);
	}
	if (character < least[length] || character > 0x10FFFF ||
	    (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*ret_character = character;
	return length;
}

size_t
unicode_invalid_at(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size) {
		uint32_t character;
		size_t length =
			unicode_decode(text + at, size - at, &character);

		if (length == 0)
			return at;
		at += length;
	}
	return size;
}

const char *
unicode_deceiver(uint32_t character)
{
	for (size_t i = 0; i < array_size(deceivers); i++)
		if (character >= deceivers[i].first &&
		    character <= deceivers[i].last)
			return deceivers[i].name;
	return NULL;
}

int
unicode_script(uint32_t character)
{
	if ((character >= 'a' && character <= 'z') ||
	    (character >= 'A' && character <= 'Z'))
		return SCRIPT_LATIN;
	for (size_t i = 0; i < array_size(letters); i++)
		if (character >= letters[i].first &&
		    character <= letters[i].last)
			return letters[i].script;
	return SCRIPT_NONE;
}
