/* What varies in a world besides names and types, and the values of it at which
 * some condition changes its mind. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/region_parts.h"

#define MINUTES_A_DAY (24 * 60)
#define MINUTES_A_WEEK (7 * MINUTES_A_DAY)

/* A set fact with more combinations of names than this isn't tried out. */
#define SETS_MAX 256

/* A text that no condition names. */
#define USUAL "q"

struct tables {
	struct survey *survey;
	struct axis *axes;
};

/* --- Values --------------------------------------------------------------- */

static void
add_value(struct arena *arena, struct axis *axis, int64_t number,
	  const char *text)
{
	struct fact_value value = {
		.known = true, .number = number, .text = text};

	if (number < 0)
		return;
	for (int i = 1; i < axis->count; i++)
		if (axis->values[i].number == number &&
		    same_text(axis->values[i].text, text))
			return;
	arena_append(arena, axis->values, axis->count, value);
}

/* The points around each number that a condition compares with. */
static void
add_numbers(struct arena *arena, struct axis *axis,
	    const struct condition *condition, int64_t most)
{
	for (int i = 0; i < condition->value_count; i++) {
		int64_t number = condition->values[i].number;

		add_value(arena, axis, number - 1, NULL);
		if (number <= most)
			add_value(arena, axis, number, NULL);
		if (number < most)
			add_value(arena, axis, number + 1, NULL);
	}
}

/* Every minute of the week at which the window opens or closes; between two of
 * them nothing changes. */
static void
add_window(struct arena *arena, struct axis *axis, const struct window *window)
{
	for (int day = 0; day < MINUTES_A_WEEK; day += MINUTES_A_DAY) {
		add_value(arena, axis, day, NULL);
		for (int i = 0; i < window->count; i++) {
			add_value(arena, axis, day + window->of[i].start, NULL);
			if (window->of[i].end < MINUTES_A_DAY)
				add_value(arena, axis, day + window->of[i].end,
					  NULL);
		}
	}
}

/* --- Texts ---------------------------------------------------------------- */

/* The globs of all conditions on the fact: an equal text is an exact one. */
static struct glob *
globs_of(struct arena *arena, const struct axis *axis, int *ret_count)
{
	struct glob *globs = NULL;
	int count = 0;

	for (int i = 0; i < axis->atom_count; i++) {
		const struct condition *atom = axis->atoms[i].condition;
		bool is_glob = atom->kind == CONDITION_LIKE ||
			       atom->kind == CONDITION_HAS;
		struct glob glob = {.reading =
					    is_glob ? GLOB_VALUE : GLOB_EXACT};

		for (int j = 0; j < atom->value_count; j++) {
			glob.text = atom->values[j].text;
			arena_append(arena, globs, count, glob);
		}
	}
	*ret_count = count;
	return globs;
}

static bool
add_texts(struct arena *arena, struct axis *axis)
{
	int count;
	struct glob *globs = globs_of(arena, axis, &count);
	struct glob_set set = {.of = globs, .count = count};
	struct glob_words words = glob_walk(arena, &set, USUAL);

	for (int i = 0; i < words.count; i++)
		add_value(arena, axis, 0, words.of[i].text);
	return words.is_complete;
}

/* Sets: what one name matches, and all that several names match together. */
static bool
add_sets(struct arena *arena, struct axis *axis)
{
	int count;
	struct glob *globs = globs_of(arena, axis, &count);
	struct glob_set set = {.of = globs, .count = count};
	struct glob_words words = glob_walk(arena, &set, USUAL);
	size_t width = bits_words(count);
	uint64_t *matches = arena_take(arena, (width + 1) * sizeof(*matches));
	auto_keys struct keys seen = NO_KEYS;

	keys_add(&seen, matches, width * sizeof(*matches));
	add_value(arena, axis, 0, "");
	for (int i = 1; i < axis->count && axis->count < SETS_MAX; i++)
		for (int j = 0; j < words.count; j++) {
			const char *before = axis->values[i].text;
			int known = seen.count;

			memcpy(matches, keys_bytes(&seen, i - 1),
			       width * sizeof(*matches));
			for (size_t k = 0; k < width; k++)
				matches[k] |= words.of[j].matches[k];
			if (keys_add(&seen, matches, width * sizeof(*matches)) <
			    known)
				continue;
			add_value(arena, axis, 0,
				  arena_print(arena, "%s%s%s", before,
					      *before == '\0' ? "" : "\n",
					      words.of[j].text));
		}
	return words.is_complete && axis->count < SETS_MAX;
}

/* --- Which facts a condition asks for ------------------------------------- */

static bool
is_compound(const struct condition *condition)
{
	return condition->kind == CONDITION_AND ||
	       condition->kind == CONDITION_OR ||
	       condition->kind == CONDITION_NOT;
}

static int
axis_of(const struct condition *atom)
{
	return atom->kind == CONDITION_WINDOW ? AXIS_CLOCK : (int)atom->fact;
}

