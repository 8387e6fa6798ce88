#include <ctype.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/match.h"
#include "policy/narrowing.h"
#include "policy/setting.h"

/* A setting, and the layers above the one that it stands in. */
struct comparison_of {
	const struct layer *above; /* org first */
	int count;
	const struct setting *lower;
};

/* The setting of a row in the nearest layer above that has it, or NULL. */
static const struct setting *
nearest_above(const struct comparison_of *these, int row)
{
	for (int i = these->count - 1; i >= 0; i--)
		for (int j = 0; j < these->above[i].setting_count; j++)
			if (these->above[i].settings[j].row == row)
				return &these->above[i].settings[j];
	return NULL;
}

/* --- Numbers and words ---------------------------------------------------- */

/* Each returns the setting above that is widened, or NULL. The lower one itself
 * stands for what nobody set. */
typedef const struct setting *find_widened(const struct comparison_of *these);

static const struct setting *
find_lower(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);
	bool widens = upper != NULL &&
		      these->lower->values[0].number > upper->values[0].number;

	return widens ? upper : NULL;
}

static const struct setting *
find_higher(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);
	bool widens = upper != NULL &&
		      these->lower->values[0].number < upper->values[0].number;

	return widens ? upper : NULL;
}

/* Keeping nothing is a promise to those whose data it is. */
static const struct setting *
find_promise(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);

	if (upper != NULL && upper->values[0].number == 0 &&
	    these->lower->values[0].number != 0)
		return upper;
	return find_higher(these);
}

static const struct setting *
find_before_last(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);
	const struct setting_word *word = setting_word(these->lower->row);
	int64_t number = these->lower->values[0].number;

	if (upper == NULL || number == upper->values[0].number ||
	    word->words[number + 1] == NULL)
		return NULL;
	return upper;
}

/* --- Lists ---------------------------------------------------------------- */

static bool
has_text(const struct setting *setting, const char *text)
{
	for (int i = 0; i < setting->value_count; i++)
		if (same_text(setting->values[i].text, text))
			return true;
	return false;
}

static const struct setting *
find_without(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);

	for (int i = 0; upper != NULL && i < these->lower->value_count; i++)
		if (!has_text(upper, these->lower->values[i].text))
			return upper;
	return NULL;
}

static const struct setting *
find_nothing(const struct comparison_of *these)
{
	(void)these;
	return NULL;
}

/* The level is the last value, after the kinds. */
static const struct setting *
find_detected(const struct comparison_of *these)
{
	const struct setting *lower = these->lower;
	int64_t level = lower->values[lower->value_count - 1].number;

	for (int i = 0; i < these->count; i++)
		for (int j = 0; j < these->above[i].setting_count; j++) {
			const struct setting *upper =
				&these->above[i].settings[j];
			int kinds = upper->value_count - 1;
			bool shares = false;

			if (upper->row != lower->row)
				continue;
			for (int k = 0; k < kinds; k++)
				shares |=
					has_text(lower, upper->values[k].text);
			if (shares && level > upper->values[kinds].number)
				return upper;
		}
	return NULL;
}

/* --- The time zone -------------------------------------------------------- */

/* Another zone would move the windows of the layers above. */
static const struct setting *
find_unsettled(const struct comparison_of *these)
{
	const struct setting *upper = nearest_above(these, these->lower->row);
	bool has_windows = false;

	for (int i = 0; i < these->count; i++)
		has_windows |= these->above[i].has_windows;
	if (!has_windows)
		return NULL;
	if (upper == NULL)
		return same_text(these->lower->values[0].text, "UTC")
			       ? NULL
			       : these->lower;
	return has_text(upper, these->lower->values[0].text) ? NULL : upper;
}

/* --- What a model sees ---------------------------------------------------- */

/* What a narrow reading lets '*' stand for. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (!islower((unsigned char)*text) &&
		    !isdigit((unsigned char)*text) && *text != '_' &&
		    *text != '$')
			return false;
	return true;
}

/* True only if every name that the lower part matches, the upper one does: its
 * '*' can only be met by one of the upper's. */
static bool
part_covers(const struct pattern_part *upper, const struct pattern_part *lower)
{
	if (upper->quoted || (lower->quoted && !is_plain(lower->text)))
		return strcmp(upper->text, lower->text) == 0 &&
		       (lower->quoted || strchr(lower->text, '*') == NULL);
	return match_glob(upper->text, lower->text);
}

