/* The catalogue before and after, and every difference accounted for. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"

static const char *
shown(const char *value)
{
	return value == NULL ? "nothing" : value;
}

static int
fail_property(struct error *err, const struct property *property,
	      const char *before, const char *after)
{
	return fail_difference(err, "not planned: %s, %s: %.120s became %.120s",
			       property->object, property->name, shown(before),
			       shown(after));
}

static int
fail_unmet(struct error *err, const struct expectation *item, const char *found)
{
	return fail_difference(
		err, "not as planned: %s, %s: %.120s instead of %.120s",
		item->object, item->name, shown(found),
		item->expected == EXPECT_IS ? shown(item->value) : "something");
}

static bool
is_met(const struct expectation *expectation, const char *before,
       const char *after)
{
	switch (expectation->expected) {
	case EXPECT_IS:
		return same_text(expectation->value, after);
	case EXPECT_SOME:
		return after != NULL;
	case EXPECT_REWORDED:
		return (before == NULL) == (after == NULL);
	case EXPECT_EXPRESSION: /* expectations_prove() leaves none */
		return false;
	}
	return false;
}

/* A property that only one side has, or that has another value there. */
static int
check_difference(const struct expectations *expectations,
		 const struct property *before, const struct property *after,
		 struct error *err)
{
	const struct property *either = before == NULL ? after : before;
	const struct expectation *expectation =
		expectations_find(expectations, either->object, either->name);
	const char *old = before == NULL ? NULL : before->value;
	const char *new = after == NULL ? NULL : after->value;

	if (expectation == NULL)
		return fail_property(err, either, old, new);
	return is_met(expectation, old, new)
		       ? 0
		       : fail_unmet(err, expectation, new);
}

/* Both snapshots are sorted: one walk finds what differs. */
static int
check_differences(const struct expectations *expectations,
		  const struct snapshot *before, const struct snapshot *after,
		  struct error *err)
{
	int b = 0, a = 0;

	while (b < before->count || a < after->count) {
		const struct property *old = &before->properties[b];
		const struct property *new = &after->properties[a];
		int order = b == before->count	? 1
			    : a == after->count ? -1
						: property_compare(old, new);

		if ((order != 0 || strcmp(old->value, new->value) != 0) &&
		    check_difference(expectations, order > 0 ? NULL : old,
				     order < 0 ? NULL : new, err) < 0)
			return -1;
		b += order <= 0;
		a += order >= 0;
	}
	return 0;
}

/* What was planned must be there, changed or not. */
static int
check_expectations(const struct expectations *expectations,
		   const struct snapshot *before, const struct snapshot *after,
		   struct error *err)
{
	for (int i = 0; i < expectations->count; i++) {
		const struct expectation *item = &expectations->items[i];
		const char *old =
			snapshot_value(before, item->object, item->name);
		const char *new =
			snapshot_value(after, item->object, item->name);

		if (!is_met(item, old, new))
			return fail_unmet(err, item, new);
	}
	return 0;
}

int
catalog_verify(struct database *database, const struct comparison *comparison,
	       struct error *err)
{
	const struct snapshot *before = &comparison->before->snapshot;
	const struct snapshot *after = &comparison->after->snapshot;
	struct expectations expectations;
	int status = -1;

	if (expectations_make(&expectations, database, comparison, err) < 0)
		return -1;
	if (check_differences(&expectations, before, after, err) == 0 &&
	    check_expectations(&expectations, before, after, err) == 0)
		status = 0;
	expectations_free(&expectations);
	return status < 0 ? -1 : check_written(database, comparison, err);
}
