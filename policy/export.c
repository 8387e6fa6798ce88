#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/diagnostic.h"
#include "policy/export.h"
#include "policy/export_rule.h"
#include "policy/format.h"
#include "policy/setting_write.h"

/* --- One layer ------------------------------------------------------------ */

static void
write_head(FILE *out, const struct layer *layer, const char *parent)
{
	fprintf(out, "pgmend-policy 1\nlayer %s\n", layer->name);
	if (parent != NULL) {
		fputs("extends ", out);
		string_write(out, parent);
		fputc('\n', out);
	}
	fprintf(out, "default %s\n\n", layer->inherits ? "inherit" : "deny");
}

static void
write_windows(FILE *out, struct arena *arena, const struct layer *layer)
{
	struct windows windows = windows_of(arena, layer);

	for (int i = 0; i < windows.count; i++) {
		fprintf(out, "window @%s = ", windows.of[i]->name);
		window_write(out, windows.of[i]);
		fputc('\n', out);
	}
	if (windows.count > 0)
		fputc('\n', out);
}

static void
write_layer(FILE *out, struct arena *arena, const struct layer *layer,
	    const char *parent)
{
	struct settings settings = {.of = layer->settings,
				    .count = layer->setting_count};

	write_head(out, layer, parent);
	write_windows(out, arena, layer);
	for (int i = 0; i < layer->rule_count; i++)
		rule_write(out, &layer->rules[i]);
	fputc('\n', out);
	settings_write(out, &settings);
	fputc('\n', out);
	for (int i = 0; i < layer->assertion_count; i++)
		assertion_write(out, &layer->assertions[i]);
	for (int i = 0; i < layer->test_count; i++)
		policy_test_write(out, &layer->tests[i]);
}

/* A list of many includes may be longer than a line may be: each of its commas
 * ends one here, and the layout joins what fits. */
static void
write_broken(FILE *out, const char *text)
{
	bool in_string = false;

	for (; *text != '\0'; text++) {
		if (*text == '"')
			in_string = !in_string;
		fputc(*text, out);
		if (in_string && *text == '\\')
			fputc(*++text, out);
		else if (!in_string && *text == ',')
			fputc('\n', out);
	}
}

int
policy_export_layer(char **ret_text, const struct policy *policy, int layer,
		    const char *parent, struct error *err)
{
	const struct layer *exported = &policy->layers[layer];
	struct source source = {.path = exported->file, .name = exported->file};
	auto_free char *plain = NULL, *broken = NULL, *said = NULL;
	struct arena *arena = arena_new();
	FILE *out = xmemstream(&plain, &source.size);
	size_t said_size;
	int status;

	write_layer(out, arena, exported, parent);
	fclose(out);
	arena_free(arena);
	out = xmemstream(&broken, &source.size);
	write_broken(out, plain);
	fclose(out);
	source.text = broken;
	out = xmemstream(&said, &said_size);
	status = policy_format(ret_text, &source, out, false, err);
	fclose(out);
	return status == 0 ? 0
			   : fail_in(err, "the layer %s, written out",
				     exported->name);
}

void
policy_export_settings(FILE *out, const struct policy *policy)
{
	struct arena *arena = arena_new();
	struct settings settings = settings_effective(arena, policy);

	settings_write(out, &settings);
	arena_free(arena);
}
