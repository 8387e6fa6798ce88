/* The fields that an interval may be limited to. */
#include "pgmend.h"
#include "policy/statement.h"
#include "policy/type.h"

/* A bit each, as the parser numbers them. */
#define MONTH (1 << 1)
#define YEAR (1 << 2)
#define DAY (1 << 3)
#define HOUR (1 << 10)
#define MINUTE (1 << 11)
#define SECOND (1 << 12)

static const struct {
	int mask;
	const char *words;
} fields[] = {
	{YEAR, "year"},
	{MONTH, "month"},
	{DAY, "day"},
	{HOUR, "hour"},
	{MINUTE, "minute"},
	{SECOND, "second"},
	{YEAR | MONTH, "year to month"},
	{DAY | HOUR, "day to hour"},
	{DAY | HOUR | MINUTE, "day to minute"},
	{DAY | HOUR | MINUTE | SECOND, "day to second"},
	{HOUR | MINUTE, "hour to minute"},
	{HOUR | MINUTE | SECOND, "hour to second"},
	{MINUTE | SECOND, "minute to second"},
};

const char *
type_fields(int mask)
{
	for (size_t i = 0; i < array_size(fields); i++)
		if (fields[i].mask == mask)
			return fields[i].words;
	return NULL;
}
