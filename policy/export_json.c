/* The same as export.c writes, for programs. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/diagnostic.h"
#include "policy/export.h"
#include "policy/export_rule.h"
#include "policy/setting.h"
#include "policy/setting_write.h"

/* --- JSON ----------------------------------------------------------------- */

static void
write_text(FILE *out, const char *text)
{
	if (text == NULL) {
		fputs("null", out);
		return;
	}
	diagnostic_write_json_text(out, text);
}

/* What one of the writers of policy text writes, as a JSON text. */
struct quoted {
	char *text;
	size_t size;
	FILE *out;
};

static FILE *
begin_quote(struct quoted *quoted)
{
	quoted->out = xmemstream(&quoted->text, &quoted->size);
	return quoted->out;
}

static void
end_quote(FILE *out, struct quoted *quoted)
{
	fclose(quoted->out);
	write_text(out, quoted->text);
	free(quoted->text);
}

/* --- Rules ---------------------------------------------------------------- */

static void
write_operations(FILE *out, unsigned operations)
{
	const char *joint = "";

	fputs(",\"operations\":[", out);
	for (int i = 0; i < OPERATIONS; i++) {
		if ((operations & 1U << i) == 0)
			continue;
		fputs(joint, out);
		write_text(out, operation_name((enum operation)i));
		joint = ",";
	}
	fputc(']', out);
}

static void
write_patterns(FILE *out, const char *key, const struct patterns *patterns)
{
	struct quoted quoted;

	fprintf(out, ",\"%s\":[", key);
	for (int i = 0; i < patterns->count; i++) {
		fputs(i == 0 ? "" : ",", out);
		pattern_write(begin_quote(&quoted), &patterns->of[i]);
		end_quote(out, &quoted);
	}
	fputc(']', out);
}

static void
write_types(FILE *out, const char *key, const struct type_patterns *types)
{
	struct quoted quoted;

	fprintf(out, ",\"%s\":[", key);
	for (int i = 0; i < types->count; i++) {
		fputs(i == 0 ? "" : ",", out);
		type_pattern_write(begin_quote(&quoted), &types->of[i]);
		end_quote(out, &quoted);
	}
	fputc(']', out);
}

static void
write_condition(FILE *out, const struct condition *condition)
{
	struct quoted quoted;

	if (condition == NULL) {
		fputs("null", out);
		return;
	}
	condition_write(begin_quote(&quoted), condition);
	end_quote(out, &quoted);
}

static void
write_approvers(FILE *out, const struct rule *rule)
{
	fprintf(out, ",\"approvers\":%d,\"groups\":[", rule->approvers);
	for (int i = 0; i < rule->group_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_text(out, rule->groups[i]);
	}
	fputc(']', out);
}

static void
write_limits(FILE *out, const struct rule *rule)
{
	const char *joint = "";
	struct quoted quoted;

	fputs(",\"with\":{", out);
	for (int i = 0; i < LIMITS; i++) {
		const struct limit_word *word = limit_word((enum limit)i);

		if (rule->limits[i] == RULE_LIMIT_NONE)
			continue;
		fprintf(out, "%s\"%s\":", joint, word->name);
		quantity_write(begin_quote(&quoted), word->type,
			       rule->limits[i]);
		end_quote(out, &quoted);
		joint = ",";
	}
	fputc('}', out);
}

static void
write_expiry(FILE *out, const struct rule *rule)
{
	struct quoted quoted;

	fputs(",\"expires\":", out);
	if (rule->expires == 0) {
		fputs("null", out);
		return;
	}
	date_write(begin_quote(&quoted), rule->expires);
	end_quote(out, &quoted);
}

static void
write_rule(FILE *out, const struct rule *rule)
{
	fprintf(out, "{\"decision\":\"%s\",\"label\":",
		decision_name(rule->decision));
	write_text(out, rule->label);
	write_operations(out, rule->operations);
	write_patterns(out, "on", &rule->subjects);
	write_patterns(out, "except", &rule->excepts);
	write_types(out, "type", &rule->types);
	write_types(out, "from", &rule->froms);
	fputs(",\"when\":[", out);
	for (int i = 0; i < rule->condition_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_condition(out, rule->conditions[i]);
	}
	fputc(']', out);
	write_approvers(out, rule);
	write_expiry(out, rule);
	write_limits(out, rule);
	fputs(",\"reason\":", out);
	write_text(out, rule->reason);
	fputs(",\"file\":", out);
	write_text(out, rule->file);
	fprintf(out, ",\"line\":%d}", rule->line);
}

/* --- Layers --------------------------------------------------------------- */

static void
write_settings(FILE *out, const struct settings *settings)
{
	struct quoted quoted;

	fputc('[', out);
	for (int i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->of[i];
		const struct setting_word *word = setting_word(setting->row);

		fprintf(out, "%s{\"section\":\"%s\",\"name\":\"%s\",\"value\":",
			i == 0 ? "" : ",", section_name(word->section),
			word->name);
		setting_write_values(begin_quote(&quoted), setting);
		end_quote(out, &quoted);
		fputc('}', out);
	}
	fputc(']', out);
}

static void
write_windows(FILE *out, struct arena *arena, const struct layer *layer)
{
	struct windows windows = windows_of(arena, layer);
	struct quoted quoted;

	fputs(",\"windows\":{", out);
	for (int i = 0; i < windows.count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_text(out, windows.of[i]->name);
		fputc(':', out);
		window_write(begin_quote(&quoted), windows.of[i]);
		end_quote(out, &quoted);
	}
	fputc('}', out);
}

static void
write_assertion(FILE *out, const struct assertion *assertion)
{
	fprintf(out, "{\"never\":\"%s\"", decision_name(assertion->decision));
	write_operations(out, assertion->operations);
	write_patterns(out, "on", &assertion->subjects);
	fputs(",\"when\":", out);
	write_condition(out, assertion->condition);
	fputc('}', out);
}

static void
write_layer(FILE *out, struct arena *arena, const struct layer *layer)
{
	struct settings settings = {.of = layer->settings,
				    .count = layer->setting_count};

	fprintf(out, "{\"layer\":\"%s\",\"file\":", layer->name);
	write_text(out, layer->file);
	fprintf(out, ",\"default\":\"%s\"",
		layer->inherits ? "inherit" : "deny");
	write_windows(out, arena, layer);
	fputs(",\"rules\":[", out);
	for (int i = 0; i < layer->rule_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_rule(out, &layer->rules[i]);
	}
	fputs("],\"settings\":", out);
	write_settings(out, &settings);
	fputs(",\"assertions\":[", out);
	for (int i = 0; i < layer->assertion_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_assertion(out, &layer->assertions[i]);
	}
	fputs("]}", out);
}

void
policy_export_json(FILE *out, const struct policy *policy)
{
	struct arena *arena = arena_new();
	struct settings effective = settings_effective(arena, policy);

	fprintf(out, "{\"pgmend_policy\":1,\"files\":\"%s\",\"meaning\":\"%s\"",
		policy->files_hash, policy->meaning_hash);
	fputs(",\"layers\":[", out);
	for (int i = 0; i < policy->layer_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		write_layer(out, arena, &policy->layers[i]);
	}
	fputs("],\"effective\":", out);
	write_settings(out, &effective);
	fputs("}\n", out);
	arena_free(arena);
}
