/*
 * moment.h - dates and times in ISO-8601 text, read strictly.
 *
 * Pure. Only real days of the years 0001 to 9999 and real times of day; what
 * a person might mean by 2026-02-30 or 24:00 is not guessed.
 */
#ifndef SUPERVISOR_MOMENT_H
#define SUPERVISOR_MOMENT_H

#include <stdbool.h>

enum moment_kind {
	MOMENT_NONE,  /* no date or time at all */
	MOMENT_DATE,  /* 2026-02-28 */
	MOMENT_LOCAL, /* 2026-02-28T12:30[:45[.678]], or a space for the T */
	MOMENT_ZONED  /* the same with Z, +02, +0200 or +02:00 */
};

struct moment {
	enum moment_kind kind;
	int fraction_digits; /* of a second */
	bool is_leap_second; /* the seconds are 60 */
	int offset_hours;    /* from UTC, without sign */
	bool is_rfc3339;     /* zoned, with seconds, as the internet has it */
};

struct moment moment_of(const char *text);

#endif
