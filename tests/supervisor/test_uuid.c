#include <time.h>

#include "supervisor/uuid.h"
#include "tests/test.h"

static void
test_new(void)
{
	char first[UUID_TEXT_SIZE], second[UUID_TEXT_SIZE];
	unsigned char bytes[16];
	uint64_t milliseconds = 0;
	time_t before = time(NULL);

	uuid_v7(first);
	test("a new id is a UUID", uuid_bytes(bytes, first));
	test("its version is 7", first[14] == '7');
	test("its variant is RFC 9562's", strchr("89ab", first[19]) != NULL);
	for (int i = 0; i < 6; i++)
		milliseconds = milliseconds << 8 | bytes[i];
	test("it begins with the time",
	     milliseconds / 1000 >= (uint64_t)before &&
		     milliseconds / 1000 <= (uint64_t)before + 2);
	usleep(2000);
	uuid_v7(second);
	test("a later one sorts after it", strcmp(first, second) < 0);
}

static void
test_reading(void)
{
	unsigned char bytes[16] = {0};

	test("a UUID's bytes are read",
	     uuid_bytes(bytes, "00112233-4455-6677-8899-aabbccddeeff") &&
		     bytes[0] == 0x00 && bytes[4] == 0x44 && bytes[15] == 0xff);
	test("a UUID without hyphens is none here",
	     !uuid_bytes(bytes, "00112233445566778899aabbccddeeff0000"));
	test("capitals are not canonical",
	     !uuid_bytes(bytes, "00112233-4455-6677-8899-AABBCCDDEEFF"));
	test("a longer text is no UUID",
	     !uuid_bytes(bytes, "00112233-4455-6677-8899-aabbccddeeff0"));
	test("no text is no UUID", !uuid_bytes(bytes, NULL));
}

int
main(void)
{
	test_new();
	test_reading();
	return test_end();
}
