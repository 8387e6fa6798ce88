/* W308: whoever masks a column named like a kind of personal data hardly means
 * to send the same data in full when it turns up elsewhere. */
#include "pgmend.h"
#include "policy/condition_write.h"
#include "policy/glob.h"
#include "policy/lint_parts.h"
#include "policy/policy_disclosure.h"
#include "policy/setting.h"

static const struct {
	const char
		*kind; /* of detect_kinds, and what such a column is called */
	const char *plural;
} kinds[] = {
	{"email", "e-mail addresses"},
	{"card", "card numbers"},
	{"iban", "IBANs"},
	{"phone", "phone numbers"},
	{"jwt", "JSON web tokens"},
	{"key", "keys"},
};

/* A pattern of every column speaks of no kind of data. */
static bool
is_named_like(const struct pattern *pattern, const char *kind)
{
	const struct pattern_part *part = &pattern->parts[2];
	struct glob glob = {.text = part->text, .reading = GLOB_WIDE};

	return pattern->count == 3 && !part->quoted &&
	       part->text[strspn(part->text, "*")] != '\0' &&
	       glob_matches(&glob, kind);
}

/* The pattern of a list that shows less than all, or NULL. */
static const struct pattern *
find_hidden(const struct setting *setting, const char *kind)
{
	const struct setting_word *word = setting_word(setting->row);

	if (word->section != SECTION_DISCLOSE || word->form != FORM_PATTERNS ||
	    strcmp(word->name, disclosure_name(DISCLOSE_FULL)) == 0)
		return NULL;
	for (int i = 0; i < setting->patterns.count; i++)
		if (is_named_like(&setting->patterns.of[i], kind))
			return &setting->patterns.of[i];
	return NULL;
}

static void
report(struct linter *linter, const struct setting *setting,
       const struct pattern *pattern, const char *plural)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);
	bool is_masked = strcmp(setting_word(setting->row)->name,
				disclosure_name(DISCLOSE_MASKED)) == 0;

	pattern_write(out, pattern);
	fclose(out);
	diagnose(&linter->diagnostics, "W308", setting->section,
		 "disclose %s '%s' but detect sends %s at level 'full' "
		 "elsewhere",
		 is_masked ? "masks" : "hides", text, plural);
}

static void
read_layer(struct linter *linter, const struct layer *layer, size_t kind)
{
	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting *setting = &layer->settings[i];
		const struct pattern *hidden =
			find_hidden(setting, kinds[kind].kind);

		if (hidden == NULL)
			continue;
		report(linter, setting, hidden, kinds[kind].plural);
		return;
	}
}

void
lint_disclosure(struct linter *linter)
{
	for (size_t i = 0; i < array_size(kinds); i++) {
		if (policy_detect_level(linter->policy, kinds[i].kind) !=
		    DISCLOSE_FULL)
			continue;
		for (int j = 0; j < linter->policy->layer_count; j++)
			read_layer(linter, &linter->policy->layers[j], i);
	}
}
