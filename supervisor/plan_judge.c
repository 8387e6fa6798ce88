#include "pgmend.h"

#include "policy/digest.h"
#include "policy/insert.h"
#include "supervisor/catalog.h"
#include "supervisor/hazard.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/privacy.h"
#include "supervisor/replay.h"

#define PAYLOAD_VALUE_MIN                                  \
	4 /* characters: shorter ones are everywhere (F18) \
	   */

/* Columns, of a new table too, that the pipeline's own statement names: they
 * give nothing away. */
static bool
is_statement_action(const struct action *action, const struct insert *insert)
{
	for (int i = 0; i < action->column_count; i++)
		if (!is_statement_action(&action->columns[i], insert))
			return false;
	if (action->operation == OP_CREATE_TABLE)
		return true;
	return action->operation == OP_ADD_COLUMN &&
	       action->default_value == NULL &&
	       insert_find_column(insert, action->column) >= 0;
}

static bool
value_leaks(const struct statement *statement, const struct replay *replay,
	    const char *value)
{
	if (strlen(value) < PAYLOAD_VALUE_MIN ||
	    !statement_contains(statement, value, strlen(value)))
		return false;
	for (int i = 0; i < statement->count; i++)
		if (!is_statement_action(&statement->actions[i],
					 replay->insert))
			return true;
	return false;
}

/* F18: what DDL says can be read by every role in the catalogue. */
static bool
keeps_payload_private(const struct statement *statement,
		      const struct replay *replay, struct refusal *refusal)
{
	const struct incident *incident = replay->incident;

	for (int p = 0; p < incident->payload_count; p++) {
		const struct json *json = incident->json;

		for (int node = json_first(json, incident->payloads[p]);
		     node != JSON_NONE; node = json_next(json, node)) {
			auto_free char *value =
				json_is(json, node, JSON_STRING)
					? json_string(json, node)
					: json_raw_copy(json, node);

			if (!value_leaks(statement, replay, value))
				continue;
			return refuse(refusal, "F18",
				      "the statement holds a value of the "
				      "payload");
		}
	}
	return true;
}

/* What the catalogue can't know: the incident's facts and the clock. */
static void
add_given_facts(struct facts *facts, const struct facts *given)
{
	for (int i = 0; i < FACTS; i++)
		if (!facts->of[i].known && given->of[i].known)
			facts->of[i] = given->of[i];
	facts->clock_known = given->clock_known;
	facts->clock_minutes = given->clock_minutes;
	facts->today = given->today;
}

/* One statement: the floor first, then each action by policy. */
static struct verdict
judge_statement(struct plan *plan, int index, const struct grounds *grounds)
{
	struct refusal refusal = {0};
	struct verdict total = verdict_start();
	const char *text = plan->proposed[index];
	struct statement *statement;

	statement_free(plan->statements[index]);
	plan->statements[index] = NULL;
	free(plan->sql[index]);
	plan->sql[index] = NULL;
	if (!statement_parse(&plan->statements[index], text, strlen(text),
			     &refusal))
		return verdict_of_refusal(&refusal);
	statement = plan->statements[index];
	if (!statement_suits(statement, &grounds->catalog->facts, &refusal) ||
	    !statement_is_about(statement, grounds->catalog->schema,
				grounds->catalog->table, &refusal) ||
	    !plan_suits_catalog(statement, grounds->catalog, &refusal) ||
	    (grounds->replay != NULL &&
	     !keeps_payload_private(statement, grounds->replay, &refusal)) ||
	    !statement_render(&plan->sql[index], statement, &refusal))
		return verdict_of_refusal(&refusal);

	for (int i = 0; i < statement->count; i++) {
		struct facts facts =
			catalog_facts(grounds->catalog, statement, i);
		enum operation operation;
		struct verdict one;

		add_given_facts(&facts, &grounds->facts);
		privacy_facts(&facts, plan, grounds,
			      statement->actions[i].column);
		one = judge_action(&operation, grounds->policy,
				   &statement->actions[i], &facts);
		verdict_combine(&total, &one);
	}
	hazards_warn(&total, grounds->hazards, statement);
	verdict_escalate(&total, "not-proven",
			 catalog_unproven(statement, grounds->catalog));
	verdict_escalate(&total, "side-effect",
			 plan_warning(statement, grounds->catalog));
	return total;
}

