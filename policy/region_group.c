/*
 * Conditions in groups: those that share facts with each other, and with no
 * others. Each group is tried for itself.
 */
#include "pgmend.h"
#include "policy/region_worlds.h"

void *
worlds_grow(void *array, int count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	return xreallocarray(array, count == 0 ? 1 : 2 * (size_t)count, size);
}

/* --- Terms ---------------------------------------------------------------- */

static void
add_term(struct worlds *worlds, int live, struct atom atom)
{
	struct term term = {.live = live, .atom = atom};

	term.axes = atom.condition == NULL ? UINT64_C(1) << AXIS_TODAY
					   : condition_axes(atom.condition);
	worlds->terms =
		worlds_grow(worlds->terms, worlds->term_count, sizeof(term));
	worlds->terms[worlds->term_count++] = term;
}

static void
add_condition(struct worlds *worlds, int live, int claim,
	      const struct condition *condition)
{
	struct atom whole = {.claim = claim, .condition = condition};

	if (condition->kind == CONDITION_AND) {
		add_condition(worlds, live, claim, condition->left);
		add_condition(worlds, live, claim, condition->right);
		return;
	}
	add_term(worlds, live, whole);
}

static void
collect_terms(struct worlds *worlds)
{
	for (int i = 0; i < worlds->cell->count; i++) {
		int index = worlds->cell->live[i];
		const struct claim *claim = survey_claim(worlds->survey, index);

		for (int j = 0; j < claim->condition_count; j++)
			add_condition(worlds, i, index, claim->conditions[j]);
		if (claim->expires != 0)
			add_term(worlds, i, (struct atom){.claim = index});
	}
}

/* --- Groups --------------------------------------------------------------- */

/* Puts the axes into the one group that they connect. */
static void
connect(struct worlds *worlds, uint64_t axes)
{
	int kept = 0;

	for (int i = 0; i < worlds->group_count; i++)
		if ((worlds->groups[i].axes & axes) != 0)
			axes |= worlds->groups[i].axes;
		else
			worlds->groups[kept++] = worlds->groups[i];
	worlds->group_count = kept;
	worlds->groups[worlds->group_count++] = (struct group){.axes = axes};
}

static void
collect_groups(struct worlds *worlds)
{
	worlds->groups = xcalloc(AXES, sizeof(*worlds->groups));
	for (int i = 0; i < worlds->term_count; i++)
		connect(worlds, worlds->terms[i].axes);
}

void
worlds_collect(struct worlds *worlds)
{
	collect_terms(worlds);
	collect_groups(worlds);
}

/* --- Values that these claims tell apart ---------------------------------- */

static int
values_of(struct worlds *worlds, int number, const struct fact_value **ret)
{
	if (number != FACT_COLUMN_NAME) {
		*ret = worlds->axes[number].values;
		return worlds->axes[number].count;
	}
	*ret = worlds->column;
	return worlds->cell->subject->column == NULL ? 1 : 2;
}

/* Few of all atoms belong to claims that are live in one cell. */
static int
list_live_atoms(const struct worlds *worlds, const struct axis *axis, int *ret)
{
	int count = 0;

	for (int i = 0; i < axis->atom_count; i++)
		if (worlds->is_live[axis->atoms[i].claim])
			ret[count++] = i;
	return count;
}

static struct axis_values
varying_of(struct worlds *worlds, int number)
{
	const struct axis *axis = &worlds->axes[number];
	struct axis_values values = {.axis = number};
	const struct fact_value *all;
	int count = values_of(worlds, number, &all);
	auto_free int *live = xcalloc((size_t)axis->atom_count, sizeof(*live));
	int live_count = list_live_atoms(worlds, axis, live);
	auto_free uint8_t *truths = xcalloc((size_t)live_count, 1);
	auto_keys struct keys seen = NO_KEYS;

	values.of = xcalloc((size_t)count, sizeof(*values.of));
	for (int i = 0; i < count; i++) {
		struct facts facts = {.today = 0};
		int known = seen.count;

		axis_set(&facts, number, &all[i]);
		for (int j = 0; j < live_count; j++)
			truths[j] = (uint8_t)atom_truth(
				worlds->survey, &axis->atoms[live[j]], &facts);
		if (keys_add(&seen, truths, (size_t)live_count) == known)
			values.of[values.count++] = &all[i];
	}
	return values;
}

