#include <ctype.h>

#include "agent/plan_day.h"
#include "pgmend.h"

#define DAYS_OF_400_YEARS 146097
#define EPOCH_DAY 719468 /* 1970-01-01, counted from 0000-03-01 */
#define DAY_SECONDS 86400

/* Years begin in March here, so that the leap day is the last of one. */
long long
day_number(const struct day *day)
{
	long long year = day->month > 2 ? day->year : day->year - 1;
	long long era = (year >= 0 ? year : year - 399) / 400;
	long long of_era = year - era * 400;
	int month = (day->month + 9) % 12;
	long long of_year = (153 * month + 2) / 5 + day->day - 1;

	return era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 -
	       of_era / 100 + of_year - EPOCH_DAY;
}

struct day
day_of(long long number)
{
	long long days = number + EPOCH_DAY;
	long long era = (days >= 0 ? days : days - DAYS_OF_400_YEARS + 1) /
			DAYS_OF_400_YEARS;
	long long rest = days - era * DAYS_OF_400_YEARS;
	long long year =
		(rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	long long of_year = rest - (365 * year + year / 4 - year / 100);
	long long month = (5 * of_year + 2) / 153;
	struct day day = {
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5 + 1),
	};

	return day;
}

/* So many digits; moves on. */
static bool
read_digits(int *ret_number, const char **at, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++, ++*at) {
		if (!isdigit((unsigned char)**at))
			return false;
		number = number * 10 + **at - '0';
	}
	*ret_number = number;
	return true;
}

static bool
read_mark(const char **at, const char *marks)
{
	if (**at == '\0' || strchr(marks, **at) == NULL)
		return false;
	++*at;
	return true;
}

/* "2024-02-29" and no day that isn't there. */
static bool
read_day(long long *ret_number, const char **at)
{
	struct day day, same;

	if (!read_digits(&day.year, at, 4) || !read_mark(at, "-") ||
	    !read_digits(&day.month, at, 2) || !read_mark(at, "-") ||
	    !read_digits(&day.day, at, 2) || day.month < 1 || day.month > 12)
		return false;
	*ret_number = day_number(&day);
	same = day_of(*ret_number);
	return same.day == day.day && same.month == day.month;
}

bool
day_read_bound(long long *ret_number, const char *text)
{
	static const char *const midnights[] = {"", " 00:00:00",
						" 00:00:00+00"};

	if (!read_day(ret_number, &text))
		return false;
	for (size_t i = 0; i < array_size(midnights); i++)
		if (strcmp(text, midnights[i]) == 0)
			return true;
	return false;
}

/* "10:04:11.25", in seconds. */
static bool
read_time(long long *ret_seconds, const char **at)
{
	int hour, minute, second = 0;

	if (!read_digits(&hour, at, 2) || !read_mark(at, ":") ||
	    !read_digits(&minute, at, 2))
		return false;
	if (read_mark(at, ":") && !read_digits(&second, at, 2))
		return false;
	if (read_mark(at, "."))
		*at += strspn(*at, "0123456789");
	*ret_seconds = (hour * 60 + minute) * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

/* "Z", "+02", "+0200" or "+02:00", in seconds; `ret_is_there` is false without
 * one. */
static bool
read_offset(long long *ret_seconds, bool *ret_is_there, const char **at)
{
	int hours, minutes = 0;
	bool is_west = **at == '-';

	*ret_seconds = 0;
	*ret_is_there = **at != '\0';
	if (!*ret_is_there || read_mark(at, "Z"))
		return **at == '\0';
	if (!read_mark(at, "+-") || !read_digits(&hours, at, 2))
		return false;
	read_mark(at, ":");
	if (**at != '\0' && !read_digits(&minutes, at, 2))
		return false;
	*ret_seconds = (hours * 60 + minutes) * (is_west ? -60 : 60);
	return **at == '\0' && hours < 16 && minutes < 60;
}

bool
day_read_value(long long *ret_number, const char *text, bool in_utc)
{
	long long day, seconds, offset;
	bool has_offset;

	if (!read_day(&day, &text))
		return false;
	if (*text == '\0') {
		*ret_number = day;
		return !in_utc;
	}
	if (!read_mark(&text, "T ") || !read_time(&seconds, &text))
		return false;
	read_mark(&text, " ");
	if (!read_offset(&offset, &has_offset, &text) ||
	    (in_utc && !has_offset))
		return false;
	if (in_utc)
		seconds -= offset;
	*ret_number = day + (seconds < 0) * -1 + (seconds >= DAY_SECONDS);
	return true;
}
