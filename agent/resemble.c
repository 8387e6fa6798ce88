#include <ctype.h>

#include "agent/resemble.h"
#include "pgmend.h"

#define PART_LENGTH_MIN 3 /* "id" is the end of too many names */
#define SLIP_LENGTH_MIN 4 /* in shorter names one letter means something */

/* Lower case, without what stands between words; the caller frees it. */
static char *
fold(const char *name)
{
	char *normal = xcalloc(1, strlen(name) + 1);
	size_t size = 0;

	for (; *name != '\0'; name++) {
		if (strchr("_-. ", *name) == NULL)
			normal[size++] = (char)tolower((unsigned char)*name);
	}
	return normal;
}

/* Without a last s, too. */
static char *
normalise(const char *name)
{
	char *normal = fold(name);
	size_t size = strlen(normal);

	if (size > 1 && normal[size - 1] == 's')
		normal[size - 1] = '\0';
	return normal;
}

/* Whether the longer name begins or ends with the shorter one. */
static bool
is_part(const char *shorter, const char *longer)
{
	size_t size = strlen(shorter);
	size_t rest = strlen(longer) - size;

	return size >= PART_LENGTH_MIN &&
	       (memcmp(longer, shorter, size) == 0 ||
		memcmp(longer + rest, shorter, size) == 0);
}

/* Whether one letter put in, left out or changed makes them equal. */
static bool
is_slip(const char *shorter, const char *longer)
{
	size_t size = strlen(shorter);
	size_t more = strlen(longer) - size;
	size_t same = 0;

	if (size < SLIP_LENGTH_MIN || more > 1)
		return false;
	while (same < size && shorter[same] == longer[same])
		same++;
	return same == size ||
	       strcmp(shorter + same + (more == 0), longer + same + 1) == 0;
}

bool
names_resemble(const char *left, const char *right)
{
	auto_free char *first = normalise(left);
	auto_free char *second = normalise(right);
	bool is_longer = strlen(first) > strlen(second);
	const char *shorter = is_longer ? second : first;
	const char *longer = is_longer ? first : second;

	return strcmp(shorter, longer) == 0 || is_part(shorter, longer) ||
	       is_slip(shorter, longer);
}

/* Whether the longer name is the shorter one with the table's before it; not
 * "order_id", which is rather another id than the id of orders. */
static bool
is_prefixed(const char *longer, const char *shorter, const char *table)
{
	size_t size = strlen(table);

	return size >= PART_LENGTH_MIN && strlen(shorter) >= PART_LENGTH_MIN &&
	       strncmp(longer, table, size) == 0 &&
	       strcmp(longer + size, shorter) == 0;
}

bool
names_same(const char *left, const char *right, const char *table)
{
	auto_free char *first = fold(left);
	auto_free char *second = fold(right);
	auto_free char *plural = fold(table);
	auto_free char *singular = normalise(table);

	return strcmp(first, second) == 0 ||
	       is_prefixed(first, second, plural) ||
	       is_prefixed(first, second, singular) ||
	       is_prefixed(second, first, plural) ||
	       is_prefixed(second, first, singular);
}