static bool
pattern_covers(const struct pattern *upper, const struct pattern *lower)
{
	if (upper->count > lower->count)
		return false;
	for (int i = 0; i < upper->count; i++)
		if (!part_covers(&upper->parts[i], &lower->parts[i]))
			return false;
	return true;
}

static bool
list_covers(const struct setting *list, const struct pattern *pattern)
{
	for (int i = 0; i < list->patterns.count; i++)
		if (pattern_covers(&list->patterns.of[i], pattern))
			return true;
	return false;
}

/* The words of the `disclose` lists are levels, in the order of `default`. */
static int
level_of(const struct setting_word *list)
{
	const struct setting_word *word =
		setting_word(setting_find(SECTION_DISCLOSE, "default"));
	int level = 0;

	while (strcmp(word->words[level], list->name) != 0)
		level++;
	return level;
}

/* Whether the layer shows the columns at that level, by a list or by its
 * default, `ret_by`; without one it has no opinion. */
static bool
layer_shows(const struct layer *layer, const struct pattern *pattern, int level,
	    const struct setting **ret_by)
{
	bool is_shown = false;

	*ret_by = NULL;
	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting *setting = &layer->settings[i];
		const struct setting_word *word = setting_word(setting->row);

		if (word->section != SECTION_DISCLOSE)
			continue;
		if (word->form == FORM_PATTERNS && level_of(word) >= level)
			is_shown |= list_covers(setting, pattern);
		if (word->form != FORM_WORD)
			continue;
		is_shown |= setting->values[0].number >= level;
		*ret_by = setting;
	}
	return is_shown;
}

static const struct setting *
find_hidden(const struct comparison_of *these)
{
	const struct setting *lower = these->lower, *by;
	int level = level_of(setting_word(lower->row));

	for (int i = 0; i < these->count; i++)
		for (int j = 0; j < lower->patterns.count; j++) {
			if (layer_shows(&these->above[i],
					&lower->patterns.of[j], level, &by))
				continue;
			if (by != NULL)
				return by;
		}
	return NULL;
}

/* --- One layer ------------------------------------------------------------ */

static find_widened *const finders[DIRECTIONS] = {
	[MAY_LOWER] = find_lower,	 [MAY_RAISE] = find_higher,
	[MAY_RAISE_SOME] = find_promise, [MAY_END] = find_before_last,
	[MAY_OMIT] = find_without,	 [MAY_ADD] = find_nothing,
	[MAY_HIDE] = find_hidden,	 [MAY_SETTLE] = find_unsettled,
};

static const struct setting *
find(const struct comparison_of *these)
{
	const struct setting_word *word = setting_word(these->lower->row);

	if (these->count == 0)
		return NULL;
	return word->form == FORM_DETECT ? find_detected(these)
					 : finders[word->direction](these);
}

/* The text of the setting, as it stands in its line. */
static const char *
written(struct arena *arena, const struct setting *setting)
{
	const struct place *place = &setting->place;
	const char *line = place->source->text;

	for (int i = 1; i < place->line; i++)
		line = strchr(line, '\n') + 1;
	return arena_copy(arena, line + place->column - 1,
			  (size_t)place->width);
}

static void
refuse_widening(struct policy *policy, const struct layer *layer,
		const struct setting *lower, const struct setting *upper,
		struct diagnostics *diagnostics)
{
	const struct setting_word *word = setting_word(lower->row);
	const char *above = written(policy->arena, upper);
	size_t name = lower->row == upper->row ? strlen(word->name) : 0;
	struct place place = lower->place;

	place.width = (int)strlen(word->name);
	if (upper == lower)
		diagnose(diagnostics, "E320", place,
			 "'%s' moves the windows of the layers above, which "
			 "are in UTC",
			 written(policy->arena, lower));
	else
		diagnose(diagnostics, "E320", place,
			 "'%s' widens %s:%d, which sets %s",
			 written(policy->arena, lower),
			 upper->place.source->name, upper->place.line,
			 above + name + strspn(above + name, " \t"));
	diagnose_hint(diagnostics, "a %s layer may only %s", layer->name,
		      direction_name(word->direction));
}

void
narrowing_check(struct policy *policy, int index,
		struct diagnostics *diagnostics)
{
	const struct layer *layer = &policy->layers[index];

	for (int i = 0; i < layer->setting_count; i++) {
		struct comparison_of these = {.above = policy->layers,
					      .count = index,
					      .lower = &layer->settings[i]};
		const struct setting *upper = find(&these);

		if (upper != NULL)
			refuse_widening(policy, layer, these.lower, upper,
					diagnostics);
	}
}
