/* What a model may see of the values of each column: the lists of both sets are
 * walked together, so that every column is alike to one that is compared. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/difference_parts.h"
#include "policy/policy_disclosure.h"
#include "policy/region.h"
#include "policy/setting.h"

struct showing {
	struct differences *differences;
	const struct policy *before, *after;
	bool seen[DISCLOSURES][DISCLOSURES];
};

static void
add_lists(struct claims *claims, const struct policy *policy)
{
	for (int i = 0; i < policy->layer_count; i++) {
		const struct layer *layer = &policy->layers[i];

		for (int j = 0; j < layer->setting_count; j++) {
			const struct patterns *patterns =
				&layer->settings[j].patterns;

			if (patterns->count == 0)
				continue;
			claims_add_patterns(claims, patterns, POLARITY_NARROW);
			claims_add_patterns(claims, patterns, POLARITY_WIDE);
		}
	}
}

static void
add(struct showing *showing, const char *what, const char *example,
    const enum disclosure levels[2])
{
	differences_add(showing->differences,
			(struct difference){
				.widens = levels[1] > levels[0],
				.what = what,
				.change = "",
				.before = disclosure_name(levels[0]),
				.after = disclosure_name(levels[1]),
				.example = example,
			});
}

/* One example of each change is enough. */
static void
compare_column(const struct region *region, void *context)
{
	struct showing *showing = context;
	const struct subject *subject = region->subject;
	enum disclosure levels[2] = {
		policy_disclosure(showing->before, subject->schema,
				  subject->table, subject->column),
		policy_disclosure(showing->after, subject->schema,
				  subject->table, subject->column)};
	auto_free char *text = NULL;

	if (levels[0] == levels[1] || showing->seen[levels[0]][levels[1]])
		return;
	showing->seen[levels[0]][levels[1]] = true;
	text = subject_text(subject);
	add(showing, "disclose",
	    arena_print(showing->differences->arena, "%s", text), levels);
}

void
differences_of_disclosure(struct differences *differences,
			  const struct policy *before,
			  const struct policy *after)
{
	struct showing showing = {
		.differences = differences, .before = before, .after = after};
	struct claims claims = {.arena = differences->arena};

	add_lists(&claims, before);
	add_lists(&claims, after);
	if (regions_visit(&claims, OP_ADD_COLUMN, 0, compare_column, &showing) <
	    0)
		differences->undecided = true;
	for (int i = 0; detect_kinds[i] != NULL; i++) {
		enum disclosure levels[2] = {
			policy_detect_level(before, detect_kinds[i]),
			policy_detect_level(after, detect_kinds[i])};

		if (levels[0] != levels[1])
			add(&showing,
			    arena_print(differences->arena,
					"disclose.detect %s", detect_kinds[i]),
			    NULL, levels);
	}
}
