#include "policy/setting.h"
#include "sandbox/wire.h"
#include "supervisor/detect.h"
#include "tests/test.h"

#define LONG_TEXT (256 * 1024) /* the largest incident */
#define LONG_TEXT_MS 2000      /* generous: sanitizers, a busy machine */

#define EMAIL (1u << DETECT_EMAIL)
#define CARD (1u << DETECT_CARD)
#define IBAN (1u << DETECT_IBAN)
#define PHONE (1u << DETECT_PHONE)
#define JWT (1u << DETECT_JWT)
#define KEY (1u << DETECT_KEY)

/* Keys are put together here, so that nobody's scanner finds one. */
static const struct {
	const char *text;
	unsigned found;
} texts[] = {
	{"ada@example.com", EMAIL},
	{"write to <ada.lovelace+x@mail.example.co.uk>, please", EMAIL},
	{"m\xc3\xbcller@b\xc3\xbc"
	 "cher.example",
	 EMAIL},
	{"ada@example.com.", EMAIL},
	{"ada@localhost", 0},
	{"@example.com", 0},
	{"lodash@4.17.21", 0},
	{"ada@example.", 0},
	{"ada at example.com", 0},

	{"4111111111111111", CARD},
	{"4111 1111 1111 1111", CARD},
	{"4111-1111-1111-1111", CARD},
	{"5555555555554444 12/29", CARD},
	{"5555 5555 5555 4444 12/29", CARD},
	{"card_378282246310005!", CARD},
	{"6304000000000000", CARD},
	{"4222222222222", CARD},
	{"4111111111111112", 0},
	{"411111111111111", 0},
	{"a4111111111111111", 0},
	{"41111111111111114111111111111111", 0},
	{"0000000000000000", 0},
	{"3.141592653589793", 0},
	{"1e4111111111111111", 0},

	{"DE89370400440532013000", IBAN},
	{"de89370400440532013000", IBAN},
	{"GB82 WEST 1234 5698 7654 32", IBAN | PHONE},
	{"IBAN: NL91 ABNA 0417 1643 00 (Ada)", IBAN | PHONE},
	{"MT84MALT011000012345MTLCAST001S", IBAN},
	{"NO9386011117947", IBAN},
	{"DE88370400440532013000", 0},
	{"xDE89370400440532013000", 0},
	{"DE89", 0},

	{"+49 30 1234567", PHONE},
	{"+14155552671", PHONE},
	{"tel:+44 (20) 7946-0958", PHONE},
	{"030 1234567", PHONE},
	{"030 123 4567", PHONE},
	{"(415) 555-2671", PHONE},
	{"call 415-555-2671.", PHONE},
	{"01.23.45.67.89", PHONE},
	{"0301234567", 0},
	{"+1234567", 0},
	{"2026-11-26", 0},
	{"2026-11-26 10:15:30", 0},
	{"2026-11-26T10:15:30.123456+02:00", 0},
	{"26.11.2026 101500", 0},
	{"11/26/2026 10:15", 0},
	{"192.168.100.200", 0},
	{"1234567.890", 0},
	{"1.234.567.890", 0},
	{"12345678-1234-1234-1234-123456789012", 0},
	{"123e4567-e89b-12d3-a456-426614174000", 0},
	{"1e+100000000", 0},

	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", JWT},
	{"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", JWT},
	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", 0},
	{"eyJhbGciOiJIUzI1NiJ8.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", 0},
	{"eyes.wide.shut", 0},
	{"e1.example.com", 0},

	{"sk-"
	 "ant-api03-abcdefghijklmnop",
	 KEY},
	{"key=AKIA"
	 "IOSFODNN7EXAMPLE",
	 KEY},
	{"ghp_"
	 "abcdefghijklmnopqrstuvwxyz0123456789",
	 KEY},
	{"-----BEGIN RSA "
	 "PRIVATE KEY----- MIIE",
	 KEY},
	{"-----BEGIN "
	 "PRIVATE KEY-----",
	 KEY},
	{"-----BEGIN CERTIFICATE-----", 0},
	{"sk-short", 0},
	{"task-force-of-the-year-2026", 0},
	{"AKIAshort", 0},

	{"", 0},
	{"SPRING5", 0},
	{"analytics.orders", 0},
	{"ada@example.com, +14155552671", EMAIL | PHONE},
};

static void
finds_what_is_there(void)
{
	for (size_t i = 0; i < array_size(texts); i++) {
		const char *text = texts[i].text;
		auto_free char *name =
			xprintf("%s '%.40s'",
				texts[i].found ? "finds what is in"
					       : "finds nothing in",
				text);
		unsigned found = detect(text, strlen(text));

		if (found != texts[i].found)
			printf("# found %x, not %x\n", found, texts[i].found);
		test(name, found == texts[i].found);
	}
}

static void
reads_no_further_than_the_text(void)
{
	test("reads no further than the text",
	     detect("4111111111111111", 15) == 0 &&
		     detect("ada@example.com", 11) == 0 &&
		     detect("+14155552671", 1) == 0 &&
		     detect("DE89370400440532013000", 20) == 0);
	test("isn't ended by a NUL", detect("\0ada@example.com", 16) == EMAIL);
}

/* Texts in which much begins and nothing ends. */
static const char *const beginnings[] = {
	"1 ",	"1",	       "41-", "+1 ",	 "a@",	 "a@b.",
	"AB12", "AB12 ",       "eyJ", "eyJ-",	 "eyJ.", "eyJhbGciOiJub25lIn0.",
	"sk-",	"-----BEGIN ", "-",   "1------",
};

static void
takes_no_long_time(void)
{
	auto_free char *text = xcalloc(1, LONG_TEXT);

	for (size_t i = 0; i < array_size(beginnings); i++) {
		size_t size = strlen(beginnings[i]);
		auto_free char *name = xprintf(
			"takes no long time over many '%s'", beginnings[i]);
		int64_t start;

		for (size_t at = 0; at + size <= LONG_TEXT; at += size)
			memcpy(text + at, beginnings[i], size);
		start = wire_now_ms();
		detect(text, LONG_TEXT);
		test(name, wire_now_ms() - start < LONG_TEXT_MS);
	}
}

/* The policy's words are kept apart from ours, since policy/ knows nothing of
 * this folder. */
static void
is_named_as_policies_name_it(void)
{
	int count = 0;

	while (detect_kinds[count] != NULL)
		count++;
	test("policies know as many detectors", count == DETECTORS);
	for (int i = 0; i < DETECTORS && i < count; i++)
		test_text("policies name a detector alike", detect_kinds[i],
			  detector_name((enum detector)i));
}

int
main(void)
{
	finds_what_is_there();
	reads_no_further_than_the_text();
	takes_no_long_time();
	is_named_as_policies_name_it();
	return test_end();
}
