#include "pgmend.h"
#include "policy/arena.h"
#include "policy/match.h"
#include "policy/region.h"
#include "policy/type.h"

/* --- Subjects ------------------------------------------------------------- */

struct texts {
	const char **of;
	int count;
};

static void
add_text(struct regions *regions, struct texts *texts, const char *text)
{
	for (int i = 0; i < texts->count; i++)
		if (strcmp(texts->of[i], text) == 0)
			return;
	arena_append(regions->arena, texts->of, texts->count, text);
}

static void
add_patterns(struct regions *regions, struct texts *parts,
	     const struct patterns *patterns)
{
	for (int i = 0; i < patterns->count; i++)
		for (int j = 0; j < patterns->of[i].count; j++) {
			const struct pattern_part *part =
				&patterns->of[i].parts[j];

			add_text(regions, &parts[j],
				 part->quoted
					 ? part->text
					 : regions_fill(regions->arena,
							part->text, ORDINARY));
		}
}

/* Types that a pattern matches, at and beyond its limits. */
static void
add_type(struct regions *regions, struct type **types, int *count,
	 const struct type_pattern *pattern)
{
	struct type type = {.schema = NULL, .is_array = pattern->is_array};

	type.schema = arena_print(
		regions->arena, "%s",
		regions_fill(regions->arena, pattern->schema, ORDINARY));
	type.name = arena_print(
		regions->arena, "%s",
		regions_fill(regions->arena, pattern->name, ORDINARY));
	for (int i = 0; i < pattern->modifier_count; i++)
		type.modifiers[i] = pattern->modifiers[i].any
					    ? 1
					    : pattern->modifiers[i].value;
	type.modifier_count = pattern->modifier_count;
	arena_append(regions->arena, *types, *count, type);
	if (type.modifier_count == 0)
		return;
	type.modifiers[0]++;
	arena_append(regions->arena, *types, *count, type);
}

static bool
is_about(const struct rule *rule, enum operation operation)
{
	return (rule->operations & 1U << operation) != 0;
}

static bool
same_type_kind(bool has_types, const struct type_patterns *patterns,
	       const struct type *left, const struct type *right)
{
	if (!has_types)
		return true;
	if (left == NULL || right == NULL)
		return left == right;
	return match_type(patterns, left) == match_type(patterns, right);
}

static bool
same_under_rule(const struct rule *rule, const struct subject *left,
		const struct subject *right)
{
	return same_type_kind(rule->has_types, &rule->types, left->type,
			      right->type) &&
	       same_type_kind(rule->has_froms, &rule->froms, left->from,
			      right->from) &&
	       match_subject(&rule->subjects, left, POLARITY_NARROW) ==
		       match_subject(&rule->subjects, right, POLARITY_NARROW) &&
	       match_subject(&rule->subjects, left, POLARITY_WIDE) ==
		       match_subject(&rule->subjects, right, POLARITY_WIDE) &&
	       match_subject(&rule->excepts, left, POLARITY_NARROW) ==
		       match_subject(&rule->excepts, right, POLARITY_NARROW) &&
	       match_subject(&rule->excepts, left, POLARITY_WIDE) ==
		       match_subject(&rule->excepts, right, POLARITY_WIDE);
}

/* True when nothing in the set can tell the two apart. */
static bool
same_kind(const struct policy *policy, const struct subject *left,
	  const struct subject *right)
{
	for (int i = 0; i < policy->layer_count; i++) {
		const struct layer *layer = &policy->layers[i];

		for (int j = 0; j < layer->rule_count; j++)
			if (is_about(&layer->rules[j], left->operation) &&
			    !same_under_rule(&layer->rules[j], left, right))
				return false;
		for (int j = 0; j < layer->assertion_count; j++) {
			const struct patterns *patterns =
				&layer->assertions[j].subjects;

			if (match_subject(patterns, left, POLARITY_WIDE) !=
			    match_subject(patterns, right, POLARITY_WIDE))
				return false;
		}
	}
	return true;
}

static void
add_subject(struct regions *regions, const struct policy *policy,
	    struct subject subject)
{
	subject.operation = regions->operation;
	for (int i = 0; i < regions->subject_count; i++)
		if (same_kind(policy, &regions->subjects[i], &subject))
			return;
	arena_append(regions->arena, regions->subjects, regions->subject_count,
		     subject);
}

/* --- The whole ------------------------------------------------------------ */

