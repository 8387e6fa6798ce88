#include "agent/plan_day.h"
#include "agent/plan_step.h"
#include "pgmend.h"

#define DAYS_MAX 31 /* what is longer goes by the calendar */

/* Months since year 0 of a day that is the first of one. */
static bool
month_at(long long *ret_month, long long number)
{
	struct day day = day_of(number);

	*ret_month = day.year * 12LL + day.month - 1;
	return day.day == 1;
}

static long long
month_start(long long month)
{
	long long year = month >= 0 ? month / 12 : -((11 - month) / 12);
	struct day day = {(int)year, (int)(month - year * 12) + 1, 1};

	return day_number(&day);
}

/* Rounded down, also below zero. */
static long long
steps_before(long long value, long long origin, long long size)
{
	long long distance = value - origin;
	long long steps = distance / size;

	return distance % size < 0 ? steps - 1 : steps;
}

static bool
is_step(const struct step *step, const struct span *spans, int count)
{
	for (int i = 0; i < count; i++) {
		struct span span = step_around(step, spans[i].from);

		if (span.from != spans[i].from || span.to != spans[i].to)
			return false;
	}
	return true;
}

bool
step_find(struct step *ret_step, const struct span *spans, int count,
	  bool is_days)
{
	long long first, last;
	struct step step = {.months = 0};

	if (count == 0 || spans[0].to <= spans[0].from)
		return false;
	if (is_days && month_at(&first, spans[0].from) &&
	    month_at(&last, spans[0].to)) {
		step.months = (int)(last - first);
		step.origin = first;
		if (12 % step.months == 0 && is_step(&step, spans, count)) {
			*ret_step = step;
			return true;
		}
	}
	step = (struct step){
		.size = spans[0].to - spans[0].from,
		.origin = spans[0].from,
	};
	*ret_step = step;
	return (!is_days || step.size <= DAYS_MAX) &&
	       is_step(&step, spans, count);
}

struct span
step_around(const struct step *step, long long value)
{
	struct day day = day_of(value);
	long long month = day.year * 12LL + day.month - 1;
	long long from;

	if (step->months > 0) {
		from = step->origin +
		       steps_before(month, step->origin, step->months) *
			       step->months;
		return (struct span){month_start(from),
				     month_start(from + step->months)};
	}
	from = step->origin +
	       steps_before(value, step->origin, step->size) * step->size;
	return (struct span){from, from + step->size};
}