uint64_t
condition_axes(const struct condition *condition)
{
	if (condition == NULL)
		return 0;
	if (is_compound(condition))
		return condition_axes(condition->left) |
		       condition_axes(condition->right);
	return UINT64_C(1) << axis_of(condition);
}

static void
add_atoms(struct tables *tables, int claim, const struct condition *condition)
{
	struct atom atom = {.claim = claim, .condition = condition};
	struct axis *axis;

	if (condition == NULL)
		return;
	if (is_compound(condition)) {
		add_atoms(tables, claim, condition->left);
		add_atoms(tables, claim, condition->right);
		return;
	}
	axis = &tables->axes[axis_of(condition)];
	arena_append(tables->survey->arena, axis->atoms, axis->atom_count,
		     atom);
}

static void
add_claim(struct tables *tables, int index)
{
	struct survey *survey = tables->survey;
	const struct claim *claim = survey_claim(survey, index);
	struct axis *axis = &tables->axes[AXIS_TODAY];
	struct atom expiry = {.claim = index};

	for (int i = 0; i < claim->condition_count; i++)
		add_atoms(tables, index, claim->conditions[i]);
	if (claim->expires == 0)
		return;
	arena_append(survey->arena, axis->atoms, axis->atom_count, expiry);
	add_value(survey->arena, axis, survey->today, NULL);
	if (claim->expires > survey->today)
		add_value(survey->arena, axis, claim->expires, NULL);
}

/* --- The axes ------------------------------------------------------------- */

static bool
fill_numbers(struct arena *arena, struct axis *axis, enum fact_type type)
{
	int64_t most = type == TYPE_PERCENT ? 100 : INT64_MAX;

	for (int i = 0; i < axis->atom_count; i++)
		add_numbers(arena, axis, axis->atoms[i].condition, most);
	return true;
}

/* The values that the axis' atoms can tell apart. */
static bool
fill_fact(struct arena *arena, struct axis *axis, enum fact fact)
{
	const struct fact_word *word = fact_word(fact);

	switch (word->type) {
	case TYPE_BOOL:
		add_value(arena, axis, 0, NULL);
		add_value(arena, axis, 1, NULL);
		return true;
	case TYPE_ENUM:
		for (int i = 0; word->words[i] != NULL; i++)
			add_value(arena, axis, i, NULL);
		return true;
	case TYPE_NAME:
		/* The subject's own column: each cell has another. */
		return fact == FACT_COLUMN_NAME || add_texts(arena, axis);
	case TYPE_SET:
		return add_sets(arena, axis);
	default:
		return fill_numbers(arena, axis, word->type);
	}
}

static void
add_unknown(struct arena *arena, struct axis *axis)
{
	arena_append(arena, axis->values, axis->count,
		     ((struct fact_value){.known = false}));
}

struct axis *
region_axes(struct survey *survey)
{
	struct arena *arena = survey->arena;
	struct axis *axes = arena_take(arena, AXES * sizeof(*axes));
	struct tables tables = {.survey = survey, .axes = axes};
	struct axis *clock = &axes[AXIS_CLOCK];

	for (int i = 0; i < AXES; i++)
		add_unknown(arena, &axes[i]);
	for (int i = 0; i < survey->count; i++)
		add_claim(&tables, i);
	for (int i = 0; i < FACTS; i++)
		if (axes[i].atom_count > 0 &&
		    !fill_fact(arena, &axes[i], (enum fact)i))
			return NULL;
	for (int i = 0; i < clock->atom_count; i++)
		add_window(arena, clock, clock->atoms[i].condition->window);
	return axes;
}

void
axis_set(struct facts *facts, int axis, const struct fact_value *value)
{
	if (axis == AXIS_CLOCK) {
		facts->clock_known = value->known;
		facts->clock_minutes = (int)value->number;
	} else if (axis == AXIS_TODAY) {
		facts->today = (int)value->number;
	} else {
		facts->of[axis] = *value;
	}
}

enum truth
atom_truth(const struct survey *survey, const struct atom *atom,
	   const struct facts *facts)
{
	uint64_t used = 0, unknown = 0;

	if (atom->condition == NULL)
		return rule_in_time(survey_claim(survey, atom->claim)->expires,
				    facts);
	return match_condition(atom->condition, facts, &used, &unknown);
}

bool
atom_is_vacuous(const struct condition *condition, struct arena *arena)
{
	struct atom atom = {.condition = condition};
	struct axis axis = {.atoms = &atom, .atom_count = 1};
	struct facts facts = {.today = 0};
	int number = axis_of(condition);

	if (number == FACT_COLUMN_NAME)
		return false;
	add_unknown(arena, &axis);
	if (number == AXIS_CLOCK)
		add_window(arena, &axis, condition->window);
	else if (!fill_fact(arena, &axis, (enum fact)number))
		return false;
	for (int i = 1; i < axis.count; i++) {
		axis_set(&facts, number, &axis.values[i]);
		if (atom_truth(NULL, &atom, &facts) != TRUTH_TRUE)
			return false;
	}
	return true;
}
