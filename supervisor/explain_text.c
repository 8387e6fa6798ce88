/* An answer of `policy explain`, for people. */
#include <ctype.h>

#include "pgmend.h"
#include "policy/condition_write.h"
#include "supervisor/explain.h"
#include "supervisor/explain_reasons.h"
#include "supervisor/explain_write.h"
#include "supervisor/text.h"

#define CLAUSE_COLUMN 44 /* where a clause's truth stands */

/* Where a fact comes from, by the letter of the vocabulary. */
static const struct {
	char letter;
	const char *name;
} sources[] = {
	{'S', "statement"}, {'C', "catalogue"}, {'D', "derived"},
	{'I', "incident"},  {'M', "model"},	{'H', "history"},
	{'E', "server"},
};

/* --- Words ---------------------------------------------------------------- */

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
write_place(FILE *out, const char *file, int line, const char *label)
{
	if (file == NULL)
		fputs(label == NULL ? "default" : label, out);
	else
		fprintf(out, "%s:%d", file, line);
	if (file != NULL && label != NULL)
		fprintf(out, " %s", label);
}

static const char *
source_name(char letter)
{
	for (size_t i = 0; i < array_size(sources); i++)
		if (sources[i].letter == letter)
			return sources[i].name;
	return "server";
}

static void
write_fact(FILE *out, enum fact fact, const struct fact_value *value)
{
	const struct fact_word *word = fact_word(fact);

	if (!value->known)
		fputs("unknown", out);
	else if (word->type == TYPE_NAME || word->type == TYPE_SET)
		text_write_escaped(out, value->text);
	else if (word->type == TYPE_BOOL)
		fputs(value->number != 0 ? "yes" : "no", out);
	else if (word->type == TYPE_ENUM)
		fputs(word->words[value->number], out);
	else
		quantity_write(out, word->type, value->number);
	fprintf(out, " (%s)", source_name(word->source));
}

/* --- One rule ------------------------------------------------------------- */

static int
count_facts(uint64_t facts)
{
	return __builtin_popcountll(facts);
}

/* One fact stands on the clause's own line, several below it. */
static void
write_facts(FILE *out, uint64_t mask, const struct facts *facts)
{
	bool is_one = count_facts(mask) == 1;

	for (int i = 0; i < FACTS; i++) {
		if ((mask & UINT64_C(1) << i) == 0)
			continue;
		if (is_one)
			fputs("   ", out);
		else
			fprintf(out, "\n            %s: ",
				fact_word((enum fact)i)->name);
		write_fact(out, (enum fact)i, &facts->of[i]);
	}
	fputc('\n', out);
}

static void
write_clause(FILE *out, const struct reason_clause *clause,
	     const struct facts *facts)
{
	auto_free char *shown = NULL;
	size_t size;
	FILE *text = xmemstream(&shown, &size);

	text_write_escaped(text, clause->text);
	fclose(text);
	fprintf(out, "          %-*s  %-7s", CLAUSE_COLUMN, shown,
		clause->truth);
	if (clause->line > 0)
		fprintf(out, "  :%d", clause->line);
	write_facts(out, clause->facts, facts);
}

static void
write_rule(FILE *out, const struct reason_rule *rule, const struct facts *facts)
{
	for (int i = 0; i < rule->clause_count; i++)
		write_clause(out, &rule->clauses[i], facts);
	if (rule->reason == NULL)
		return;
	fputs("          reason: ", out);
	text_write_escaped(out, rule->reason);
	fputc('\n', out);
}

/* --- One layer ------------------------------------------------------------ */

static bool
is_overruled(const struct reason_rule *rule)
{
	return !rule->decides && strcmp(rule->truth, "true") == 0;
}

static void
write_deciders(FILE *out, const struct reason_layer *layer,
	       const struct facts *facts)
{
	for (int i = 0; i < layer->rule_count; i++) {
		const struct reason_rule *rule = &layer->rules[i];

		if (!rule->decides)
			continue;
		fprintf(out, "  %-6s", layer->name);
		write_decision(out, &layer->verdict);
		fputs("  ", out);
		write_place(out, rule->file, rule->line, rule->label);
		fputs(strcmp(rule->truth, "true") == 0 ? "\n"
						       : "   may match\n",
		      out);
		write_rule(out, rule, facts);
	}
	for (int i = 0; i < layer->verdict.decider_count; i++)
		if (layer->verdict.deciders[i].file == NULL) {
			fprintf(out, "  %-6s", layer->name);
			write_decision(out, &layer->verdict);
			fputs("  default: no rule allows it\n", out);
		}
}

