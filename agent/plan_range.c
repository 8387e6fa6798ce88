#include <limits.h>

#include "agent/identifier.h"
#include "agent/plan_day.h"
#include "agent/plan_range.h"
#include "pgmend.h"

/* A yearly table has 1970 (an epoch of 0), 2000 (a clock never set) and 2099
 * (no end) within some dozens of steps. */
#define STEPS_AWAY_MAX 12

/* --- What there is -------------------------------------------------------- */

static const struct {
	const char *type;
	bool is_days, in_utc;
} keys[] = {
	{"date", true, false},
	{"timestamp without time zone", true, false},
	{"timestamp with time zone", true, true},
	{"smallint", false, false},
	{"integer", false, false},
	{"bigint", false, false},
};

static bool
read_integer(long long *ret_number, const char *text)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' &&
	       *ret_number < LLONG_MAX / 4 && *ret_number > LLONG_MIN / 4;
}

/* An open end is no part of a step, but is in the way of what it covers. */
static bool
read_end(long long *ret_number, const struct range *range, const char *text)
{
	if (text == NULL)
		return false;
	if (strcmp(text, "MINVALUE") == 0 || strcmp(text, "MAXVALUE") == 0) {
		*ret_number = text[1] == 'I' ? LLONG_MIN : LLONG_MAX;
		return true;
	}
	return range->is_days ? day_read_bound(ret_number, text)
			      : read_integer(ret_number, text);
}

static bool
read_span(struct span *ret_span, const struct range *range, const char *bound)
{
	auto_free char *from = bound_constant(bound, "FROM");
	auto_free char *to = bound_constant(bound, "TO");

	return read_end(&ret_span->from, range, from) &&
	       read_end(&ret_span->to, range, to);
}

static bool
is_closed(const struct span *span)
{
	return span->from != LLONG_MIN && span->to != LLONG_MAX;
}

static bool
find_key(struct range *range)
{
	for (size_t i = 0; i < array_size(keys); i++) {
		if (!same_text(keys[i].type, range->partitions->type))
			continue;
		range->is_days = keys[i].is_days;
		range->in_utc = keys[i].in_utc;
		return true;
	}
	return false;
}

bool
range_of(struct range *ret_range, const struct partitions *partitions)
{
	auto_free struct span *closed =
		xcalloc((size_t)partitions->count, sizeof(*closed));
	int closed_count = 0;
	struct range *range = ret_range;

	*range = (struct range){
		.partitions = partitions,
		.spans =
			xcalloc((size_t)partitions->count, sizeof(struct span)),
	};
	if (!find_key(range))
		return false;
	for (int i = 0; i < partitions->count; i++) {
		struct span *span = &range->spans[range->count++];

		if (partitions->siblings[i].is_partitioned ||
		    !read_span(span, range, partitions->siblings[i].bound))
			return false;
		if (is_closed(span))
			closed[closed_count++] = *span;
	}
	return step_find(&range->step, closed, closed_count, range->is_days);
}

void
range_free(struct range *range)
{
	free(range->spans);
	range->spans = NULL;
}

/* --- Names ---------------------------------------------------------------- */

/* How names tell a day: Y, M, D and Q stand for the year, month, day and
 * quarter, whatever else is itself. */
static const char *const day_names[] = {
	"Y_M_D", "Y-M-D", "YMD", "yYmMdD", "Y_M",  "Y-M", "YM",
	"yYmM",	 "Y_qQ",  "YqQ", "Y_Q",	   "yYqQ", "yY",  "Y",
};

static char *
write_day(const char *format, long long number)
{
	struct day day = day_of(number);
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (; *format != '\0'; format++) {
		if (*format == 'Y')
			fprintf(out, "%04d", day.year);
		else if (*format == 'M')
			fprintf(out, "%02d", day.month);
		else if (*format == 'D')
			fprintf(out, "%02d", day.day);
		else if (*format == 'Q')
			fprintf(out, "%d", (day.month + 2) / 3);
		else
			fputc(*format, out);
	}
	fclose(out);
	return text;
}

