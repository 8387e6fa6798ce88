/* Epochs and ISO 8601: the column stays, a transform reads the field. */
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* From 1973 to 2286 an epoch in seconds has nine or ten digits, one in
 * milliseconds twelve or thirteen: no value of one can be the other. The digits
 * come only of columns whose values are all of these days (suspect.h). */
enum epoch { EPOCH_UNKNOWN, EPOCH_SECONDS, EPOCH_MILLIS };

static enum epoch
epoch_of_digits(int least, int most)
{
	if (least >= 9 && most <= 10)
		return EPOCH_SECONDS;
	if (least >= 12 && most <= 13)
		return EPOCH_MILLIS;
	return EPOCH_UNKNOWN;
}

/* What the column holds now, by other records of the incident or by the
 * server's statistics. */
static enum epoch
epoch_held(const struct json *json, const struct field *field)
{
	int suspect = find_item(json, json_member(json, 0, "suspects"),
				"column", field->column);
	long long least = 0, most = 0;

	if (json_integer(json, json_member(json, suspect, "digits_least"),
			 &least) &&
	    json_integer(json, json_member(json, suspect, "digits_most"),
			 &most))
		return epoch_of_digits((int)least, (int)most);
	if ((field->seen.formats & SEEN_INTEGER) != 0)
		return epoch_of_digits(field->seen.whole_least,
				       field->seen.whole);
	return EPOCH_UNKNOWN;
}

static void
map(struct draft *draft, struct field *field, const char *transform,
    const char *reason)
{
	draft_map(draft, field->name, field->column, transform);
	draft_diagnose(draft, "%s is sent in another form of time",
		       field->column);
	draft_explain(draft, "%s goes through %s: %s.", field->column,
		      transform, reason);
	field->is_mended = true;
}

/* ISO 8601 with a zone in a column of integers. A transform takes no mixture,
 * and digits alone may be a day written as a number. */
static void
read_iso8601(struct draft *draft, struct field *field)
{
	enum epoch epoch;

	if (!column_type_is(&field->type, "integer") &&
	    !column_type_is(&field->type, "bigint") &&
	    !column_type_is(&field->type, "numeric"))
		return;
	epoch = epoch_held(draft->json, field);
	if (epoch == EPOCH_SECONDS && field->seen.fraction == 0)
		map(draft, field, "epoch_seconds_from_iso8601",
		    "what the column holds has the size of seconds since "
		    "1970");
	else if (epoch == EPOCH_MILLIS && field->seen.fraction <= 3 &&
		 !column_type_is(&field->type, "integer"))
		map(draft, field, "epoch_millis_from_iso8601",
		    "what the column holds has the size of milliseconds since "
		    "1970");
}

/* Without a zone in the column it isn't known whose clock it shows. Where the
 * server took the digits, it read them as a day. */
static void
read_epoch(struct draft *draft, struct field *field)
{
	const struct json *json = draft->json;
	int item = find_item(json, json_member(json, 0, "needed"), "column",
			     field->column);
	auto_free char *epoch = member_text(json, item, "epoch");

	if (field->sqlstate == NULL ||
	    !column_type_is(&field->type, "timestamp with time zone"))
		return;
	if (same_text(epoch, "seconds"))
		map(draft, field, "timestamp_from_epoch_seconds",
		    "every value has the size of seconds since 1970");
	else if (same_text(epoch, "millis"))
		map(draft, field, "timestamp_from_epoch_millis",
		    "every value has the size of milliseconds since 1970");
}

void
plan_times(struct draft *draft)
{
	for (int i = 0; i < draft->field_count; i++) {
		struct field *field = &draft->fields[i];

		if (field->is_mended || field->name == NULL || field->is_cast ||
		    field->known == JSON_NONE)
			continue;
		if (field->seen.formats == SEEN_TIMESTAMPTZ)
			read_iso8601(draft, field);
		else if (field->seen.formats == SEEN_INTEGER)
			read_epoch(draft, field);
	}
}
