/* A scalar became an object or an array: it gets a column beside the old one,
 * which is left as it is. */
#include "agent/identifier.h"
#include "agent/infer.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* Does the column surely refuse every document? Text takes one without a word,
 * and that is no failure. */
static bool
refuses_documents(const struct field *field)
{
	return field->sqlstate != NULL && !field->type.is_array &&
	       strstr(field->type.name, "json") == NULL;
}

static void
add_beside(struct draft *draft, struct field *field, const char *type)
{
	bool is_json = strcmp(type, "jsonb") == 0;
	auto_free char *column =
		xprintf("%s_%s", field->column, is_json ? "json" : "list");
	auto_free char *name = identifier_quote(column);

	if (!identifier_is_possible(column) ||
	    find_item(draft->json, json_member(draft->json, 0, "columns"),
		      "name", column) != JSON_NONE) {
		draft_give_up(draft, "there is no free name beside %s",
			      field->column);
		return;
	}
	draft_action(draft, "ADD COLUMN %s %s", name, type);
	draft_map(draft, field->name, column, is_json ? "json" : NULL);
	draft_diagnose(draft, "%s is an %s now", field->column,
		       is_json ? "object" : "array");
	draft_explain(draft,
		      "What is sent for %s goes into %s beside it, since no "
		      "type holds both forms; %s stays as it is.",
		      field->column, column, field->column);
	field->is_mended = true;
}

/* An array column that gets one value takes it as its only one. */
static bool
wraps_scalar(struct draft *draft, struct field *field)
{
	struct column_type element = field->type;

	element.is_array = false;
	if (!field->type.is_array || field->sqlstate == NULL ||
	    !field_fits(&element, &field->seen))
		return false;
	draft_map(draft, field->name, field->column, "array_of_one");
	draft_diagnose(draft, "%s is a single value now", field->column);
	draft_explain(draft, "A single value for %s is an array of one.",
		      field->column);
	field->is_mended = true;
	return true;
}

void
plan_documents(struct draft *draft)
{
	for (int i = 0; i < draft->field_count; i++) {
		struct field *field = &draft->fields[i];
		const char *why_not = NULL, *type;

		if (field->is_mended || field->name == NULL || field->is_cast ||
		    field->known == JSON_NONE || wraps_scalar(draft, field) ||
		    !refuses_documents(field) || field->seen.formats == 0 ||
		    (field->seen.formats & ~(unsigned)SEEN_DOCUMENT) != 0)
			continue;
		type = infer_type(draft->json, field->shapes, &why_not);
		if (type == NULL)
			continue;
		if (field->is_nullable || field->has_default)
			add_beside(draft, field, type);
		else
			draft_give_up(draft,
				      "%s became a document, and the column "
				      "can't be left empty",
				      field->column);
	}
}
