/* New fields become nullable columns. */
#include "agent/identifier.h"
#include "agent/infer.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* "integer, array of text": what was seen of a field. */
static char *
formats_seen(const struct json *json, int shapes)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int shape = json_first(json, shapes); shape != JSON_NONE;
	     shape = json_next(json, shape)) {
		auto_free char *format = member_text(json, shape, "format");
		auto_free char *element = member_text(json, shape, "element");

		fprintf(out, "%s%s", separator, format);
		if (element != NULL)
			fprintf(out, " of %s", element);
		separator = ", ";
	}
	fclose(out);
	return text;
}

/* The name goes to those that are lacking. */
static void
add_column(struct draft *draft, struct field *field, FILE *names)
{
	const char *why_not = NULL;
	const char *type = infer_type(draft->json, field->shapes, &why_not);
	auto_free char *name = identifier_quote(field->column);
	auto_free char *seen = formats_seen(draft->json, field->shapes);

	if (type == NULL) {
		draft_give_up(draft, "%s %s, so its type can't be told",
			      field->column, why_not);
		return;
	}
	if (field_is_code(field))
		type = "text";
	draft_action(draft, "ADD COLUMN %s %s", name, type);
	fprintf(names, "%s%s", ftell(names) > 0 ? ", " : "", field->column);
	draft_explain(draft,
		      "%s is %s, which holds every value seen (%s) without "
		      "losing a digit, and nullable, so rows that are there "
		      "stay as they are.",
		      field->column, type, seen);
	field->is_mended = true;
}

static void
consider(struct draft *draft, struct field *field, FILE *names)
{
	if (field->known != JSON_NONE || field->is_mended)
		return;
	if (field->column == NULL || !identifier_is_possible(field->column))
		draft_give_up(draft, "a missing column has no possible name");
	else if (same_text(field->column, NAME_WITHHELD))
		draft_give_up(draft, "the name of a missing column looks like "
				     "personal data, and is withheld");
	else if (!plan_rename(draft, field))
		add_column(draft, field, names);
}

void
plan_columns(struct draft *draft)
{
	auto_free char *names = NULL;
	size_t size;
	FILE *out = xmemstream(&names, &size);

	for (int i = 0; i < draft->field_count; i++)
		consider(draft, &draft->fields[i], out);
	fclose(out);
	if (*names != '\0')
		draft_diagnose(draft,
			       "%s.%s lacks columns that the pipeline now "
			       "sends: %s",
			       draft->schema, draft->table, names);
}
