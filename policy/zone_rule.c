#include <ctype.h>

#include "pgmend.h"
#include "policy/zone_rule.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define HOURS_MAX 167 /* of a time of change, either way */

/* --- Reading -------------------------------------------------------------- */

static bool
accept(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool
read_number(const char **text, int least, int most, int *ret_number)
{
	int number = 0, digits = 0;

	for (; isdigit((unsigned char)**text) && digits < 4; digits++)
		number = number * 10 + *(*text)++ - '0';
	*ret_number = number;
	return digits > 0 && number >= least && number <= most;
}

/* "CET" or "<+0330>": only its end matters. */
static bool
skip_name(const char **text)
{
	const char *start = *text;

	if (accept(text, '<')) {
		*text += strcspn(*text, ">");
		return accept(text, '>');
	}
	while (isalpha((unsigned char)**text))
		(*text)++;
	return *text - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool
read_time(const char **text, int *ret_seconds)
{
	bool is_negative = accept(text, '-');
	int hours, minutes = 0, seconds = 0;

	if (!is_negative)
		accept(text, '+');
	if (!read_number(text, 0, HOURS_MAX, &hours))
		return false;
	if (accept(text, ':') && !read_number(text, 0, 59, &minutes))
		return false;
	if (accept(text, ':') && !read_number(text, 0, 59, &seconds))
		return false;
	*ret_seconds = hours * HOUR + minutes * 60 + seconds;
	if (is_negative)
		*ret_seconds = -*ret_seconds;
	return true;
}

static bool
read_month_week(const char **text, struct zone_day *day)
{
	day->kind = ZONE_DAY_OF_MONTH_WEEK;
	return read_number(text, 1, 12, &day->month) && accept(text, '.') &&
	       read_number(text, 1, 5, &day->week) && accept(text, '.') &&
	       read_number(text, 0, 6, &day->day);
}

static bool
read_day(const char **text, struct zone_day *day)
{
	bool parsed;

	if (accept(text, 'M')) {
		parsed = read_month_week(text, day);
	} else if (accept(text, 'J')) {
		day->kind = ZONE_DAY_JULIAN;
		parsed = read_number(text, 1, 365, &day->day);
	} else {
		day->kind = ZONE_DAY_OF_YEAR;
		parsed = read_number(text, 0, 365, &day->day);
	}
	day->time = 2 * HOUR;
	return parsed && (!accept(text, '/') || read_time(text, &day->time));
}

/* The text counts westward, we count eastward. */
bool
zone_rule_parse(struct zone_rule *ret_rule, const char *text)
{
	struct zone_rule rule = {.standard = 0};

	if (!skip_name(&text) || !read_time(&text, &rule.standard))
		return false;
	rule.standard = -rule.standard;
	rule.has_summer = *text != '\0';
	if (rule.has_summer) {
		rule.summer = rule.standard + HOUR;
		if (!skip_name(&text))
			return false;
		if (*text != ',') {
			if (!read_time(&text, &rule.summer))
				return false;
			rule.summer = -rule.summer;
		}
		if (!accept(&text, ',') || !read_day(&text, &rule.start) ||
		    !accept(&text, ',') || !read_day(&text, &rule.end))
			return false;
	}
	*ret_rule = rule;
	return *text == '\0';
}

/* --- Applying ------------------------------------------------------------- */

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first day of the year. */
static int64_t
days_to_year(int64_t year)
{
	int64_t before = year - 1;

	return 365 * (year - 1970) + before / 4 - before / 100 + before / 400 -
	       477;
}

static int64_t
year_of(int64_t days)
{
	int64_t year = 1970 + days / 366;

	while (days_to_year(year + 1) <= days)
		year++;
	return year;
}

static int
days_to_month(int64_t year, int month)
{
	static const int days[] = {0,	31,  59,  90,  120, 151, 181,
				   212, 243, 273, 304, 334, 365};

	return days[month - 1] + (month > 2 && is_leap(year));
}

/* The day of the year, from 0. 1970-01-01 was a Thursday. */
static int
day_in_year(const struct zone_day *day, int64_t year)
{
	int first, next, weekday, found;

	if (day->kind == ZONE_DAY_OF_YEAR)
		return day->day;
	if (day->kind == ZONE_DAY_JULIAN)
		return day->day - 1 + (day->day > 59 && is_leap(year));
	first = days_to_month(year, day->month);
	next = day->month == 12 ? 365 + is_leap(year)
				: days_to_month(year, day->month + 1);
	weekday = (int)((days_to_year(year) + first + 4) % 7);
	found = first + (day->day - weekday + 7) % 7 + 7 * (day->week - 1);
	return found < next ? found : found - 7;
}

/* In seconds since 1970, by the clock that the zone has until then. */
static int64_t
change_in(const struct zone_day *day, int64_t year)
{
	return (days_to_year(year) + day_in_year(day, year)) * DAY + day->time;
}

int
zone_rule_offset(const struct zone_rule *rule, int64_t seconds)
{
	int64_t year, start, end;
	bool is_summer;

	if (!rule->has_summer || seconds < 0)
		return rule->standard;
	year = year_of((seconds + rule->standard) / DAY);
	start = change_in(&rule->start, year) - rule->standard;
	end = change_in(&rule->end, year) - rule->summer;
	is_summer = start < end ? seconds >= start && seconds < end
				: seconds >= start || seconds < end;
	return is_summer ? rule->summer : rule->standard;
}
