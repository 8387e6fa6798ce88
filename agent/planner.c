#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* Each planner, and the trial's words for what it mends, each between spaces.
 */
static const struct {
	plan_class *plan;
	const char *classes;
} planners[] = {
	{plan_table, " missing_table "},
	{plan_columns, " missing_column too_many_values "},
	{plan_widen, " value_too_long number_too_large wrong_type "},
	{plan_times, " wrong_type "},
	{plan_documents, " wrong_type "},
	{plan_labels, " new_enum_value "},
	{plan_nulls, " missing_value "},
	{plan_partition, " missing_partition "},
	{plan_identity, " identity_written "},
	{plan_arbiter, " no_arbiter "},
};

void
proposal_forget_mappings(struct proposal *proposal)
{
	for (int i = 0; i < proposal->mapping_count; i++) {
		free(proposal->mappings[i].field);
		free(proposal->mappings[i].column);
		free(proposal->mappings[i].transform);
	}
	proposal->mapping_count = 0;
}

static void
free_texts(char **texts, int count)
{
	for (int i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

void
proposal_release(struct proposal *proposal)
{
	free(proposal->give_up);
	free(proposal->diagnosis);
	free_texts(proposal->statements, proposal->statement_count);
	proposal_forget_mappings(proposal);
	free(proposal->mappings);
	free_texts(proposal->advice, proposal->advice_count);
	free(proposal->reasoning);
	*proposal = (struct proposal){0};
}

/* All those whose classes hold the word, or all that don't. */
static int
ask_planners(struct draft *draft, const char *class, bool holds)
{
	auto_free char *word = xprintf(" %s ", class);
	int asked = 0;

	for (size_t i = 0; i < array_size(planners); i++) {
		if ((strstr(planners[i].classes, word) != NULL) != holds)
			continue;
		planners[i].plan(draft);
		asked++;
	}
	return asked;
}

/* What the trial failed at, and nobody has a sure repair for. Where it failed
 * for want of something, other values may be those of one wrong record, which
 * is set aside when the others are written. */
static void
give_up_on_rest(struct draft *draft, const char *class)
{
	if (strncmp(class, "missing_", 8) == 0)
		return;
	for (int i = 0; i < draft->field_count; i++)
		if (draft->fields[i].sqlstate != NULL &&
		    !draft->fields[i].is_mended)
			draft_give_up(draft,
				      "%s doesn't take what is sent, and no "
				      "repair is sure",
				      draft->fields[i].column);
}

/* The class's own planners come first; the others add what else is broken. */
static void
ask_all(struct draft *draft, const char *class)
{
	int asked = ask_planners(draft, class, true);

	if (asked == 0)
		draft_give_up(draft, "the builtin planner leaves %s to others",
			      class);
	if (draft_has_plan(draft))
		ask_planners(draft, class, false);
	else
		draft_give_up(draft,
			      "the builtin planner has no sure repair for %s",
			      class);
	give_up_on_rest(draft, class);
}

/* Given up, nothing else is told. */
static void
keep_reason_alone(struct proposal *proposal)
{
	char *reason = take(proposal->give_up);

	proposal_release(proposal);
	proposal->give_up = reason;
}

int
planner_propose(struct proposal *ret_proposal, const char *brief,
		struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *class = NULL, *schema = NULL, *table = NULL;
	struct proposal proposal = {.risk_level = "LOW"};
	struct draft draft;
	int target;

	if (json_scan(&json, brief, strlen(brief), err) < 0)
		return fail_in(err, "brief");
	target = json_member(json, 0, "target");
	class = member_text(json, 0, "class");
	schema = member_text(json, target, "schema");
	table = member_text(json, target, "table");
	if (class == NULL || schema == NULL || table == NULL)
		return fail(err, "brief: class, schema and table wanted");
	draft_begin(&draft, json, &proposal);
	ask_all(&draft, class);
	draft_end(&draft);
	if (proposal.give_up != NULL)
		keep_reason_alone(&proposal);
	*ret_proposal = proposal;
	return 0;
}
