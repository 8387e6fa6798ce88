#include <time.h>

#include "agent/retry.h"
#include "pgmend.h"

#define FIRST_WAIT_MS 500
#define LONGEST_WAIT_MS 8000
#define JITTER_PERCENT 25
/* A header that asks for more asks for another run. */
#define ASKED_MS_MAX (24LL * 60 * 60 * 1000)

bool
retry_may_help(int status, const struct retry_hints *hints)
{
	if (same_text(hints->should_retry, "true"))
		return true;
	if (same_text(hints->should_retry, "false"))
		return false;
	return status == 0 || status == 408 || status == 409 || status == 429 ||
	       status >= 500;
}

/* A number of units, as milliseconds; 0 when it is none that can be meant. */
static int64_t
read_number(const char *text, double unit_ms)
{
	char *end;
	double value = strtod(text, &end) * unit_ms;

	if (end == text || *end != '\0' || !(value > 0))
		return 0;
	return value < ASKED_MS_MAX ? (int64_t)value : ASKED_MS_MAX;
}

/* Not timegm(): it would open the time zone's file, which the jail answers with
 * death. Years begin in March here, so that a leap day is the last of one. */
static int64_t
seconds_of(const struct tm *date)
{
	int64_t month = (date->tm_mon + 10) % 12;
	int64_t year = date->tm_year + 1900 - month / 10;
	int64_t day = 365 * year + year / 4 - year / 100 + year / 400 +
		      (month * 306 + 5) / 10 + date->tm_mday - 1;
	static const int64_t epoch_day = 719468;

	return (day - epoch_day) * 86400 + date->tm_hour * 3600 +
	       date->tm_min * 60 + date->tm_sec;
}

static int64_t
read_date(const char *text, int64_t now)
{
	struct tm date = {0};
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);
	int64_t left;

	if (end == NULL || *end != '\0')
		return 0;
	left = (seconds_of(&date) - now) * 1000;
	if (left < 0)
		return 0;
	return left < ASKED_MS_MAX ? left : ASKED_MS_MAX;
}

static int64_t
asked_ms(const struct retry_hints *hints, int64_t now)
{
	int64_t asked = 0;

	if (hints->after_ms != NULL)
		asked = read_number(hints->after_ms, 1);
	if (asked == 0 && hints->after != NULL)
		asked = read_number(hints->after, 1000);
	if (asked == 0 && hints->after != NULL)
		asked = read_date(hints->after, now);
	return asked;
}

int64_t
retry_wait_ms(const struct retry_hints *hints,
	      const struct retry_moment *moment)
{
	int64_t wait = asked_ms(hints, moment->now);

	if (wait > 0)
		return wait;
	wait = FIRST_WAIT_MS;
	for (int i = 1; i < moment->failures && wait < LONGEST_WAIT_MS; i++)
		wait *= 2;
	if (wait > LONGEST_WAIT_MS)
		wait = LONGEST_WAIT_MS;
	return wait -
	       wait * JITTER_PERCENT * moment->chance / (100 * RETRY_CHANCES);
}
