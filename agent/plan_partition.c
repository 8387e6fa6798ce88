/* A partition for records that none takes, with the bounds that its siblings
 * let expect. */
#include <ctype.h>

#include "agent/identifier.h"
#include "agent/plan_bound.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/plan_range.h"
#include "pgmend.h"
#include "sandbox/json.h"

#define NEW_PARTITIONS_MAX 8 /* more are a flood of strange records */

static void
create(struct draft *draft, const char *name, const char *bound)
{
	auto_free char *partition = identifier_qualify(draft->schema, name);

	draft_statement(draft,
			xprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES %s",
				partition, draft->target, bound));
	draft_explain(draft, "%s is %s, as its siblings are cut.", name, bound);
}

/* --- List ----------------------------------------------------------------- */

/* The value as the end of a name; NULL when it doesn't read as one. */
static char *
name_part(const char *value)
{
	auto_free char *part = xstrdup(value);

	for (char *at = part; *at != '\0'; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return NULL;
		*at = *at == '-' ? '_' : (char)tolower((unsigned char)*at);
	}
	return take(part);
}

/* "regions_" of "regions_eu", which holds 'eu'. */
static char *
list_prefix(const struct partitions *partitions)
{
	for (int i = 0; i < partitions->count; i++) {
		const struct sibling *sibling = &partitions->siblings[i];
		auto_free char *value = bound_constant(sibling->bound, "IN");
		auto_free char *part = value == NULL ? NULL : name_part(value);
		size_t size = part == NULL ? 0 : strlen(part);
		size_t length = strlen(sibling->name);

		if (size > 0 && length > size &&
		    strcmp(sibling->name + length - size, part) == 0)
			return xprintf("%.*s", (int)(length - size),
				       sibling->name);
	}
	return NULL;
}

/* Where one partition holds several values, which of them a new one belongs to
 * is a matter of meaning. */
static bool
has_one_value_each(const struct partitions *partitions)
{
	for (int i = 0; i < partitions->count; i++) {
		auto_free char *value =
			bound_constant(partitions->siblings[i].bound, "IN");

		if (value == NULL || partitions->siblings[i].is_partitioned)
			return false;
	}
	return partitions->count > 0;
}

static bool
is_listed(const struct partitions *partitions, const char *value)
{
	for (int i = 0; i < partitions->count; i++) {
		auto_free char *known =
			bound_constant(partitions->siblings[i].bound, "IN");

		if (same_text(known, value))
			return true;
	}
	return false;
}

static bool
plan_list_value(struct draft *draft, const struct partitions *partitions,
		const char *value)
{
	auto_free char *prefix = list_prefix(partitions);
	auto_free char *part = value == NULL ? NULL : name_part(value);
	auto_free char *literal = NULL, *bound = NULL, *name = NULL;

	if (part == NULL || *part == '\0' || prefix == NULL)
		return false;
	if (is_listed(partitions, value))
		return true;
	name = xprintf("%s%s", prefix, part);
	literal = literal_quote(value);
	bound = xprintf("IN (%s)", literal);
	if (!identifier_is_possible(name) || partitions_have(partitions, name))
		return false;
	create(draft, name, bound);
	return true;
}

static bool
plan_list(struct draft *draft, const struct partitions *partitions, int values)
{
	const struct json *json = draft->json;

	if (!has_one_value_each(partitions))
		return false;
	for (int node = json_first(json, values); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *value = json_string(json, node);

		if (!plan_list_value(draft, partitions, value))
			return false;
	}
	return true;
}

/* --- Hash ----------------------------------------------------------------- */

static bool
has_remainder(const struct partitions *partitions, long remainder)
{
	for (int i = 0; i < partitions->count; i++)
		if (bound_number(partitions->siblings[i].bound, "remainder") ==
		    remainder)
			return true;
	return false;
}

/* "orders_" of "orders_0" and "orders_1". */
static char *
hash_prefix(const struct sibling *sibling)
{
	auto_free char *end =
		xprintf("%ld", bound_number(sibling->bound, "remainder"));
	size_t length = strlen(sibling->name), size = strlen(end);

	if (length <= size || strcmp(sibling->name + length - size, end) != 0)
		return NULL;
	return xprintf("%.*s", (int)(length - size), sibling->name);
}

/* Every remainder that is missing: the server alone knows which is needed. */
static bool
plan_hash(struct draft *draft, const struct partitions *partitions)
{
	long modulus = partitions->count == 0
			       ? -1
			       : bound_number(partitions->siblings[0].bound,
					      "modulus");
	auto_free char *prefix =
		modulus < 1 ? NULL : hash_prefix(&partitions->siblings[0]);

	for (int i = 0; i < partitions->count; i++)
		if (partitions->siblings[i].is_partitioned ||
		    bound_number(partitions->siblings[i].bound, "modulus") !=
			    modulus)
			return false;
	if (prefix == NULL || modulus - partitions->count > NEW_PARTITIONS_MAX)
		return false;
	for (long remainder = 0; remainder < modulus; remainder++) {
		auto_free char *bound =
			xprintf("WITH (MODULUS %ld, REMAINDER %ld)", modulus,
				remainder);
		auto_free char *name = xprintf("%s%ld", prefix, remainder);

		if (!has_remainder(partitions, remainder))
			create(draft, name, bound);
	}
	return true;
}

/* --- Range ---------------------------------------------------------------- */

static bool
plan_range(struct draft *draft, const struct partitions *partitions, int values)
{
	const struct json *json = draft->json;
	struct range range;
	bool is_sure = range_of(&range, partitions);

	for (int node = json_first(json, values); is_sure && node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *value = json_string(json, node);
		auto_free char *bound = NULL;
		auto_free char *name = NULL;

		is_sure = value != NULL &&
			  range_plan(&range, value, &name, &bound) &&
			  range.made <= NEW_PARTITIONS_MAX;
		if (name != NULL)
			create(draft, name, bound);
	}
	range_free(&range);
	return is_sure && range.made > 0;
}

/* --- Any ------------------------------------------------------------------ */

static bool
plan(struct draft *draft, const struct partitions *partitions)
{
	const struct json *json = draft->json;
	int item = find_item(json, json_member(json, 0, "needed"), "column",
			     partitions->key);
	int values = json_member(json, item, "values");

	if (same_text(partitions->strategy, "hash"))
		return plan_hash(draft, partitions);
	if (partitions->key == NULL || values == JSON_NONE)
		return false;
	if (same_text(partitions->strategy, "list"))
		return plan_list(draft, partitions, values);
	return plan_range(draft, partitions, values);
}

/* Only where the trial met no partition. */
void
plan_partition(struct draft *draft)
{
	const struct json *json = draft->json;
	auto_free char *class = member_text(json, 0, "class");
	struct partitions partitions =
		partitions_read(json, json_member(json, 0, "partitions"));

	if (same_text(class, "missing_partition")) {
		if (partitions.has_default)
			draft_advise(draft,
				     "%s has a DEFAULT partition, whose rows "
				     "may belong into a new one: they must be "
				     "moved with it",
				     draft->target);
		else if (!plan(draft, &partitions))
			draft_give_up(draft, "the siblings don't tell the "
					     "bounds of a new partition");
		draft_diagnose(draft, "no partition of %s.%s takes the record",
			       draft->schema, draft->table);
	}
	partitions_free(&partitions);
}
