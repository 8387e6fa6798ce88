#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/plan.h"

struct document *
verdict_document(const struct verdict *verdict)
{
	struct document *document = document_object();
	struct document *deciders = document_array();

	document_text(document, "verdict", decision_name(verdict->decision));
	document_number(document, "approvers", verdict->approvers);
	document_text(document, "floor", verdict->floor);
	for (int i = 0; i < verdict->decider_count; i++) {
		const struct decider *decider = &verdict->deciders[i];
		struct document *one = document_object();

		document_text(one, "file", decider->file);
		document_number(one, "line", decider->line);
		document_text(one, "label", decider->label);
		document_text(one, "layer", decider->layer);
		document_add(deciders, NULL, one);
	}
	document_add(document, "decided_by", deciders);
	document_text(document, "reason", verdict->reason);
	return document;
}

static char *
inverse_of(const struct action *action, const struct catalog *catalog)
{
	struct facts before = catalog->facts;

	if (action->column != NULL)
		catalog_column_facts(&before, catalog, action->column);
	return action_inverse_sql(action, &before);
}

/* A partition is judged as PARTITION OF, and made by ATTACH, which leaves
 * readers and writers of the parent alone. */
static enum table_lock
lock_taken(const struct action *action, const struct fact_value *lock)
{
	return action->operation == OP_CREATE_PARTITION
		       ? LOCK_SHARE_UPDATE_EXCLUSIVE
		       : (enum table_lock)lock->number;
}

/* Null where nobody knows. */
static void
add_truth(struct document *document, const char *name,
	  const struct fact_value *value)
{
	if (value->known)
		document_bool(document, name, value->number != 0);
	else
		document_null(document, name);
}

void
plan_add_effects(struct document *document, const struct statement *statement,
		 int index, const struct catalog *catalog)
{
	static const char *const members[] = {"inverse_sql", "lock", "rewrite",
					      "scan"};
	const struct action *action = &statement->actions[index];
	const struct fact_word *locks = fact_word(FACT_CHANGE_LOCK);
	const struct fact_value *lock;
	auto_free char *inverse = NULL;
	struct facts facts;

	if (catalog == NULL) {
		for (size_t i = 0; i < array_size(members); i++)
			document_null(document, members[i]);
		return;
	}
	facts = catalog_facts(catalog, statement, index);
	lock = &facts.of[FACT_CHANGE_LOCK];
	inverse = inverse_of(action, catalog);
	document_text(document, "inverse_sql", inverse);
	document_text(document, "lock",
		      lock->known ? locks->words[lock_taken(action, lock)]
				  : NULL);
	add_truth(document, "rewrite", &facts.of[FACT_CHANGE_REWRITE]);
	add_truth(document, "scan", &facts.of[FACT_CHANGE_SCAN]);
}

static struct document *
action_document(const struct statement *statement, int index,
		const struct catalog *catalog)
{
	const struct action *action = &statement->actions[index];
	struct document *document = document_object();
	auto_free char *target = action_target(action);
	auto_free char *sql = action_sql(action);

	document_text(document, "op", operation_name(action->operation));
	document_text(document, "target", target);
	document_text(document, "sql", sql);
	plan_add_effects(document, statement, index, catalog);
	return document;
}

struct document *
plan_mappings_document(const struct plan *plan)
{
	struct document *list = document_array();

	for (int i = 0; i < plan->mapping_count; i++) {
		const struct mapping *mapping = &plan->mappings[i];
		struct document *one = document_object();

		document_text(one, "field", mapping->field);
		document_text(one, "column", mapping->column);
		document_text(one, "transform", mapping->transform);
		document_add(list, NULL, one);
	}
	return list;
}

struct document *
plan_document(const struct plan *plan, const struct catalog *catalog)
{
	struct document *document = document_object();
	struct document *actions = document_array();
	struct document *advice = document_array();

	document_text(document, "sha256", plan->sha256);
	for (int s = 0; s < plan->count; s++)
		for (int a = 0; plan->statements[s] != NULL &&
				a < plan->statements[s]->count;
		     a++)
			document_add(actions, NULL,
				     action_document(plan->statements[s], a,
						     catalog));
	document_add(document, "actions", actions);
	document_add(document, "mapping", plan_mappings_document(plan));
	for (int i = 0; i < plan->advice_count; i++)
		document_text(advice, NULL, plan->advice[i]);
	document_add(document, "advice", advice);
	document_text(document, "diagnosis", plan->diagnosis);
	return document;
}