/* The name like a sibling's, if that one ends with `old`; else NULL. */
static char *
rename_end(const char *name, const char *old, const char *new)
{
	size_t length = strlen(name), size = strlen(old);

	if (length <= size || strcmp(name + length - size, old) != 0)
		return NULL;
	return xprintf("%.*s%s", (int)(length - size), name, new);
}

static char *
name_like(const struct range *range, int sibling, const char *format,
	  const struct span *span)
{
	long long from = range->spans[sibling].from;
	auto_free char *old = format == NULL ? xprintf("%lld", from)
					     : write_day(format, from);
	auto_free char *new = format == NULL ? xprintf("%lld", span->from)
					     : write_day(format, span->from);

	return rename_end(range->partitions->siblings[sibling].name, old, new);
}

/* The name, if every closed sibling's has this form; else NULL. */
static char *
name_in_form(const struct range *range, const char *format,
	     const struct span *span)
{
	char *name = NULL;

	for (int i = 0; i < range->partitions->count; i++) {
		if (!is_closed(&range->spans[i]))
			continue;
		free(name);
		name = name_like(range, i, format, span);
		if (name == NULL)
			return NULL;
	}
	return name;
}

static char *
name_of(const struct range *range, const struct span *span)
{
	if (!range->is_days)
		return name_in_form(range, NULL, span);
	for (size_t i = 0; i < array_size(day_names); i++) {
		char *name = name_in_form(range, day_names[i], span);

		if (name != NULL)
			return name;
	}
	return NULL;
}

/* --- The plan ------------------------------------------------------------- */

static char *
bound_of(const struct range *range, const struct span *span)
{
	static const char *const day_forms[] = {"Y-M-D", "Y-M-D 00:00:00+00"};
	const char *form = day_forms[range->in_utc];
	auto_free char *from = range->is_days ? write_day(form, span->from)
					      : xprintf("%lld", span->from);
	auto_free char *to = range->is_days ? write_day(form, span->to)
					    : xprintf("%lld", span->to);

	return xprintf("FROM ('%s') TO ('%s')", from, to);
}

static bool
is_free(const struct range *range, const struct span *span)
{
	for (int i = 0; i < range->count; i++)
		if (span->from < range->spans[i].to &&
		    range->spans[i].from < span->to)
			return false;
	return true;
}

/* What is so far away is no drift: somebody looks at it. */
static bool
is_near(const struct range *range, const struct span *span)
{
	long long most = STEPS_AWAY_MAX * (span->to - span->from);

	for (int i = 0; i < range->count; i++)
		if (is_closed(&range->spans[i]) &&
		    span->from - range->spans[i].to <= most &&
		    range->spans[i].from - span->to <= most)
			return true;
	return false;
}

static void
add_span(struct range *range, const struct span *span)
{
	range->spans = xreallocarray(range->spans, (size_t)range->count + 1,
				     sizeof(*range->spans));
	range->spans[range->count++] = *span;
	range->made++;
}

static bool
is_taken(const struct range *range, long long number)
{
	for (int i = 0; i < range->count; i++)
		if (number >= range->spans[i].from &&
		    number < range->spans[i].to)
			return true;
	return false;
}

bool
range_plan(struct range *range, const char *value, char **ret_name,
	   char **ret_bound)
{
	auto_free char *name = NULL;
	struct span span;
	long long number;

	if (!(range->is_days ? day_read_value(&number, value, range->in_utc)
			     : read_integer(&number, value)))
		return false;
	if (is_taken(range, number))
		return true;
	span = step_around(&range->step, number);
	name = name_of(range, &span);
	if (!is_free(range, &span) || !is_near(range, &span) || name == NULL ||
	    !identifier_is_possible(name) ||
	    partitions_have(range->partitions, name))
		return false;
	add_span(range, &span);
	*ret_bound = bound_of(range, &span);
	*ret_name = take(name);
	return true;
}
