/*
 * The regions of one kind of subject and types: what the groups of facts
 * (region_group.c) make of the claims together. Only the claims' truths are
 * kept, with one way in which they come about.
 */
#include "pgmend.h"
#include "policy/region_worlds.h"

/* --- Putting them together ------------------------------------------------ */

static void
take_least(uint8_t *ret, const uint8_t *left, const uint8_t *right, int count)
{
	for (int i = 0; i < count; i++)
		ret[i] = left[i] < right[i] ? left[i] : right[i];
}

static void
keep_truths(struct worlds *worlds, struct stage *stage, int before, int choice)
{
	int known = stage->found.count;

	if (keys_add(&stage->found, worlds->truths,
		     (size_t)worlds->cell->count) < known)
		return;
	stage->origins =
		worlds_grow(stage->origins, known, sizeof(*stage->origins));
	stage->origins[known] = (struct origin){before, choice};
}

static bool
combine(struct worlds *worlds, int number)
{
	const struct group *group = &worlds->groups[number];
	const struct stage *before = &worlds->stages[number];

	if (!survey_spend(worlds->survey,
			  (int64_t)before->found.count * group->kept_count,
			  worlds->cell->count))
		return false;
	for (int i = 0; i < before->found.count; i++)
		for (int j = 0; j < group->kept_count; j++) {
			take_least(worlds->truths,
				   keys_bytes(&before->found, i),
				   keys_bytes(&group->found, group->kept[j]),
				   worlds->cell->count);
			keep_truths(worlds, &worlds->stages[number + 1], i,
				    group->kept[j]);
		}
	return true;
}

static bool
try_all(struct worlds *worlds)
{
	worlds->stages =
		xcalloc((size_t)worlds->group_count + 1, sizeof(struct stage));
	memcpy(worlds->truths, worlds->cell->truths,
	       (size_t)worlds->cell->count);
	keep_truths(worlds, &worlds->stages[0], -1, -1);
	for (int i = 0; i < worlds->group_count; i++)
		if (!group_try(worlds, &worlds->groups[i]) ||
		    !combine(worlds, i))
			return false;
	return true;
}

void
region_facts(const struct region *region, struct facts *ret_facts)
{
	const struct worlds *worlds = region->worlds;
	int number = region->number;

	*ret_facts = (struct facts){.today = 0};
	for (int i = worlds->group_count; i > 0; i--) {
		const struct group *group = &worlds->groups[i - 1];
		const struct origin *origin =
			&worlds->stages[i].origins[number];

		group_set(group, group->points[origin->choice], ret_facts);
		number = origin->before;
	}
}

/* --- The whole ------------------------------------------------------------ */

static void
visit_all(struct worlds *worlds, region_visit *visit, void *context)
{
	const struct cell *cell = worlds->cell;
	const struct keys *found = &worlds->stages[worlds->group_count].found;
	auto_free int *claims = xcalloc((size_t)cell->count, sizeof(*claims));
	struct region region = {.operation = worlds->survey->operation,
				.subject = cell->subject,
				.claims = claims,
				.count = cell->count,
				.worlds = worlds};

	for (int i = 0; i < cell->count; i++)
		claims[i] = worlds->survey->about[cell->live[i]];
	for (region.number = 0; region.number < found->count; region.number++) {
		region.truths = keys_bytes(found, region.number);
		visit(&region, context);
	}
}

static void
release(struct worlds *worlds)
{
	for (int i = 0; worlds->stages != NULL && i <= worlds->group_count;
	     i++) {
		keys_release(&worlds->stages[i].found);
		free(worlds->stages[i].origins);
	}
	groups_release(worlds);
	free(worlds->stages);
	free(worlds->is_live);
	free(worlds->truths);
}

bool
cell_visit(struct survey *survey, const struct axis *axes,
	   const struct cell *cell, region_visit *visit, void *context)
{
	struct worlds worlds = {.survey = survey, .axes = axes, .cell = cell};
	bool is_decided;

	worlds.column[1].known = true;
	worlds.column[1].text = cell->subject->column;
	worlds.truths = xcalloc((size_t)cell->count, 1);
	worlds.is_live = xcalloc((size_t)survey->count, sizeof(bool));
	for (int i = 0; i < cell->count; i++)
		worlds.is_live[cell->live[i]] = true;
	worlds_collect(&worlds);
	is_decided = try_all(&worlds);
	if (is_decided) {
		survey->points += worlds.stages[worlds.group_count].found.count;
		visit_all(&worlds, visit, context);
	}
	release(&worlds);
	return is_decided;
}
