#include "pgmend.h"
#include "sandbox/utf8.h"

/* One row a length: which first bytes announce it, and the least character
 * that needs it; anything below is an overlong form. */
static const struct form {
	unsigned char mask, lead;
	uint32_t least;
} forms[] = {
	{.mask = 0x80, .lead = 0x00, .least = 0x0},
	{.mask = 0xe0, .lead = 0xc0, .least = 0x80},
	{.mask = 0xf0, .lead = 0xe0, .least = 0x800},
	{.mask = 0xf8, .lead = 0xf0, .least = 0x10000},
};

static bool
is_character(uint32_t character, const struct form *form)
{
	return character >= form->least && character <= 0x10ffff &&
	       !(character >= 0xd800 && character <= 0xdfff);
}

size_t
utf8_decode(const char *bytes, size_t size, uint32_t *ret_character)
{
	const unsigned char *text = (const unsigned char *)bytes;
	const struct form *form = forms;
	const struct form *end = forms + array_size(forms);
	uint32_t character;
	size_t length;

	/* Most of what is ever decoded is ASCII. */
	if (size > 0 && text[0] < 0x80) {
		if (ret_character != NULL)
			*ret_character = text[0];
		return 1;
	}
	while (size > 0 && form < end && (text[0] & form->mask) != form->lead)
		form++;
	length = (size_t)(form - forms) + 1;
	if (form == end || length > size)
		return 0;

	character = text[0] & (unsigned char)~form->mask;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3f);
	}
	if (!is_character(character, form))
		return 0;
	if (ret_character != NULL)
		*ret_character = character;
	return length;
}

size_t
utf8_encode(char ret_bytes[UTF8_LENGTH_MAX], uint32_t character)
{
	size_t length = 1;

	while (length < array_size(forms) && character >= forms[length].least)
		length++;
	for (size_t i = length - 1; i > 0; i--) {
		ret_bytes[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	ret_bytes[0] = (char)(forms[length - 1].lead | character);
	return length;
}