/* --- Leaving out what is unknown ------------------------------------------ */

/* The one live claim that asks for the group's facts; -1: there are several. */
static int
only_claim(const struct worlds *worlds, const struct group *group)
{
	int only = -1;

	for (int i = 0; i < worlds->term_count; i++) {
		const struct term *term = &worlds->terms[i];

		if ((term->axes & group->axes) == 0)
			continue;
		if (only >= 0 && only != term->live)
			return -1;
		only = term->live;
	}
	return only;
}

static bool
shows(const struct group *group, int live, enum truth truth)
{
	for (int i = 0; i < group->found.count; i++) {
		const uint8_t *truths = keys_bytes(&group->found, i);

		if (truths[live] == truth)
			return true;
	}
	return false;
}

static void
keep_some(struct worlds *worlds, struct group *group)
{
	int only = worlds->survey->claims->spares_unknown
			   ? only_claim(worlds, group)
			   : -1;
	bool spares = only >= 0 && shows(group, only, TRUTH_FALSE) &&
		      shows(group, only, TRUTH_TRUE);

	group->kept = xcalloc((size_t)group->found.count, sizeof(*group->kept));
	for (int i = 0; i < group->found.count; i++) {
		const uint8_t *truths = keys_bytes(&group->found, i);

		if (!spares || truths[only] != TRUTH_UNKNOWN)
			group->kept[group->kept_count++] = i;
	}
}

/* --- Trying one group ----------------------------------------------------- */

void
group_set(const struct group *group, int64_t point, struct facts *facts)
{
	for (int i = 0; i < group->varying_count; i++) {
		const struct axis_values *values = &group->varying[i];

		axis_set(facts, values->axis,
			 values->of[point % values->count]);
		point /= values->count;
	}
}

/* What the group's terms make of each live claim. */
static void
read_truths(struct worlds *worlds, const struct group *group,
	    const struct facts *facts)
{
	memset(worlds->truths, TRUTH_TRUE, (size_t)worlds->cell->count);
	for (int i = 0; i < worlds->term_count; i++) {
		const struct term *term = &worlds->terms[i];
		uint8_t *least = &worlds->truths[term->live];
		uint8_t truth;

		if ((term->axes & group->axes) == 0 || *least == TRUTH_FALSE)
			continue;
		truth = (uint8_t)atom_truth(worlds->survey, &term->atom, facts);
		*least = truth < *least ? truth : *least;
	}
}

bool
group_try(struct worlds *worlds, struct group *group)
{
	struct facts facts = {.today = 0};
	int64_t points = 1;

	group->varying = xcalloc(AXES, sizeof(*group->varying));
	for (int i = 0; i < AXES; i++) {
		if ((group->axes & UINT64_C(1) << i) == 0)
			continue;
		group->varying[group->varying_count] = varying_of(worlds, i);
		points *= group->varying[group->varying_count++].count;
		if (points > REGION_POINTS_MAX)
			return false;
	}
	if (!survey_spend(worlds->survey, points,
			  worlds->term_count + worlds->cell->count / 8))
		return false;
	for (int64_t point = 0; point < points; point++) {
		int known = group->found.count;

		group_set(group, point, &facts);
		read_truths(worlds, group, &facts);
		if (keys_add(&group->found, worlds->truths,
			     (size_t)worlds->cell->count) < known)
			continue;
		group->points =
			worlds_grow(group->points, known, sizeof(int64_t));
		group->points[known] = point;
	}
	keep_some(worlds, group);
	return true;
}

void
groups_release(struct worlds *worlds)
{
	for (int i = 0; i < worlds->group_count; i++) {
		struct group *group = &worlds->groups[i];

		for (int j = 0; j < group->varying_count; j++)
			free(group->varying[j].of);
		free(group->varying);
		free(group->points);
		free(group->kept);
		keys_release(&group->found);
	}
	free(worlds->groups);
	free(worlds->terms);
}
