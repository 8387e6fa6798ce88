#include "pgmend.h"
#include "sandbox/utf8.h"
#include "supervisor/chain.h"
#include "supervisor/uuid.h"

#define HASH_VERSION 0x01
#define REPLACEMENT 0xfffd
#define BEYOND_PLANE 0x10000

static void
put_number(FILE *out, uint64_t number, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		fputc((int)(number >> shift & 0xff), out);
}

/* lp(): the length goes first, so that no two lists of fields are alike. */
static void
put_bytes(FILE *out, const void *bytes, size_t size)
{
	put_number(out, size, 4);
	fwrite(bytes, 1, size, out);
}

static void
put_text(FILE *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

static void
put_run(FILE *out, const struct event *event)
{
	unsigned char bytes[16] = {0};

	uuid_bytes(bytes, event->run_id);
	fwrite(bytes, 1, sizeof(bytes), out);
	put_number(out, (uint32_t)event->run_seq, 4);
}

static void
put_content(FILE *out, const struct event *event)
{
	put_text(out, event->actor);
	put_text(out, event->kind);
	put_text(out, event->body);
}

struct digest
event_hash(const struct event *event)
{
	auto_free char *bytes = NULL;
	size_t size;
	FILE *out = xmemstream(&bytes, &size);

	fputc(HASH_VERSION, out);
	put_bytes(out, event->prev_hash.bytes, DIGEST_SIZE);
	put_number(out, (uint64_t)event->seq, 8);
	put_run(out, event);
	put_number(out, (uint64_t)event->at_us, 8);
	put_content(out, event);
	put_bytes(out, event->mac.bytes, event->has_mac ? DIGEST_SIZE : 0);
	fclose(out);
	return digest_of(bytes, size);
}

struct digest
event_mac(const struct event *event, const void *key, size_t key_size)
{
	auto_free char *bytes = NULL;
	size_t size;
	FILE *out = xmemstream(&bytes, &size);

	put_run(out, event);
	put_content(out, event);
	fclose(out);
	return digest_mac(key, key_size, bytes, size);
}

struct digest
chain_genesis(const char *chain_id)
{
	auto_free char *text = xprintf("pgmend-chain-v1:%s", chain_id);

	return digest_of(text, strlen(text));
}

bool
digest_same(const struct digest *left, const struct digest *right)
{
	return memcmp(left->bytes, right->bytes, DIGEST_SIZE) == 0;
}

bool
digest_parse(struct digest *ret_digest, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	struct digest digest;

	if (hex == NULL || strlen(hex) != DIGEST_HEX_SIZE - 1)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		const char *high = strchr(digits, hex[2 * i]);
		const char *low = strchr(digits, hex[2 * i + 1]);

		if (high == NULL || low == NULL)
			return false;
		digest.bytes[i] =
			(unsigned char)((high - digits) << 4 | (low - digits));
	}
	*ret_digest = digest;
	return true;
}

static void
put_escape(FILE *out, uint32_t character)
{
	if (character < BEYOND_PLANE) {
		fprintf(out, "\\u%04x", character);
		return;
	}
	character -= BEYOND_PLANE;
	fprintf(out, "\\u%04x\\u%04x", 0xd800 + (character >> 10),
		0xdc00 + (character & 0x3ff));
}

char *
json_ascii(const char *json)
{
	char *ascii = NULL;
	size_t size = strlen(json), ascii_size;
	FILE *out = xmemstream(&ascii, &ascii_size);

	while (size > 0) {
		uint32_t character = REPLACEMENT;
		size_t length = utf8_decode(json, size, &character);

		if (character < 0x80)
			fputc((int)character, out);
		else
			put_escape(out, character);
		length = length == 0 ? 1 : length;
		json += length;
		size -= length;
	}
	fclose(out);
	return ascii;
}
