#include "pgmend.h"
#include "policy/quantity.h"

static const struct {
	const char *name;
	enum fact_type type;
	int64_t factor;
} units[] = {
	{"", TYPE_INT, 1},
	{"ms", TYPE_DURATION, 1},
	{"s", TYPE_DURATION, 1000},
	{"min", TYPE_DURATION, 60 * 1000},
	{"h", TYPE_DURATION, 3600 * 1000},
	{"d", TYPE_DURATION, 24 * 3600 * 1000},
	{"B", TYPE_BYTES, 1},
	{"kB", TYPE_BYTES, 1 << 10},
	{"MB", TYPE_BYTES, 1 << 20},
	{"GB", TYPE_BYTES, 1 << 30},
	{"TB", TYPE_BYTES, INT64_C(1) << 40},
	{"%", TYPE_PERCENT, 1},
};

bool
quantity_unit(const char *unit, enum fact_type *ret_type, int64_t *ret_factor)
{
	for (size_t i = 0; i < array_size(units); i++) {
		if (strcmp(units[i].name, unit) != 0)
			continue;
		*ret_type = units[i].type;
		*ret_factor = units[i].factor;
		return true;
	}
	return false;
}

bool
quantity_parse(const char *text, enum fact_type type, int64_t *ret_number)
{
	enum fact_type unit;
	int64_t number = 0, factor;

	if (*text < '0' || *text > '9')
		return false;
	for (; (*text >= '0' && *text <= '9') || *text == '_'; text++)
		if (*text != '_' &&
		    (__builtin_mul_overflow(number, 10, &number) ||
		     __builtin_add_overflow(number, *text - '0', &number)))
			return false;
	return quantity_unit(text, &unit, &factor) && unit == type &&
	       !__builtin_mul_overflow(number, factor, ret_number);
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
date_parse(int *ret_days, const char *text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	int year, month, day, total = 0;
	char *end;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
	    strspn(text, "0123456789-") != 10)
		return false;
	year = (int)strtol(text, &end, 10);
	month = (int)strtol(text + 5, &end, 10);
	day = (int)strtol(text + 8, &end, 10);
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1] + (month == 2 && is_leap(year)))
		return false;
	for (int i = 1970; i < year; i++)
		total += 365 + is_leap(i);
	for (int i = 1; i < month; i++)
		total += days[i - 1] + (i == 2 && is_leap(year));
	*ret_days = total + day - 1;
	return true;
}
