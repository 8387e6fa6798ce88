/* A value that an enum lacks becomes its last label. */
#include "agent/identifier.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/resemble.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

#define NEW_LABELS_MAX 3 /* with more of them it isn't an enum any longer */
#define LABEL_SIZE_MAX 63

/* A label that the value is, or only spells in another way. */
static char *
find_label(const struct draft *draft, int labels, const char *value)
{
	const struct json *json = draft->json;

	for (int node = json_first(json, labels); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *label = json_string(json, node);

		if (label != NULL && names_same(label, value, ""))
			return take(label);
	}
	return NULL;
}

static bool
is_possible_label(const char *value)
{
	size_t size = value == NULL ? 0 : strlen(value);

	return size > 0 && size <= LABEL_SIZE_MAX && value[0] != ' ' &&
	       value[size - 1] != ' ';
}

/* True unless the value can't become a label for sure. */
static bool
add_label(struct draft *draft, struct field *field, const char *value,
	  int *added)
{
	const struct json *json = draft->json;
	auto_free char *type = member_text(json, field->known, "enum");
	auto_free char *known = NULL, *literal = NULL;

	if (!is_possible_label(value))
		return false;
	known = find_label(draft, json_member(json, field->known, "labels"),
			   value);
	if (same_text(known, value))
		return true;
	if (known != NULL) {
		draft_give_up(draft,
			      "a value of %s may be the label %s in another "
			      "spelling",
			      field->column, known);
		return true;
	}
	literal = literal_quote(value);
	draft_statement(draft,
			xprintf("ALTER TYPE %s ADD VALUE %s", type, literal));
	return ++*added <= NEW_LABELS_MAX;
}

static void
add_labels(struct draft *draft, struct field *field, int values)
{
	const struct json *json = draft->json;
	int added = 0;

	for (int node = json_first(json, values); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *value = json_string(json, node);

		if (!add_label(draft, field, value, &added)) {
			draft_give_up(draft,
				      "not every value of %s can be a label",
				      field->column);
			return;
		}
	}
	if (added == 0)
		return;
	draft_diagnose(draft, "the enum of %s lacks %d of the values sent",
		       field->column, added);
	draft_explain(draft, "New labels go after the others; an enum's labels "
			     "can't be taken away again.");
	draft->proposal->risk_level = "MEDIUM";
	field->is_mended = true;
}

/* The values come in the brief only where they may be told. */
void
plan_labels(struct draft *draft)
{
	const struct json *json = draft->json;
	int needed = json_member(json, 0, "needed");

	for (int i = 0; i < draft->field_count; i++) {
		struct field *field = &draft->fields[i];
		int item = find_item(json, needed, "column", field->column);

		if (!field->is_mended && !field->is_cast && item != JSON_NONE &&
		    json_member(json, field->known, "enum") != JSON_NONE)
			add_labels(draft, field,
				   json_member(json, item, "values"));
	}
}
