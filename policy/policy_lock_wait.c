#include "pgmend.h"
#include "policy/policy.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* What the layer says, if that is less. */
static int64_t
tighten(int64_t least, const struct layer *layer, int row)
{
	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting *setting = &layer->settings[i];

		if (setting->row == row &&
		    (least < 0 || setting->values[0].number < least))
			least = setting->values[0].number;
	}
	return least;
}

int64_t
policy_lock_wait_hour(const struct policy *policy)
{
	int row = setting_find(SECTION_LIMITS, "lock_wait_hour");
	int64_t least = -1;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower)
		for (int i = 0; i < set->layer_count; i++)
			least = tighten(least, &set->layers[i], row);
	return least;
}
