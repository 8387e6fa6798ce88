#include "pgmend.h"
#include "supervisor/moment.h"

static bool
is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Takes exactly `count` digits off the front. */
static bool
take_digits(const char **cursor, int count, int *ret_number)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (!is_digit((*cursor)[i]))
			return false;
		number = number * 10 + (*cursor)[i] - '0';
	}
	*cursor += count;
	*ret_number = number;
	return true;
}

static bool
take_byte(const char **cursor, char byte)
{
	if (**cursor != byte)
		return false;
	(*cursor)++;
	return true;
}

static int
days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool
take_date(const char **cursor)
{
	int year, month, day;

	return take_digits(cursor, 4, &year) && take_byte(cursor, '-') &&
	       take_digits(cursor, 2, &month) && take_byte(cursor, '-') &&
	       take_digits(cursor, 2, &day) && year >= 1 && month >= 1 &&
	       month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* Hours and minutes; seconds and their fraction where they are given. */
static bool
take_time(const char **cursor, struct moment *moment, bool *ret_has_seconds)
{
	int hour, minute, second = 0;

	if (!take_digits(cursor, 2, &hour) || !take_byte(cursor, ':') ||
	    !take_digits(cursor, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*ret_has_seconds = take_byte(cursor, ':');
	if (!*ret_has_seconds)
		return true;
	if (!take_digits(cursor, 2, &second) || second > 60)
		return false;
	moment->is_leap_second = second == 60;
	if (!take_byte(cursor, '.'))
		return true;
	for (; is_digit(**cursor); (*cursor)++)
		moment->fraction_digits++;
	return moment->fraction_digits > 0;
}

/* Z or an offset; ret_is_internet: as RFC 3339 writes it. */
static bool
take_zone(const char **cursor, struct moment *moment, bool *ret_is_internet)
{
	int minutes = 0;

	*ret_is_internet = true;
	if (take_byte(cursor, 'Z') || take_byte(cursor, 'z'))
		return true;
	if (!take_byte(cursor, '+') && !take_byte(cursor, '-'))
		return false;
	if (!take_digits(cursor, 2, &moment->offset_hours) ||
	    moment->offset_hours > 23)
		return false;
	*ret_is_internet = take_byte(cursor, ':');
	if (!*ret_is_internet && **cursor == '\0')
		return true;
	return take_digits(cursor, 2, &minutes) && minutes <= 59;
}

struct moment
moment_of(const char *text)
{
	static const struct moment none = {.kind = MOMENT_NONE};
	struct moment moment = none;
	bool has_seconds, is_internet;
	bool has_t;

	if (!take_date(&text))
		return none;
	moment.kind = MOMENT_DATE;
	if (*text == '\0')
		return moment;
	has_t = take_byte(&text, 'T') || take_byte(&text, 't');
	if (!has_t && !take_byte(&text, ' '))
		return none;
	if (!take_time(&text, &moment, &has_seconds))
		return none;
	moment.kind = MOMENT_LOCAL;
	if (*text == '\0')
		return moment;
	if (!take_zone(&text, &moment, &is_internet) || *text != '\0')
		return none;
	moment.kind = MOMENT_ZONED;
	moment.is_rfc3339 = has_t && has_seconds && is_internet;
	return moment;
}
