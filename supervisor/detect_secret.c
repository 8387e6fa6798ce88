#include "pgmend.h"
#include "sandbox/json.h"
#include "supervisor/detect_secret.h"

#define JWT_HEADER_MAX 1024 /* characters; a longer one is none */
#define JWT_PAYLOAD_MIN 4
#define PEM_LABEL_MAX 40

/* --- JSON web tokens ------------------------------------------------------ */

/* The value of a character of base64url; -1: it is none. */
static int
base64url_value(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	const char *found = c == '\0' ? NULL : strchr(alphabet, c);

	return found == NULL ? -1 : (int)(found - alphabet);
}

static size_t
part_size(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && base64url_value(text[at]) >= 0)
		at++;
	return at;
}

/* Decodes a part; returns the size in bytes. */
static size_t
decode(char *ret_bytes, const char *part, size_t size)
{
	unsigned bits = 0;
	int count = 0;
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 6 | (unsigned)base64url_value(part[i]);
		count += 6;
		if (count >= 8) {
			count -= 8;
			ret_bytes[used++] = (char)(bits >> count & 0xff);
		}
	}
	return used;
}

static bool
is_json_object(const char *part, size_t size)
{
	char bytes[JWT_HEADER_MAX];
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	return size > 2 && size <= sizeof(bytes) &&
	       json_scan(&json, bytes, decode(bytes, part, size), &err) == 0 &&
	       json_is(json, 0, JSON_OBJECT);
}

/* Every header begins with "{", which is "e" and one of few letters: most
 * words end here. The rest of the token is only looked at behind a header, so
 * that a text of many beginnings takes no long time. The signature may be
 * empty (alg none). */
bool
is_jwt(const char *text, size_t size)
{
	size_t header, payload;

	if (size < 2 || text[0] != 'e' || text[1] == '\0' ||
	    strchr("wyz01", text[1]) == NULL)
		return false;
	header = part_size(text, size < JWT_HEADER_MAX ? size : JWT_HEADER_MAX);
	if (header + 1 >= size || text[header] != '.' ||
	    !is_json_object(text, header))
		return false;
	text += header + 1;
	size -= header + 1;
	payload = part_size(text, size);
	return payload >= JWT_PAYLOAD_MIN && payload < size &&
	       text[payload] == '.';
}

/* --- Keys ----------------------------------------------------------------- */

/* How keys begin, and how many characters of a key must follow. */
static const struct {
	const char *prefix;
	size_t rest;
} keys[] = {
	{"sk-", 20},
	{"sk_live_", 16},
	{"sk_test_", 16},
	{"rk_live_", 16},
	{"whsec_", 20},
	{"AKIA", 16},
	{"ASIA", 16},
	{"ABSK", 40},
	{"AIza", 35},
	{"ya29.", 20},
	{"GOCSPX-", 20},
	{"ghp_", 30},
	{"gho_", 30},
	{"ghu_", 30},
	{"ghs_", 30},
	{"ghr_", 30},
	{"github_pat_", 30},
	{"glpat-", 20},
	{"xoxb-", 20},
	{"xoxp-", 20},
	{"xoxa-", 20},
	{"xoxs-", 20},
	{"xapp-", 20},
	{"npm_", 30},
	{"pypi-", 40},
	{"hf_", 30},
	{"SG.", 30},
	{"dop_v1_", 40},
	{"shpat_", 30},
	{"dapi", 32},
	{"hvs.", 20},
	{"lin_api_", 30},
	{"key-", 32},
	{"eyJrIjoi", 30},
	{"AGE-SECRET-KEY-", 40},
};

static bool
begins_with(const char *text, size_t size, const char *prefix)
{
	size_t length = strlen(prefix);

	return size >= length && memcmp(text, prefix, length) == 0;
}

static bool
goes_on(const char *text, size_t size, size_t wanted)
{
	if (size < wanted)
		return false;
	for (size_t i = 0; i < wanted; i++)
		if (base64url_value(text[i]) < 0 && text[i] != '.')
			return false;
	return true;
}

/* "-----BEGIN RSA PRIVATE KEY-----", of whatever kind. */
static bool
is_private_key_block(const char *text, size_t size)
{
	static const char begin[] = "-----BEGIN ";
	static const char end[] = "PRIVATE KEY-----";
	size_t start = strlen(begin);
	size_t span =
		size < start + PEM_LABEL_MAX ? size : start + PEM_LABEL_MAX;

	return begins_with(text, size, begin) &&
	       memmem(text + start, span - start, end, strlen(end)) != NULL;
}

bool
is_key(const char *text, size_t size)
{
	for (size_t i = 0; i < array_size(keys); i++) {
		size_t length = strlen(keys[i].prefix);

		if (begins_with(text, size, keys[i].prefix) &&
		    goes_on(text + length, size - length, keys[i].rest))
			return true;
	}
	return is_private_key_block(text, size);
}