static void
write_others(FILE *out, const struct reason_layer *layer,
	     const struct facts *facts)
{
	const struct reason_rule *nearest = reasons_nearest(layer, DECISIONS);

	for (int i = 0; i < layer->rule_count; i++) {
		const struct reason_rule *rule = &layer->rules[i];

		if (!is_overruled(rule))
			continue;
		fprintf(out, "        (%s)  ", decision_name(rule->decision));
		write_place(out, rule->file, rule->line, rule->label);
		fputs("   also matched; overruled\n", out);
	}
	if (nearest == NULL)
		return;
	fputs("        not matched, nearest: ", out);
	write_place(out, nearest->file, nearest->line, nearest->label);
	fputc('\n', out);
	for (int i = 0; i < nearest->clause_count; i++)
		if (strcmp(nearest->clauses[i].truth, "true") != 0)
			write_clause(out, &nearest->clauses[i], facts);
}

static void
write_layer(FILE *out, const struct reason_layer *layer,
	    const struct facts *facts)
{
	if (!layer->has_opinion)
		fprintf(out, "  %-6sno opinion: it only narrows\n",
			layer->name);
	write_deciders(out, layer, facts);
	write_others(out, layer, facts);
}

/* --- The whole ------------------------------------------------------------ */

static void
write_head(FILE *out, const struct verdict *total)
{
	write_decision(out, total);
	if (total->floor != NULL)
		fprintf(out, "   by floor %s", total->floor);
	for (int i = 0; i < total->decider_count; i++) {
		const struct decider *decider = &total->deciders[i];

		fputs(i == 0 ? "   by " : ", ", out);
		write_place(out, decider->file, decider->line, decider->label);
	}
	fputc('\n', out);
	if (total->floor == NULL)
		return;
	fputs("  ", out);
	text_write_escaped(out, total->reason);
	fputc('\n', out);
}

static void
write_action(FILE *out, const struct explained *explained, int index)
{
	const struct answer_action *action = &explained->answer->actions[index];
	auto_told struct told told = {.reasons = NULL};

	answer_tell(&told, explained->answer, index, explained->question,
		    explained->policy);
	fprintf(out, "action %d/%d  %s ", index + 1, explained->answer->count,
		operation_name(action->operation));
	text_write_escaped(out, action->target);
	fputs("        floor: clear\n", out);
	if (action->sql != NULL) {
		fputs("  ", out);
		text_write_escaped(out, action->sql);
		fputc('\n', out);
	}
	if (action->effects != NULL)
		fputs(action->effects, out);
	for (int i = 0; i < told.reasons->layer_count; i++)
		write_layer(out, &told.reasons->layers[i], &told.facts);
}

void
explained_write_text(FILE *out, const struct explained *explained)
{
	write_head(out, &explained->answer->total);
	if (explained->answer->total.floor != NULL)
		return;
	for (int i = 0; i < explained->answer->count; i++)
		write_action(out, explained, i);
}

/* --- Why not -------------------------------------------------------------- */

static void
write_obstacle(FILE *out, const struct obstacle *obstacle,
	       const struct facts *facts)
{
	fprintf(out, "  %-6s", obstacle->layer);
	if (obstacle->file != NULL) {
		write_place(out, obstacle->file, obstacle->line,
			    obstacle->label);
		fputs(": ", out);
	}
	text_write_escaped(out, obstacle->text);
	if (obstacle->fact >= 0) {
		fputs("   is ", out);
		write_fact(out, (enum fact)obstacle->fact,
			   &facts->of[obstacle->fact]);
	}
	fputc('\n', out);
}

static void
write_obstacles(FILE *out, const struct explained *explained, int index,
		enum decision wanted)
{
	auto_told struct told told = {.reasons = NULL};
	struct obstacles obstacles;

	answer_tell(&told, explained->answer, index, explained->question,
		    explained->policy);
	obstacles = told_why_not(&told, explained->policy, wanted);
	for (int i = 0; i < obstacles.count; i++)
		write_obstacle(out, &obstacles.of[i], &told.facts);
}

/* What has no place in the policy came from the catalogue's warnings. */
static void
write_warnings(FILE *out, const struct verdict *total, enum decision wanted)
{
	for (int i = 0; wanted < total->decision && i < total->decider_count;
	     i++)
		if (total->deciders[i].file == NULL &&
		    total->deciders[i].layer == NULL) {
			fprintf(out, "  %s: ", total->deciders[i].label);
			text_write_escaped(out, total->reason);
			fputc('\n', out);
		}
}

void
explained_write_why_not(FILE *out, const struct explained *explained,
			enum decision wanted)
{
	const struct verdict *total = &explained->answer->total;

	write_head(out, total);
	if (total->decision <= wanted) {
		fprintf(out, "nothing is in the way of %s\n",
			decision_name(wanted));
		return;
	}
	if (total->floor != NULL) {
		fputs("no policy can lift the floor\n", out);
		return;
	}
	fprintf(out, "in the way of %s:\n", decision_name(wanted));
	for (int i = 0; i < explained->answer->count; i++)
		write_obstacles(out, explained, i, wanted);
	write_warnings(out, total, wanted);
}
