#include "pgmend.h"
#include "sandbox/post.h"

/* What a caller of the API acts on: how long to wait, whether to try again,
 * and what to quote to the provider. */
const char *const post_headers[] = {
	"content-type",	  "request-id",	    "retry-after",
	"retry-after-ms", "x-should-retry", NULL,
};

const char *const post_failures[] = {
	"unreachable", "tls", "cut", "too_large", "timeout", "protocol", NULL,
};

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool
post_lists(const char *const *list, const char *word)
{
	while (*list != NULL && strcmp(*list, word) != 0)
		list++;
	return *list != NULL;
}

/* At most three bytes as four characters. */
static void
encode_group(char *ret_text, const unsigned char *bytes, size_t size)
{
	unsigned group = (unsigned)bytes[0] << 16;

	if (size > 1)
		group |= (unsigned)bytes[1] << 8;
	if (size > 2)
		group |= bytes[2];
	ret_text[0] = alphabet[group >> 18];
	ret_text[1] = alphabet[group >> 12 & 63];
	ret_text[2] = size > 1 ? alphabet[group >> 6 & 63] : '=';
	ret_text[3] = size > 2 ? alphabet[group & 63] : '=';
}

char *
post_encode(const void *bytes, size_t size)
{
	const unsigned char *from = bytes;
	char *text = xcalloc(1, (size + 2) / 3 * 4 + 1);
	size_t used = 0;

	for (size_t at = 0; at < size; at += 3, used += 4)
		encode_group(text + used, from + at,
			     size - at < 3 ? size - at : 3);
	return text;
}

/* The value of a character, or -1. */
static int
value_of(char character)
{
	const char *at = strchr(alphabet, character);

	return at == NULL || character == '\0' ? -1 : (int)(at - alphabet);
}

/* Four characters as one to three bytes; 0 when they are no group. Bits that a
 * short group doesn't use must be 0, so that a text has one meaning only. */
static size_t
decode_group(unsigned char ret_bytes[3], const char *text, bool is_last)
{
	size_t padding = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
	unsigned group = 0;

	if (padding > 0 && !is_last)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? value_of(text[i]) : 0;

		if (value < 0)
			return 0;
		group = group << 6 | (unsigned)value;
	}
	if ((group & ((1u << padding * 8) - 1)) != 0)
		return 0;
	ret_bytes[0] = (unsigned char)(group >> 16);
	ret_bytes[1] = (unsigned char)(group >> 8);
	ret_bytes[2] = (unsigned char)group;
	return 3 - padding;
}

void *
post_decode(const char *text, size_t *ret_size)
{
	size_t length = strlen(text);
	auto_free unsigned char *bytes = xcalloc(1, length / 4 * 3 + 1);
	size_t used = 0;

	if (length % 4 != 0)
		return NULL;
	for (size_t at = 0; at < length; at += 4) {
		size_t size =
			decode_group(bytes + used, text + at, at + 4 == length);

		if (size == 0)
			return NULL;
		used += size;
	}
	*ret_size = used;
	return take(bytes);
}
