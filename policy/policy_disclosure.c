#include "pgmend.h"
#include "policy/match.h"
#include "policy/policy_disclosure.h"
#include "policy/rules.h"
#include "policy/setting.h"

#define MAX_ROWS_DEFAULT 3

/* The words of the settings table, which is checked against these. */
static const char *const names[DISCLOSURES] = {
	[DISCLOSE_NONE] = "none",
	[DISCLOSE_SHAPE] = "shape",
	[DISCLOSE_MASKED] = "masked",
	[DISCLOSE_FULL] = "full",
};

/* What a layer answers that says nothing. */
#define NO_OPINION DISCLOSURES

/* The level that one layer gives; `fallback` where it has no default. */
typedef enum disclosure
ask_layer(const struct layer *layer, const void *question,
	  enum disclosure fallback);

const char *
disclosure_name(enum disclosure level)
{
	return names[level];
}

static enum disclosure
stricter(enum disclosure left, enum disclosure right)
{
	return left < right ? left : right;
}

/* The strictest answer of all layers of all sets. Only the base set's first
 * layer must answer: it is the one that nothing stands above. */
static enum disclosure
ask_layers(const struct policy *policy, ask_layer *ask, const void *question)
{
	enum disclosure level = NO_OPINION;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		for (int i = 0; i < set->layer_count; i++) {
			bool is_first = set == policy && i == 0;

			level = stricter(level, ask(&set->layers[i], question,
						    is_first ? DISCLOSE_SHAPE
							     : NO_OPINION));
		}
	}
	return level == NO_OPINION ? DISCLOSE_SHAPE : level;
}

static const struct setting *
find_setting(const struct layer *layer, const char *name)
{
	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting_word *word =
			setting_word(layer->settings[i].row);

		if (word->section == SECTION_DISCLOSE &&
		    strcmp(word->name, name) == 0)
			return &layer->settings[i];
	}
	return NULL;
}

/* The strictest list of the layer that matches under this reading. */
static enum disclosure
strictest_list(const struct layer *layer, const struct subject *subject,
	       enum polarity polarity)
{
	for (enum disclosure level = 0; level < DISCLOSURES; level++) {
		const struct setting *list = find_setting(layer, names[level]);

		if (list != NULL &&
		    match_subject(&list->patterns, subject, polarity))
			return level;
	}
	return NO_OPINION;
}

/* A list that matches only when read widely may lower the default, or another
 * list, but raise nothing. */
static enum disclosure
ask_lists(const struct layer *layer, const void *question,
	  enum disclosure fallback)
{
	const struct subject *subject = question;
	const struct setting *given = find_setting(layer, "default");
	enum disclosure level = strictest_list(layer, subject, POLARITY_NARROW);

	if (level == NO_OPINION)
		level = given == NULL
				? fallback
				: (enum disclosure)given->values[0].number;
	return stricter(level, strictest_list(layer, subject, POLARITY_WIDE));
}

enum disclosure
policy_disclosure(const struct policy *policy, const char *schema,
		  const char *table, const char *column)
{
	struct subject subject = {
		.schema = schema, .table = table, .column = column};

	return ask_layers(policy, ask_lists, &subject);
}

/* Of several `detect` lines the strictest that names the kind; the level is
 * the last value, after the kinds. */
static enum disclosure
ask_detect(const struct layer *layer, const void *question,
	   enum disclosure fallback)
{
	const char *detector = question;
	enum disclosure level = NO_OPINION;

	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting *setting = &layer->settings[i];
		int kinds = setting->value_count - 1;

		if (setting_word(setting->row)->form != FORM_DETECT)
			continue;
		for (int j = 0; j < kinds; j++)
			if (same_text(setting->values[j].text, detector))
				level = stricter(level, (enum disclosure)setting
								->values[kinds]
								.number);
	}
	return level == NO_OPINION ? fallback : level;
}

enum disclosure
policy_detect_level(const struct policy *policy, const char *detector)
{
	return ask_layers(policy, ask_detect, detector);
}

int64_t
policy_disclose_max_rows(const struct policy *policy)
{
	int64_t rows = INT64_MAX;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		for (int i = 0; i < set->layer_count; i++) {
			const struct setting *setting =
				find_setting(&set->layers[i], "max_rows");

			if (setting != NULL && setting->values[0].number < rows)
				rows = setting->values[0].number;
		}
	}
	return rows == INT64_MAX ? MAX_ROWS_DEFAULT : rows;
}
