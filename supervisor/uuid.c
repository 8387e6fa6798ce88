#include <sys/random.h>
#include <time.h>

#include "pgmend.h"
#include "supervisor/uuid.h"

static bool
is_hyphen_place(size_t place)
{
	return place == 8 || place == 13 || place == 18 || place == 23;
}

void
uuid_v7(char ret_text[UUID_TEXT_SIZE])
{
	unsigned char bytes[16];
	struct timespec now;
	uint64_t milliseconds;
	size_t place = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort(); /* can't be short below 256 bytes */
	clock_gettime(CLOCK_REALTIME, &now);
	milliseconds =
		(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
	bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f));
	bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));

	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (is_hyphen_place(place))
			ret_text[place++] = '-';
		snprintf(ret_text + place, 3, "%02x", bytes[i]);
		place += 2;
	}
}

static int
hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	return -1;
}

bool
uuid_bytes(unsigned char ret_bytes[16], const char *text)
{
	unsigned char bytes[16];
	size_t count = 0;

	if (text == NULL || strlen(text) != UUID_TEXT_SIZE - 1)
		return false;
	for (size_t place = 0; place < UUID_TEXT_SIZE - 1; place += 2) {
		int high, low;

		if (is_hyphen_place(place) && text[place++] != '-')
			return false;
		high = hex_digit(text[place]);
		low = hex_digit(text[place + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[count++] = (unsigned char)(high << 4 | low);
	}
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}
