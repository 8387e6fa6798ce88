/* An answer of `policy explain`, for machines. */
#include "pgmend.h"
#include "supervisor/document.h"
#include "supervisor/explain.h"
#include "supervisor/explain_reasons.h"
#include "supervisor/explain_write.h"
#include "supervisor/facts_document.h"

static struct document *
deciders_of(const struct verdict *verdict)
{
	struct document *array = document_array();

	for (int i = 0; i < verdict->decider_count; i++) {
		const struct decider *decider = &verdict->deciders[i];
		struct document *one = document_object();

		if (decider->file != NULL) {
			document_text(one, "file", decider->file);
			document_number(one, "line", decider->line);
		}
		document_text(one, "label", decider->label);
		if (decider->file != NULL)
			document_text(one, "layer", decider->layer);
		document_add(array, NULL, one);
	}
	return array;
}

/* --- Reasons -------------------------------------------------------------- */

static struct document *
clauses_of(const struct reason_rule *rule)
{
	struct document *array = document_array();

	for (int i = 0; i < rule->clause_count; i++) {
		struct document *one = document_object();

		document_text(one, "clause", rule->clauses[i].text);
		document_text(one, "truth", rule->clauses[i].truth);
		if (rule->clauses[i].line > 0)
			document_number(one, "line", rule->clauses[i].line);
		document_add(array, NULL, one);
	}
	return array;
}

static struct document *
rules_of(const struct reason_layer *layer)
{
	struct document *array = document_array();

	for (int i = 0; i < layer->rule_count; i++) {
		const struct reason_rule *rule = &layer->rules[i];
		struct document *one = document_object();

		document_text(one, "file", rule->file);
		document_number(one, "line", rule->line);
		document_text(one, "label", rule->label);
		document_text(one, "decision", decision_name(rule->decision));
		document_text(one, "matches", rule->truth);
		document_bool(one, "decides", rule->decides);
		document_add(one, "clauses", clauses_of(rule));
		document_text(one, "reason", rule->reason);
		document_add(array, NULL, one);
	}
	return array;
}

static struct document *
layers_of(const struct reasons *reasons)
{
	struct document *array = document_array();

	for (int i = 0; i < reasons->layer_count; i++) {
		const struct reason_layer *layer = &reasons->layers[i];
		struct document *one = document_object();

		document_text(one, "layer", layer->name);
		document_text(one, "file", layer->file);
		document_text(one, "verdict",
			      layer->has_opinion
				      ? decision_name(layer->verdict.decision)
				      : NULL);
		document_add(one, "rules", rules_of(layer));
		document_add(array, NULL, one);
	}
	return array;
}

static struct document *
actions_of(const struct explained *explained)
{
	const struct answer *answer = explained->answer;
	struct document *array = document_array();

	for (int i = 0; i < answer->count; i++) {
		const struct answer_action *action = &answer->actions[i];
		struct document *one = document_object();
		auto_told struct told told = {.reasons = NULL};

		answer_tell(&told, answer, i, explained->question,
			    explained->policy);
		document_text(one, "op", operation_name(action->operation));
		document_text(one, "target", action->target);
		document_text(one, "verdict",
			      decision_name(action->verdict.decision));
		document_text(one, "sql", action->sql);
		if (explained->question->detail != NULL &&
		    answer->statement != NULL)
			explained->question->detail(
				one, answer->statement, i,
				explained->question->context);
		document_add(one, "layers", layers_of(told.reasons));
		document_add(array, NULL, one);
	}
	return array;
}

static struct document *
obstacle_document(const struct obstacle *obstacle)
{
	struct document *one = document_object();

	document_text(one, "layer", obstacle->layer);
	document_text(one, "file", obstacle->file);
	if (obstacle->file != NULL)
		document_number(one, "line", obstacle->line);
	document_text(one, "label", obstacle->label);
	document_text(one, "needs", obstacle->text);
	document_text(one, "fact",
		      obstacle->fact < 0
			      ? NULL
			      : fact_word((enum fact)obstacle->fact)->name);
	return one;
}

static struct document *
why_not(const struct explained *explained, enum decision wanted)
{
	struct document *array = document_array();

	for (int i = 0; i < explained->answer->count; i++) {
		auto_told struct told told = {.reasons = NULL};
		struct obstacles obstacles;

		answer_tell(&told, explained->answer, i, explained->question,
			    explained->policy);
		obstacles = told_why_not(&told, explained->policy, wanted);
		for (int j = 0; j < obstacles.count; j++)
			document_add(array, NULL,
				     obstacle_document(&obstacles.of[j]));
	}
	return array;
}

/* --- The whole ------------------------------------------------------------ */

static struct document *
unknown_of(const struct verdict *verdict)
{
	struct document *array = document_array();

	for (int i = 0; i < FACTS; i++)
		if ((verdict->unknown & UINT64_C(1) << i) != 0)
			document_text(array, NULL,
				      fact_word((enum fact)i)->name);
	return array;
}

static int
approvers_of(const struct verdict *verdict)
{
	return verdict->decision == DECISION_ESCALATE ? verdict->approvers : 0;
}

struct document *
explained_document(const struct explained *explained, enum decision wanted)
{
	const struct answer *answer = explained->answer;
	const struct verdict *total = &answer->total;
	struct document *object = document_object();

	document_text(object, "verdict", decision_name(total->decision));
	document_number(object, "approvers", approvers_of(total));
	document_text(object, "floor", total->floor);
	document_add(object, "decided_by", deciders_of(total));
	document_add(object, "actions", actions_of(explained));
	document_add(object, "facts", facts_document_of(&answer->facts));
	document_add(object, "unknown", unknown_of(total));
	document_text(object, "reason", total->reason);
	if (wanted != DECISIONS)
		document_add(object, "why_not", why_not(explained, wanted));
	return object;
}

void
explained_write_json(FILE *out, const struct explained *explained,
		     enum decision wanted)
{
	auto_document struct document *object =
		explained_document(explained, wanted);
	auto_free char *text = document_print(object);

	fprintf(out, "%s\n", text);
}