struct verdict
judge_replay(const struct grounds *grounds)
{
	struct verdict total;
	char *const *hazards = grounds->hazards->sentences;
	const struct insert *insert = grounds->replay->insert;
	struct facts facts = grounds->catalog->facts;
	struct subject subject = {
		.operation = OP_REPLAY,
		.schema = grounds->catalog->schema,
		.table = grounds->catalog->table,
	};

	if (hazards[HAZARD_FOREIGN] != NULL) {
		struct refusal refusal = {.floor = "F19"};

		snprintf(refusal.text, sizeof(refusal.text), "%s",
			 hazards[HAZARD_FOREIGN]);
		return verdict_of_refusal(&refusal);
	}
	add_given_facts(&facts, &grounds->facts);
	total = judge(grounds->policy, &subject, &facts);
	verdict_escalate(&total, "F19", hazards[HAZARD_CODE]);
	if (insert->conflict == CONFLICT_UPDATE)
		verdict_escalate(&total, "F19", hazards[HAZARD_UPDATE]);
	if (insert_has_operator(insert))
		verdict_escalate(&total, "F19", hazards[HAZARD_OPERATOR]);
	return total;
}

/* The word for machines: the floor's code, or who decided. */
static void
set_reason_code(struct plan *plan)
{
	static const char *const codes[DECISIONS] = {
		[DECISION_ALLOW] = "ok",
		[DECISION_ESCALATE] = "policy_escalates",
		[DECISION_DENY] = "policy_denies",
	};
	const struct verdict *verdict = &plan->verdict;

	snprintf(plan->reason_code, sizeof(plan->reason_code), "%s",
		 verdict->floor != NULL ? verdict->floor
					: codes[verdict->decision]);
}

void
plan_escalate(struct plan *plan, const char *label, const char *sentence)
{
	verdict_escalate(&plan->verdict, label, sentence);
	set_reason_code(plan);
}

/* What an approval is bound to: target, rendered statements, mappings, and no
 * more. */
static void
hash_plan(struct plan *plan, const struct catalog *catalog)
{
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fprintf(stream, "pgmend-plan-v1\n%s\n%s\n", catalog->schema,
		catalog->table);
	for (int i = 0; i < plan->count; i++)
		fprintf(stream, "%s\n",
			plan->sql[i] == NULL ? "" : plan->sql[i]);
	plan_write_mappings(stream, plan);
	fclose(stream);
	digest = digest_of(text, size);
	digest_hex(plan->sha256, &digest);
}

void
plan_judge(struct plan *plan, const struct grounds *grounds)
{
	plan->verdict = verdict_start();
	for (int i = 0; i < plan->count; i++) {
		struct verdict one = judge_statement(plan, i, grounds);

		verdict_combine(&plan->verdict, &one);
	}
	if (grounds->replay != NULL) {
		struct verdict mappings = plan_judge_mappings(plan, grounds);
		struct grounds mapped = plan_grounds(plan, grounds);
		struct verdict one;

		plan_replay_facts(&mapped.facts, plan, &mapped);
		one = judge_replay(&mapped);
		verdict_combine(&plan->verdict, &mappings);
		verdict_combine(&plan->verdict, &one);
	}
	if (plan->count == 0 && plan->mapping_count == 0 &&
	    plan->advice_count > 0)
		verdict_escalate(
			&plan->verdict, "advice",
			"the planner has advice for a person, and nothing "
			"that can be executed");
	set_reason_code(plan);
	hash_plan(plan, grounds->catalog);
}
