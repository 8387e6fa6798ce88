/* What a set means, as text: the same text, the same decisions. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/compose.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* Texts are written with their length, so that none can imitate another. */
static void
write_text(FILE *out, const char *text)
{
	if (text == NULL)
		fputs(" -", out);
	else
		fprintf(out, " %zu:%s", strlen(text), text);
}

static void
write_patterns(FILE *out, const char *word, const struct patterns *patterns)
{
	fprintf(out, " %s", word);
	for (int i = 0; i < patterns->count; i++) {
		const struct pattern *pattern = &patterns->of[i];

		fprintf(out, " (%d", pattern->count);
		for (int j = 0; j < pattern->count; j++) {
			fputs(pattern->parts[j].quoted ? " =" : " ~", out);
			write_text(out, pattern->parts[j].text);
		}
		fputc(')', out);
	}
}

static void
write_types(FILE *out, const char *word, const struct type_patterns *types)
{
	fprintf(out, " %s", word);
	for (int i = 0; i < types->count; i++) {
		const struct type_pattern *type = &types->of[i];

		fputs(type->is_array ? " [" : " (", out);
		write_text(out, type->schema);
		write_text(out, type->name);
		for (int j = 0; j < type->modifier_count; j++)
			fprintf(out, " %d,%d,%d", type->modifiers[j].any,
				type->modifiers[j].at_most,
				type->modifiers[j].value);
		fputc(')', out);
	}
}

static void
write_values(FILE *out, const struct value *values, int count)
{
	for (int i = 0; i < count; i++) {
		fprintf(out, " %lld", (long long)values[i].number);
		write_text(out, values[i].text);
	}
}

static void
write_window(FILE *out, const struct window *window)
{
	for (int i = 0; i < window->count; i++)
		fprintf(out, " %d-%d@%d-%d", window->of[i].first_day,
			window->of[i].last_day, window->of[i].start,
			window->of[i].end);
}

static void
write_condition(FILE *out, const struct condition *condition)
{
	if (condition == NULL)
		return;
	fprintf(out, " {%d %s %d", (int)condition->kind,
		fact_word(condition->fact)->name, (int)condition->comparison);
	write_values(out, condition->values, condition->value_count);
	if (condition->window != NULL)
		write_window(out, condition->window);
	write_condition(out, condition->left);
	write_condition(out, condition->right);
	fputc('}', out);
}

static void
write_rule(FILE *out, const struct rule *rule)
{
	fprintf(out, "%s %x", decision_name(rule->decision), rule->operations);
	write_patterns(out, "on", &rule->subjects);
	write_patterns(out, "except", &rule->excepts);
	if (rule->has_types)
		write_types(out, "type", &rule->types);
	if (rule->has_froms)
		write_types(out, "from", &rule->froms);
	for (int i = 0; i < rule->condition_count; i++)
		write_condition(out, rule->conditions[i]);
	fprintf(out, " %d %d", rule->approvers, rule->expires);
	for (int i = 0; i < rule->group_count; i++)
		write_text(out, rule->groups[i]);
	for (int i = 0; i < LIMITS; i++)
		fprintf(out, " %lld", (long long)rule->limits[i]);
	write_text(out, rule->reason);
	write_text(out, rule->label);
}

static void
write_setting(FILE *out, const struct setting *setting)
{
	const struct setting_word *word = setting_word(setting->row);

	fprintf(out, "set %s.%s", section_name(word->section), word->name);
	write_values(out, setting->values, setting->value_count);
}

/* --- Sorted --------------------------------------------------------------- */

struct lines {
	char **of;
	int count;
};

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void
add_line(struct lines *lines, char *line)
{
	lines->of = xreallocarray(lines->of, (size_t)lines->count + 1,
				  sizeof(char *));
	lines->of[lines->count++] = line;
}

static void
collect(struct lines *lines, const struct layer *layer)
{
	size_t size;

	for (int i = 0; i < layer->rule_count; i++) {
		char *line = NULL;
		FILE *out = xmemstream(&line, &size);

		write_rule(out, &layer->rules[i]);
		fclose(out);
		add_line(lines, line);
	}
	for (int i = 0; i < layer->setting_count; i++) {
		char *line = NULL;
		FILE *out = xmemstream(&line, &size);

		write_setting(out, &layer->settings[i]);
		fclose(out);
		add_line(lines, line);
	}
}

static void
write_layer(FILE *out, const struct layer *layer)
{
	struct lines lines = {.of = NULL};

	fprintf(out, "layer %s %d\n", layer->name, layer->inherits);
	collect(&lines, layer);
	if (lines.count > 0)
		qsort(lines.of, (size_t)lines.count, sizeof(char *),
		      compare_lines);
	for (int i = 0; i < lines.count; i++) {
		fprintf(out, "%s\n", lines.of[i]);
		free(lines.of[i]);
	}
	free(lines.of);
}

void
compose_meaning(struct policy *policy)
{
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs("pgmend-policy 1\n", out);
	for (int i = 0; i < policy->layer_count; i++)
		write_layer(out, &policy->layers[i]);
	fclose(out);
	digest = digest_of(text, size);
	digest_hex(policy->meaning_hash, &digest);
}
