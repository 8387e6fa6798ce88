/* Rules as texts, and what changed from one to another. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/difference_parts.h"
#include "policy/export_rule.h"

#define SUBJECTS_SHOWN 3

static void
write_pattern(FILE *out, const void *what)
{
	pattern_write(out, what);
}

static void
write_type(FILE *out, const void *what)
{
	type_pattern_write(out, what);
}

static void
write_condition(FILE *out, const void *what)
{
	condition_write(out, what);
}

static void
write_day(FILE *out, const void *what)
{
	date_write(out, *(const int *)what);
}

/* --- Parts of a rule, as sets of texts ------------------------------------ */

static struct texts
operations_of(struct arena *arena, const struct rule *rule)
{
	struct texts texts = {.arena = arena};

	for (int i = 0; i < OPERATIONS; i++)
		if ((rule->operations & 1U << i) != 0)
			texts_add(&texts, operation_name((enum operation)i));
	return texts;
}

static struct texts
patterns_of(struct arena *arena, const struct patterns *patterns)
{
	struct texts texts = {.arena = arena};

	for (int i = 0; i < patterns->count; i++)
		texts_add(&texts,
			  text_in(arena, write_pattern, &patterns->of[i]));
	return texts;
}

/* Without the clause there is one entry: every type. */
static struct texts
types_of(struct arena *arena, bool has, const struct type_patterns *types)
{
	struct texts texts = {.arena = arena};

	if (!has)
		texts_add(&texts, "any");
	for (int i = 0; i < types->count; i++)
		texts_add(&texts, text_in(arena, write_type, &types->of[i]));
	return texts;
}

/* Each side of an `and` is a condition of its own. */
static void
add_conditions(struct texts *texts, const struct condition *condition)
{
	if (condition->kind == CONDITION_AND) {
		add_conditions(texts, condition->left);
		add_conditions(texts, condition->right);
		return;
	}
	texts_add(texts, text_in(texts->arena, write_condition, condition));
}

static struct texts
conditions_of(struct arena *arena, const struct rule *rule)
{
	struct texts texts = {.arena = arena};

	for (int i = 0; i < rule->condition_count; i++)
		add_conditions(&texts, rule->conditions[i]);
	return texts;
}

static struct texts
groups_of(struct arena *arena, const struct rule *rule)
{
	struct texts texts = {.arena = arena};

	for (int i = 0; i < rule->group_count; i++)
		texts_add(&texts, rule->groups[i]);
	return texts;
}

static struct texts
expiry_of(struct arena *arena, const struct rule *rule)
{
	struct texts texts = {.arena = arena};

	if (rule->expires != 0)
		texts_add(&texts, text_in(arena, write_day, &rule->expires));
	return texts;
}

static struct texts
approvers_of(struct arena *arena, const struct rule *rule)
{
	struct texts texts = {.arena = arena};

	if (rule->decision == DECISION_ESCALATE)
		texts_add(&texts, arena_print(arena, "%d", rule->approvers));
	return texts;
}

/* --- As texts ------------------------------------------------------------- */

static void
write_changes(FILE *out, struct arena *arena, const struct rule *before,
	      const struct rule *after)
{
	struct texts old = operations_of(arena, before);
	struct texts new = operations_of(arena, after);

	texts_write_change(out, "operations", &old, &new);
	old = patterns_of(arena, &before->subjects);
	new = patterns_of(arena, &after->subjects);
	texts_write_change(out, "on", &old, &new);
	old = patterns_of(arena, &before->excepts);
	new = patterns_of(arena, &after->excepts);
	texts_write_change(out, "except", &old, &new);
	old = types_of(arena, before->has_types, &before->types);
	new = types_of(arena, after->has_types, &after->types);
	texts_write_change(out, "types", &old, &new);
	old = types_of(arena, before->has_froms, &before->froms);
	new = types_of(arena, after->has_froms, &after->froms);
	texts_write_change(out, "from", &old, &new);
	old = conditions_of(arena, before);
	new = conditions_of(arena, after);
	texts_write_change(out, "when", &old, &new);
	old = approvers_of(arena, before);
	new = approvers_of(arena, after);
	texts_write_change(out, "approvers", &old, &new);
	old = groups_of(arena, before);
	new = groups_of(arena, after);
	texts_write_change(out, "approvers from", &old, &new);
	old = expiry_of(arena, before);
	new = expiry_of(arena, after);
	texts_write_change(out, "expires", &old, &new);
}

const char *
rule_change(struct arena *arena, const struct rule *before,
	    const struct rule *after)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (before->decision != after->decision)
		fprintf(out, "%s -> %s", decision_name(before->decision),
			decision_name(after->decision));
	write_changes(out, arena, before, after);
	fclose(out);
	return arena_copy(arena, text, size);
}

/* The change from nothing tells everything; a rule without types or conditions
 * is not the same as one with empty lists, which can't be written. */
const char *
rule_text(struct arena *arena, const struct rule *rule)
{
	struct rule nothing = {.decision = rule->decision, .has_types = true};

	nothing.has_froms = true;
	nothing.approvers = -1;
	return arena_print(arena, "%s %s", decision_name(rule->decision),
			   rule_change(arena, &nothing, rule));
}

const char *
rule_subjects(struct arena *arena, const struct rule *rule)
{
	struct texts texts = patterns_of(arena, &rule->subjects);
	const char *text = texts.of[0];

	for (int i = 1; i < texts.count && i < SUBJECTS_SHOWN; i++)
		text = arena_print(arena, "%s, %s", text, texts.of[i]);
	if (texts.count > SUBJECTS_SHOWN)
		text = arena_print(arena, "%s and %d more", text,
				   texts.count - SUBJECTS_SHOWN);
	return text;
}

const char *
rule_demands(struct arena *arena, const struct rule *rule)
{
	struct texts conditions = conditions_of(arena, rule);
	struct texts types = types_of(arena, rule->has_types, &rule->types);
	const char *text = "";

	for (int i = 0; rule->has_types && i < types.count; i++)
		text = arena_print(arena, "%s%s%s", text,
				   i == 0 ? "type " : ", ", types.of[i]);
	for (int i = 0; i < conditions.count; i++)
		text = arena_print(arena, "%s%s%s", text,
				   i > 0	     ? " and "
				   : rule->has_types ? " when "
						     : "when ",
				   conditions.of[i]);
	return text;
}
