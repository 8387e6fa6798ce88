/* An identity column numbers its rows itself: the field is left out. */
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"

void
plan_identity(struct draft *draft)
{
	for (int i = 0; i < draft->field_count; i++) {
		struct field *field = &draft->fields[i];

		if (!field->is_identity || field->name == NULL ||
		    !same_text(field->sqlstate, "428C9"))
			continue;
		draft_map(draft, field->name, field->column, "omit");
		draft_diagnose(draft,
			       "the pipeline now sends %s, an identity column "
			       "that always numbers its rows itself",
			       field->column);
		draft_explain(draft,
			      "The number that is sent for %s is lost, and the "
			      "table gives its own.",
			      field->column);
		draft->proposal->risk_level = "MEDIUM";
		field->is_mended = true;
	}
}
