#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/zone.h"
#include "policy/zone_rule.h"

#define ZONE_FILE_MAX (64 * 1024)
#define HEADER_SIZE 44
#define OFFSET_MAX (26 * 3600)

struct zone {
	int64_t *times; /* of changes, ascending */
	int *offsets;	/* from each of them on */
	int count;
	int before; /* the offset before the first of them */
	bool has_rule;
	struct zone_rule rule; /* after the last of them */
};

/* --- The bytes ------------------------------------------------------------ */

/* What the header says of the block that follows it. */
struct counts {
	size_t utc, standard, leaps, times, types, characters;
};

static uint64_t
number_at(const unsigned char *bytes, int size)
{
	uint64_t number = 0;

	for (int i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool
read_header(const unsigned char *bytes, size_t size, struct counts *ret_counts)
{
	if (size < HEADER_SIZE || memcmp(bytes, "TZif", 4) != 0 ||
	    bytes[4] < '2')
		return false;
	*ret_counts = (struct counts){
		.utc = number_at(bytes + 20, 4),
		.standard = number_at(bytes + 24, 4),
		.leaps = number_at(bytes + 28, 4),
		.times = number_at(bytes + 32, 4),
		.types = number_at(bytes + 36, 4),
		.characters = number_at(bytes + 40, 4),
	};
	return true;
}

/* Each count has 32 bits, so the sum can't overflow 64. */
static size_t
block_size(const struct counts *counts, size_t time_size)
{
	return counts->times * (time_size + 1) + counts->types * 6 +
	       counts->characters + counts->leaps * (time_size + 4) +
	       counts->standard + counts->utc;
}

static bool
is_offset(int seconds)
{
	return seconds >= -OFFSET_MAX && seconds <= OFFSET_MAX;
}

/* The block of 64-bit times: times, the type of each, types. */
static bool
read_block(struct zone *zone, struct arena *arena, const unsigned char *block,
	   const struct counts *counts)
{
	const unsigned char *indexes = block + counts->times * 8;
	const unsigned char *types = indexes + counts->times;

	zone->times = arena_take(arena, counts->times * sizeof(int64_t));
	zone->offsets = arena_take(arena, counts->times * sizeof(int));
	zone->count = (int)counts->times;
	zone->before = (int)(int32_t)number_at(types, 4);
	if (!is_offset(zone->before))
		return false;
	for (int i = 0; i < zone->count; i++) {
		if (indexes[i] >= counts->types)
			return false;
		zone->times[i] = (int64_t)number_at(block + 8 * i, 8);
		zone->offsets[i] =
			(int)(int32_t)number_at(types + 6 * indexes[i], 4);
		if (!is_offset(zone->offsets[i]) ||
		    (i > 0 && zone->times[i] <= zone->times[i - 1]))
			return false;
	}
	return true;
}

/* What stands between the two line ends that close the file. */
static bool
read_footer(struct zone *zone, struct arena *arena, const unsigned char *bytes,
	    size_t size)
{
	const unsigned char *end;

	if (size < 2 || bytes[0] != '\n')
		return false;
	end = memchr(bytes + 1, '\n', size - 1);
	if (end == NULL)
		return false;
	zone->has_rule = end != bytes + 1;
	return !zone->has_rule ||
	       zone_rule_parse(&zone->rule,
			       arena_copy(arena, (const char *)bytes + 1,
					  (size_t)(end - bytes) - 1));
}

int
zone_parse(const struct zone **ret_zone, struct arena *arena, const void *bytes,
	   size_t size, struct error *err)
{
	struct zone *zone = arena_take(arena, sizeof(*zone));
	const unsigned char *at = bytes, *end = at + size;
	struct counts counts;

	/* The first block is the same with 32-bit times, for old readers. */
	if (!read_header(at, size, &counts) ||
	    block_size(&counts, 4) > size - HEADER_SIZE)
		return fail(err, "no zone file of version 2");
	at += HEADER_SIZE + block_size(&counts, 4);
	if (!read_header(at, (size_t)(end - at), &counts) ||
	    block_size(&counts, 8) > (size_t)(end - at) - HEADER_SIZE ||
	    counts.types == 0 || counts.leaps != 0)
		return fail(err, "no zone file that can be read");
	at += HEADER_SIZE;
	if (!read_block(zone, arena, at, &counts))
		return fail(err, "the zone file contradicts itself");
	at += block_size(&counts, 8);
	if (!read_footer(zone, arena, at, (size_t)(end - at)))
		return fail(err, "the zone file has no end");
	*ret_zone = zone;
	return 0;
}

/* --- The file ------------------------------------------------------------- */

/* Zones are links to each other, but none leaves the folder. */
static int
open_zone(const char *name)
{
	auto_close int folder =
		open(ZONE_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	if (folder < 0)
		return -1;
	return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

int
zone_read(const struct zone **ret_zone, struct arena *arena, const char *name,
	  struct error *err)
{
	auto_close int fd = -1;
	struct stat status;
	char *bytes;

	if (strcmp(name, "UTC") == 0) {
		*ret_zone = arena_take(arena, sizeof(struct zone));
		return 0;
	}
	fd = open_zone(name);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_size > ZONE_FILE_MAX)
		return fail(err,
			    "there is no time zone '%.60s' in " ZONE_FOLDER,
			    name);
	if (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(err,
			    "the file of time zone '%.60s' isn't root's "
			    "alone",
			    name);
	bytes = arena_take(arena, (size_t)status.st_size);
	if (read(fd, bytes, (size_t)status.st_size) != status.st_size)
		return fail(err, "the file of time zone '%.60s' can't be read",
			    name);
	if (zone_parse(ret_zone, arena, bytes, (size_t)status.st_size, err) < 0)
		return fail_in(err, "time zone '%.60s'", name);
	return 0;
}

/* --- Asking --------------------------------------------------------------- */

int
zone_offset(const struct zone *zone, int64_t seconds)
{
	int low = 0, high = zone->count;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (zone->times[middle] <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == zone->count && zone->has_rule)
		return zone_rule_offset(&zone->rule, seconds);
	return low == 0 ? zone->before : zone->offsets[low - 1];
}
