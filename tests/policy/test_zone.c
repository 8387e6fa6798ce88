/*
 * Time zones: as the C library has them, at any moment; and zone files that are
 * cut off or broken are refused without harm.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/test.h"

#include "policy/arena.h"
#include "policy/zone.h"
#include "policy/zone_rule.h"

#define MOMENTS 2000
#define FLIPS 20000
#define LAST_SECOND INT64_C(5000000000) /* in 2128 */

static const char *const zones[] = {
	"UTC",
	"Europe/Berlin",
	"Europe/London",
	"Europe/Dublin",
	"Europe/Moscow",
	"America/New_York",
	"America/Sao_Paulo",
	"America/St_Johns",
	"America/Santiago",
	"Africa/Casablanca",
	"Africa/Cairo",
	"Asia/Kolkata",
	"Asia/Kathmandu",
	"Asia/Tehran",
	"Asia/Gaza",
	"Asia/Tokyo",
	"Australia/Lord_Howe",
	"Australia/Sydney",
	"Pacific/Auckland",
	"Pacific/Chatham",
	"Pacific/Kiritimati",
	"Antarctica/Troll",
	"Etc/GMT+12",
	"EST5EDT",
};

static int64_t
next_below(unsigned *seed, int64_t below)
{
	uint64_t number = 0;

	for (int i = 0; i < 4; i++) {
		*seed = *seed * 1664525U + 1013904223U;
		number = number << 16 | *seed >> 16;
	}
	return (int64_t)(number % (uint64_t)below);
}

/* Seconds east, by the C library. */
static long
library_offset(int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm local;

	localtime_r(&moment, &local);
	return local.tm_gmtoff;
}

static int
differences(const struct zone *zone, unsigned *seed)
{
	int count = 0;

	for (int i = 0; i < MOMENTS; i++) {
		int64_t seconds = next_below(seed, LAST_SECOND);
		long wanted = library_offset(seconds);

		if (zone_offset(zone, seconds) == wanted)
			continue;
		count++;
		printf("# at %lld: %d, and not %ld\n", (long long)seconds,
		       zone_offset(zone, seconds), wanted);
	}
	return count;
}

static void
agrees_with_the_library(void)
{
	unsigned seed = 1;

	for (size_t i = 0; i < array_size(zones); i++) {
		struct arena *arena = arena_new();
		auto_free char *name =
			xprintf("%s is as the library has it", zones[i]);
		const struct zone *zone = NULL;
		struct error err = NO_ERROR;

		setenv("TZ", zones[i], 1);
		tzset();
		if (zone_read(&zone, arena, zones[i], &err) < 0)
			printf("# %s\n", err.text);
		test(name, zone != NULL && differences(zone, &seed) == 0);
		arena_free(arena);
	}
}

/* --- Files ---------------------------------------------------------------- */

static unsigned char *
read_file(const char *path, size_t *ret_size)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *bytes;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		abort();
	*ret_size = (size_t)status.st_size;
	bytes = xcalloc(1, *ret_size);
	if (read(fd, bytes, *ret_size) != status.st_size)
		abort();
	return bytes;
}

/* In memory of exactly that size, so that a sanitizer sees a step too far. */
static bool
parses(const unsigned char *bytes, size_t size)
{
	auto_free unsigned char *copy = xcalloc(1, size);
	struct arena *arena = arena_new();
	const struct zone *zone = NULL;
	struct error err = NO_ERROR;
	bool parsed;

	memcpy(copy, bytes, size);
	parsed = zone_parse(&zone, arena, copy, size, &err) == 0;
	if (parsed)
		for (int64_t at = 0; at < LAST_SECOND; at += LAST_SECOND / 50)
			parsed &= zone_offset(zone, at) > -200 * 3600 &&
				  zone_offset(zone, at) < 200 * 3600;
	arena_free(arena);
	return parsed;
}

static void
survives_broken_files(void)
{
	size_t size;
	auto_free unsigned char *bytes =
		read_file(ZONE_FOLDER "/Europe/Berlin", &size);
	unsigned seed = 2;
	int parsed = 0;

	test("a whole file is read", parses(bytes, size));
	for (size_t cut = 0; cut < size; cut++)
		parsed += parses(bytes, cut);
	test("no file that is cut off is read", parsed == 0);
	for (int i = 0; i < FLIPS; i++) {
		size_t at = (size_t)next_below(&seed, (int64_t)size);
		unsigned char before = bytes[at];

		bytes[at] = (unsigned char)next_below(&seed, 256);
		parses(bytes, size);
		bytes[at] = before;
	}
	test("a byte that is wrong does no harm", true);
}

/* --- Rules ---------------------------------------------------------------- */

static void
reads_rules(void)
{
	static const char *const good[] = {
		"UTC0",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"<+0330>-3:30",
		"EST5EDT,M3.2.0/2:00:00,M11.1.0",
		"IST-2IDT,M3.4.4/26,M10.5.0",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
		"AAA3BBB2,J60/0,J300/0",
		"AAA3BBB2,59,300",
	};
	static const char *const bad[] = {
		"",
		"CE-1",
		"CET",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0 ",
		"CET-1CEST,J0,J10",
		"CET-200",
		"<CET-1",
		"CET-1:60",
	};
	struct zone_rule rule;

	for (size_t i = 0; i < array_size(good); i++) {
		auto_free char *name = xprintf("reads the rule %s", good[i]);

		test(name, zone_rule_parse(&rule, good[i]));
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		auto_free char *name = xprintf("refuses the rule '%s'", bad[i]);

		test(name, !zone_rule_parse(&rule, bad[i]));
	}
}

int
main(void)
{
	agrees_with_the_library();
	survives_broken_files();
	reads_rules();
	return test_end();
}
