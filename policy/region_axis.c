/* What varies in a world, and the values of it that rules can tell apart. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/region.h"

struct axis *
regions_axis(struct regions *regions, enum axis_kind kind, enum fact fact)
{
	struct axis axis = {.kind = kind, .fact = fact};
	struct fact_value unknown = {.known = false};

	for (int i = 0; i < regions->axis_count; i++)
		if (regions->axes[i].kind == kind &&
		    regions->axes[i].fact == fact)
			return &regions->axes[i];
	arena_append(regions->arena, axis.values, axis.count, unknown);
	arena_append(regions->arena, regions->axes, regions->axis_count, axis);
	return &regions->axes[regions->axis_count - 1];
}

void
regions_add_value(struct regions *regions, struct axis *axis, int64_t number,
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
	arena_append(regions->arena, axis->values, axis->count, value);
}

/* A text that the glob matches: each '*' stands for `filler`. */
const char *
regions_fill(struct arena *arena, const char *glob, const char *filler)
{
	const char *text = "";

	for (; *glob != '\0'; glob++)
		text = *glob == '*' ? arena_print(arena, "%s%s", text, filler)
				    : arena_print(arena, "%s%c", text, *glob);
	return text;
}

static void
add_texts(struct regions *regions, struct axis *axis,
	  const struct condition *condition)
{
	regions_add_value(regions, axis, 0, ORDINARY);
	for (int i = 0; i < condition->value_count; i++)
		regions_add_value(regions, axis, 0,
				  regions_fill(regions->arena,
					       condition->values[i].text,
					       ORDINARY));
}

/* The points around each number that a rule compares with. */
static void
add_numbers(struct regions *regions, struct axis *axis,
	    const struct condition *condition)
{
	for (int i = 0; i < condition->value_count; i++) {
		int64_t number = condition->values[i].number;

		regions_add_value(regions, axis, number - 1, NULL);
		regions_add_value(regions, axis, number, NULL);
		if (number < INT64_MAX)
			regions_add_value(regions, axis, number + 1, NULL);
	}
}

static void
add_window(struct regions *regions, const struct window *window)
{
	struct axis *axis = regions_axis(regions, AXIS_CLOCK, 0);

	for (int i = 0; i < window->count; i++) {
		const struct span *span = &window->of[i];
		int day = span->first_day * 24 * 60;

		regions_add_value(regions, axis, day + span->start, NULL);
		regions_add_value(regions, axis, day + span->end, NULL);
		regions_add_value(regions, axis, day + span->start - 1, NULL);
	}
}

static void
add_fact(struct regions *regions, const struct condition *condition)
{
	struct axis *axis = regions_axis(regions, AXIS_FACT, condition->fact);
	const struct fact_word *word = fact_word(condition->fact);

	switch (word->type) {
	case TYPE_BOOL:
		regions_add_value(regions, axis, 0, NULL);
		regions_add_value(regions, axis, 1, NULL);
		break;
	case TYPE_ENUM:
		for (int i = 0; word->words[i] != NULL; i++)
			regions_add_value(regions, axis, i, NULL);
		break;
	case TYPE_NAME:
	case TYPE_SET:
		add_texts(regions, axis, condition);
		break;
	default:
		add_numbers(regions, axis, condition);
	}
}

void
regions_add_condition(struct regions *regions,
		      const struct condition *condition)
{
	if (condition == NULL)
		return;
	switch (condition->kind) {
	case CONDITION_AND:
	case CONDITION_OR:
	case CONDITION_NOT:
		regions_add_condition(regions, condition->left);
		regions_add_condition(regions, condition->right);
		break;
	case CONDITION_WINDOW:
		add_window(regions, condition->window);
		break;
	default:
		add_fact(regions, condition);
	}
}
