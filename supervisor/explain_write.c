/* An answer of `policy explain`, for machines and for people. */
#include <ctype.h>

#include "pgmend.h"
#include "supervisor/document.h"
#include "supervisor/explain.h"
#include "supervisor/facts_document.h"
#include "supervisor/text.h"

/* --- JSON ----------------------------------------------------------------- */

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

static struct document *
actions_of(const struct answer *answer)
{
	struct document *array = document_array();

	for (int i = 0; i < answer->count; i++) {
		const struct answer_action *action = &answer->actions[i];
		struct document *one = document_object();

		document_text(one, "op", operation_name(action->operation));
		document_text(one, "target", action->target);
		document_text(one, "verdict",
			      decision_name(action->verdict.decision));
		document_text(one, "sql", action->sql);
		document_add(array, NULL, one);
	}
	return array;
}

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

void
answer_write_json(FILE *out, const struct answer *answer)
{
	const struct verdict *total = &answer->total;
	auto_document struct document *object = document_object();
	auto_free char *text = NULL;

	document_text(object, "verdict", decision_name(total->decision));
	document_number(object, "approvers", approvers_of(total));
	document_text(object, "floor", total->floor);
	document_add(object, "decided_by", deciders_of(total));
	document_add(object, "actions", actions_of(answer));
	document_add(object, "facts", facts_document_of(&answer->facts));
	document_add(object, "unknown", unknown_of(total));
	document_text(object, "reason", total->reason);
	text = document_print(object);
	fprintf(out, "%s\n", text);
}

/* --- Text ----------------------------------------------------------------- */

static void
write_upper(FILE *out, const char *word)
{
	for (; *word != '\0'; word++)
		fputc(toupper((unsigned char)*word), out);
}

static void
write_decision(FILE *out, const struct verdict *verdict)
{
	write_upper(out, decision_name(verdict->decision));
	if (verdict->decision == DECISION_ESCALATE)
		fprintf(out, " %d", verdict->approvers);
}

static void
write_decider(FILE *out, const struct decider *decider)
{
	if (decider->file == NULL) {
		fputs("default", out);
		return;
	}
	fprintf(out, "%s:%d", decider->file, decider->line);
	if (decider->label != NULL)
		fprintf(out, " %s", decider->label);
}

static void
write_head(FILE *out, const struct verdict *total)
{
	write_decision(out, total);
	if (total->floor != NULL)
		fprintf(out, "   by floor %s", total->floor);
	for (int i = 0; i < total->decider_count; i++) {
		fputs(i == 0 ? "   by " : ", ", out);
		write_decider(out, &total->deciders[i]);
	}
	fputc('\n', out);
	if (total->floor != NULL) {
		fputs("  ", out);
		text_write_escaped(out, total->reason);
		fputc('\n', out);
	}
}

static void
write_action(FILE *out, const struct answer *answer, int index)
{
	const struct answer_action *action = &answer->actions[index];

	fprintf(out, "action %d/%d  %s ", index + 1, answer->count,
		operation_name(action->operation));
	text_write_escaped(out, action->target);
	fputs("        floor: clear\n", out);
	if (action->sql != NULL) {
		fputs("  ", out);
		text_write_escaped(out, action->sql);
		fputc('\n', out);
	}
	for (int i = 0; i < action->verdict.decider_count; i++) {
		const struct decider *decider = &action->verdict.deciders[i];

		fprintf(out, "  %-5s ", decider->layer);
		write_decision(out, &action->verdict);
		fputs("  ", out);
		write_decider(out, decider);
		fputc('\n', out);
		if (decider->reason != NULL)
			fprintf(out, "          reason: %s\n", decider->reason);
	}
}

static void
write_fact(FILE *out, const struct fact_word *word,
	   const struct fact_value *value)
{
	switch (word->type) {
	case TYPE_BOOL:
		fputs(value->number != 0 ? "yes" : "no", out);
		break;
	case TYPE_ENUM:
		fputs(word->words[value->number], out);
		break;
	case TYPE_NAME:
	case TYPE_SET:
		text_write_escaped(out, value->text);
		break;
	default:
		fprintf(out, "%lld", (long long)value->number);
	}
}

/* What the rules asked for, with what was known. */
static void
write_facts(FILE *out, const struct answer *answer)
{
	for (int i = 0; i < FACTS; i++) {
		const struct fact_word *word = fact_word((enum fact)i);
		uint64_t bit = UINT64_C(1) << i;

		if (((answer->total.used | answer->total.unknown) & bit) == 0)
			continue;
		fprintf(out, "  %-28s ", word->name);
		if (answer->facts.of[i].known)
			write_fact(out, word, &answer->facts.of[i]);
		else
			fputs("unknown", out);
		fputc('\n', out);
	}
}

void
answer_write_text(FILE *out, const struct answer *answer)
{
	write_head(out, &answer->total);
	for (int i = 0; i < answer->count; i++)
		write_action(out, answer, i);
	write_facts(out, answer);
}