/* What the rules about one operation speak of. */
struct vocabulary {
	struct texts parts[3];
	struct type *types, *froms;
	int type_count, from_count;
};

static void
add_rule(struct regions *regions, struct vocabulary *words,
	 const struct rule *rule)
{
	add_patterns(regions, words->parts, &rule->subjects);
	add_patterns(regions, words->parts, &rule->excepts);
	for (int i = 0; i < rule->types.count; i++)
		add_type(regions, &words->types, &words->type_count,
			 &rule->types.of[i]);
	for (int i = 0; i < rule->froms.count; i++)
		add_type(regions, &words->froms, &words->from_count,
			 &rule->froms.of[i]);
	for (int i = 0; i < rule->condition_count; i++)
		regions_add_condition(regions, rule->conditions[i]);
	if (rule->expires != 0) {
		struct axis *axis = regions_axis(regions, AXIS_TODAY, 0);

		regions_add_value(regions, axis, rule->expires - 1, NULL);
		regions_add_value(regions, axis, rule->expires, NULL);
	}
}

static void
add_layer(struct regions *regions, struct vocabulary *words,
	  const struct layer *layer)
{
	for (int i = 0; i < layer->rule_count; i++)
		if (is_about(&layer->rules[i], regions->operation))
			add_rule(regions, words, &layer->rules[i]);
	for (int i = 0; i < layer->assertion_count; i++) {
		const struct assertion *assertion = &layer->assertions[i];

		if ((assertion->operations & 1U << regions->operation) == 0)
			continue;
		add_patterns(regions, words->parts, &assertion->subjects);
		regions_add_condition(regions, assertion->condition);
	}
}

static void
combine_parts(struct regions *regions, const struct policy *policy,
	      const struct vocabulary *words, struct subject subject)
{
	for (int i = 0; i < words->parts[0].count; i++)
		for (int j = 0; j < words->parts[1].count; j++)
			for (int k = 0; k < words->parts[2].count; k++) {
				subject.schema = words->parts[0].of[i];
				subject.table = words->parts[1].of[j];
				subject.column = words->parts[2].of[k];
				add_subject(regions, policy, subject);
			}
}

/* Each new type with each old one; -1 stands for none, and for unknown. */
static void
combine_types(struct regions *regions, const struct policy *policy,
	      const struct vocabulary *words)
{
	for (int i = -1; i < words->type_count; i++)
		for (int j = -1; j < words->from_count; j++) {
			struct subject subject = {.schema = NULL};

			subject.type = i < 0 ? NULL : &words->types[i];
			subject.from = j < 0 ? NULL : &words->froms[j];
			combine_parts(regions, policy, words, subject);
		}
}

struct regions
regions_of(struct arena *arena, const struct policy *policy,
	   enum operation operation)
{
	struct regions regions = {.arena = arena, .operation = operation};
	struct vocabulary words = {.types = NULL};

	for (int i = 0; i < policy->layer_count; i++)
		add_layer(&regions, &words, &policy->layers[i]);
	for (int i = 0; i < 3; i++) {
		add_text(&regions, &words.parts[i],
			 i == 2 ? ORDINARY_COLUMN : ORDINARY);
		add_text(&regions, &words.parts[i], UNUSUAL);
	}
	combine_types(&regions, policy, &words);
	return regions;
}

int64_t
regions_count(const struct regions *regions)
{
	int64_t count = regions->subject_count;

	for (int i = 0; i < regions->axis_count; i++)
		if (__builtin_mul_overflow(count, regions->axes[i].count,
					   &count))
			return INT64_MAX;
	return count;
}

static void
set_axis(struct facts *facts, const struct axis *axis, int index)
{
	const struct fact_value *value = &axis->values[index];

	switch (axis->kind) {
	case AXIS_FACT:
		facts->of[axis->fact] = *value;
		break;
	case AXIS_CLOCK:
		facts->clock_known = value->known;
		facts->clock_minutes = (int)value->number;
		break;
	case AXIS_TODAY:
		facts->today = (int)value->number;
		break;
	}
}

void
regions_point(const struct regions *regions, int64_t index,
	      struct subject *ret_subject, struct facts *ret_facts)
{
	*ret_facts = (struct facts){.today = 0};
	*ret_subject = regions->subjects[index % regions->subject_count];
	index /= regions->subject_count;
	for (int i = 0; i < regions->axis_count; i++) {
		const struct axis *axis = &regions->axes[i];

		set_axis(ret_facts, axis, (int)(index % axis->count));
		index /= axis->count;
	}
}
