/* A field that is no longer sent: its column may be null from now on. */
#include "agent/identifier.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* Would the write leave the column null? A default helps only where the
 * statement doesn't name the column. */
static bool
gets_null(const struct field *field, bool is_named)
{
	if (field->is_nullable || field->is_generated || field->is_identity)
		return false;
	if (!is_named)
		return !field->has_default;
	return field->name != NULL && field->seen.has_null;
}

static void
allow_null(struct draft *draft, struct field *field)
{
	auto_free char *name = identifier_quote(field->column);

	if (plan_rename_back(draft, field))
		return;
	if (field->is_key) {
		draft_give_up(draft, "%s is part of a key, and isn't sent",
			      field->column);
		return;
	}
	draft_action(draft, "ALTER COLUMN %s DROP NOT NULL", name);
	draft_diagnose(draft, "the pipeline no longer sends %s", field->column);
	draft_explain(draft,
		      "%s is null in records that are sent now, and no field "
		      "of them resembles it.",
		      field->column);
	draft->proposal->risk_level = "MEDIUM";
	field->is_mended = true;
}

/* The server names the first column alone. Others are as sure, unless a trigger
 * may fill them in. */
static bool
is_sure(const struct draft *draft, const char *column)
{
	const struct json *json = draft->json;
	auto_free char *blamed = member_text(json, 0, "column");

	return same_text(blamed, column) ||
	       !json_is(json, json_member(json, 0, "has_triggers"), JSON_TRUE);
}

void
plan_nulls(struct draft *draft)
{
	const struct json *json = draft->json;
	int columns = json_member(json, 0, "columns");

	for (int node = json_first(json, columns); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name = member_text(json, node, "name");
		const struct field *sent = draft_field(draft, name);
		struct field field = {.column = name};

		if (name == NULL || draft_maps_to(draft, name))
			continue;
		if (sent != NULL)
			field = *sent;
		else
			field_read_column(&field, json, node);
		if (gets_null(&field, sent != NULL) && is_sure(draft, name))
			allow_null(draft, &field);
	}
}
