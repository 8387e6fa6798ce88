#include "pgmend.h"
#include "supervisor/configuration.h"

#define DURATION_DIGITS_MAX 12 /* milliseconds of 30 years: no overflow */

static const struct unit {
	const char *name;
	int64_t milliseconds;
} units[] = {
	{.name = "", .milliseconds = 1000},
	{.name = "ms", .milliseconds = 1},
	{.name = "s", .milliseconds = 1000},
	{.name = "min", .milliseconds = 60 * 1000},
	{.name = "h", .milliseconds = 60 * 60 * 1000},
};

int
duration_parse(int64_t *ret_ms, const char *text, struct error *err)
{
	size_t digits = strspn(text, "0123456789");
	int64_t number = 0;

	if (digits == 0 || digits > DURATION_DIGITS_MAX)
		return fail_as(
			err, EXIT_USAGE, "bad_duration",
			"\"%.40s\" is no duration; examples: 90s, 500ms, "
			"2min, 1h",
			text);
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (text[i] - '0');
	for (size_t i = 0; i < array_size(units); i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*ret_ms = number * units[i].milliseconds;
			return 0;
		}
	}
	return fail_as(err, EXIT_USAGE, "bad_duration",
		       "\"%.40s\": unknown unit; known are ms, s, min and h",
		       text);
}
