/* A table that isn't there: one column a field, of the type that holds all of
 * its values. No key: which fields tell records apart is a matter of meaning.
 */
#include "agent/identifier.h"
#include "agent/infer.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* The type of the field's column; NULL, and the draft given up, where the
 * values don't settle it. */
static const char *
type_of(struct draft *draft, const struct field *field)
{
	const char *why_not = NULL;
	const char *type = infer_type(draft->json, field->shapes, &why_not);

	if (field->is_cast) {
		draft_give_up(draft,
			      "%s is cast by the statement, so its values "
			      "don't tell its type",
			      field->column);
		return NULL;
	}
	if (type == NULL) {
		draft_give_up(draft, "%s %s, so its type can't be told",
			      field->column, why_not);
		return NULL;
	}
	return field_is_code(field) ? "text" : type;
}

static void
add_column(struct draft *draft, struct field *field, FILE *columns)
{
	const char *type = NULL;

	if (field->column == NULL || !identifier_is_possible(field->column))
		draft_give_up(draft, "a column has no possible name");
	else if (same_text(field->column, NAME_WITHHELD))
		draft_give_up(draft, "the name of a column looks like personal "
				     "data, and is withheld");
	else
		type = type_of(draft, field);
	if (type == NULL)
		return;
	fputs(ftell(columns) > 0 ? ", " : "", columns);
	identifier_write(columns, field->column);
	fprintf(columns, " %s", type);
	draft_explain(draft, "%s is %s, which holds every value seen.",
		      field->column, type);
	field->is_mended = true;
}

/* Without a unique index ON CONFLICT has nothing to look at. */
static bool
needs_key(const struct draft *draft)
{
	const struct json *json = draft->json;
	int conflict = json_member(json, 0, "conflict");
	auto_free char *constraint = member_text(json, conflict, "constraint");

	return constraint != NULL ||
	       json_count(json, json_member(json, conflict, "columns")) > 0;
}

/* Only where the trial met no table. */
void
plan_table(struct draft *draft)
{
	auto_free char *class = member_text(draft->json, 0, "class");
	auto_free char *columns = NULL;
	size_t size;
	FILE *out;

	if (!same_text(class, "missing_table"))
		return;
	if (needs_key(draft))
		draft_give_up(draft, "ON CONFLICT needs a key, and which "
				     "columns are one is a matter of meaning");
	out = xmemstream(&columns, &size);
	for (int i = 0; i < draft->field_count; i++)
		add_column(draft, &draft->fields[i], out);
	fclose(out);
	draft_statement(
		draft, xprintf("CREATE TABLE %s (%s)", draft->target, columns));
	draft_diagnose(draft, "there is no table %s.%s", draft->schema,
		       draft->table);
	draft_explain(draft, "All columns are nullable, and there is no key: "
			     "which fields tell records apart is for a person "
			     "to say.");
	draft->proposal->risk_level = "MEDIUM";
}
