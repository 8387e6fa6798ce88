/* A key under another spelling is mapped to the column that it always was. */
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/resemble.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* What the table or the records have that may be meant by a name. */
struct candidates {
	int same;	/* names in another spelling */
	int resembling; /* the first that only resembles it, a node */
	int node;	/* the last that is the same */
};

/* Items of a list whose member `key` may be the name. */
static struct candidates
find_candidates(const struct draft *draft, int list, const char *key,
		const char *name)
{
	const struct json *json = draft->json;
	struct candidates found = {0, JSON_NONE, JSON_NONE};

	for (int node = json_first(json, list); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *other = member_text(json, node, key);

		if (other == NULL || (strcmp(key, "name") == 0 &&
				      draft_field(draft, other) != NULL))
			continue;
		if (names_same(name, other, draft->table)) {
			found.same++;
			found.node = node;
		} else if (names_resemble(name, other) &&
			   found.resembling == JSON_NONE) {
			found.resembling = node;
		}
	}
	return found;
}

/* A field to a column that surely takes its values. */
static void
map(struct draft *draft, struct field *field, const char *name,
    const char *column)
{
	draft_map(draft, name, column, NULL);
	draft_diagnose(draft, "the pipeline now calls %s %s", column, name);
	draft_explain(draft,
		      "%s and %s differ in their spelling alone, nothing else "
		      "is written to that column, and its type takes every "
		      "value seen.",
		      name, column);
	field->is_mended = true;
}

bool
plan_rename(struct draft *draft, struct field *field)
{
	const struct json *json = draft->json;
	struct candidates found = find_candidates(
		draft, json_member(json, 0, "columns"), "name", field->column);
	int node = found.same > 0 ? found.node : found.resembling;
	auto_free char *column = member_text(json, node, "name");
	struct field target = {.node = JSON_NONE};

	if (node == JSON_NONE)
		return false;
	field_read_column(&target, json, node);
	if (found.same == 1 && field->name != NULL && !target.is_generated &&
	    !target.is_identity && !draft_maps_to(draft, column) &&
	    field_fits(&target.type, &field->seen))
		map(draft, field, field->name, column);
	else
		draft_give_up(draft,
			      "%s may be the column %s under another name",
			      field->column, column);
	return true;
}

bool
plan_rename_back(struct draft *draft, struct field *field)
{
	const struct json *json = draft->json;
	struct candidates found =
		find_candidates(draft, json_member(json, 0, "other_fields"),
				"field", field->column);
	int node = found.same > 0 ? found.node : found.resembling;
	auto_free char *name = member_text(json, node, "field");
	struct seen seen = seen_of(json, json_member(json, node, "shapes"));

	if (node == JSON_NONE)
		return false;
	if (found.same == 1 && !seen.has_null &&
	    field_fits(&field->type, &seen))
		map(draft, field, name, field->column);
	else
		draft_give_up(draft, "the field %s may be what %s gets", name,
			      field->column);
	return true;
}
