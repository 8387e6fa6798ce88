/* ON CONFLICT without an index: what would help is a person's to make. */
#include "agent/identifier.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "pgmend.h"
#include "sandbox/json.h"

static char *
column_list(const struct json *json, int columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int node = json_first(json, columns); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name = json_string(json, node);

		fputs(ftell(out) > 0 ? ", " : "", out);
		identifier_write(out, name == NULL ? "" : name);
	}
	fclose(out);
	return text;
}

/* Only where the trial said so: an index that is there isn't in the brief. */
void
plan_arbiter(struct draft *draft)
{
	const struct json *json = draft->json;
	int conflict = json_member(json, 0, "conflict");
	auto_free char *class = member_text(json, 0, "class");
	auto_free char *constraint = member_text(json, conflict, "constraint");
	auto_free char *columns =
		column_list(json, json_member(json, conflict, "columns"));

	if (!same_text(class, "no_arbiter"))
		return;
	if (constraint != NULL) {
		auto_free char *name = identifier_quote(constraint);

		draft_advise(draft,
			     "%s has no constraint %s, which ON CONFLICT "
			     "names: ALTER TABLE %s ADD CONSTRAINT %s UNIQUE "
			     "(the columns that tell its records apart), or "
			     "the name that the constraint has now in the "
			     "pipeline's statement",
			     draft->target, name, draft->target, name);
	} else if (*columns != '\0') {
		draft_advise(draft,
			     "CREATE UNIQUE INDEX CONCURRENTLY ON %s (%s)",
			     draft->target, columns);
	} else {
		return;
	}
	draft_diagnose(draft, "%s.%s has no unique index for ON CONFLICT",
		       draft->schema, draft->table);
	draft_explain(draft, "Whether the rows that are there are unique is "
			     "for a person to know.");
}
