/*
 * plan_day.h - days of the Gregorian calendar as numbers, and what of a bound
 * or a value is one.
 */
#ifndef AGENT_PLAN_DAY_H
#define AGENT_PLAN_DAY_H

#include <stdbool.h>

struct day {
	int year, month, day;
};

/* Days since 1970-01-01, and back. */
long long day_number(const struct day *day);
struct day day_of(long long number);

/* "2024-01-01", perhaps with midnight after it: a bound between two days. */
bool day_read_bound(long long *ret_number, const char *text);

/*
 * The day that a date or an ISO 8601 time is in. `in_utc`: by its offset, which
 * it must have then; else as it is written, as a column without a zone reads
 * it.
 */
bool day_read_value(long long *ret_number, const char *text, bool in_utc);

#endif
