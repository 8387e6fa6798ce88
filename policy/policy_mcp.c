#include "pgmend.h"
#include "policy/policy_mcp.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* What the layers of one set say: the most careful of them. In the order of
 * the words in setting.c, but for the first. */
enum proposal_fate { FATE_UNSAID = -1, FATE_STORE, FATE_APPLY };

static enum proposal_fate
fate_of(const struct layer *layer)
{
	int row = setting_find(SECTION_MCP, "propose");

	for (int i = 0; i < layer->setting_count; i++)
		if (layer->settings[i].row == row)
			return (enum proposal_fate)layer->settings[i]
				.values[0]
				.number;
	return FATE_UNSAID;
}

static enum proposal_fate
fate_of_set(const struct policy *set)
{
	enum proposal_fate all = FATE_UNSAID;

	for (int i = 0; i < set->layer_count; i++) {
		enum proposal_fate one = fate_of(&set->layers[i]);

		if (one == FATE_STORE)
			return FATE_STORE;
		all = one == FATE_APPLY ? FATE_APPLY : all;
	}
	return all;
}

/* A further set can only narrow: it is the base that must say so. */
bool
policy_applies_proposals(const struct policy *policy)
{
	if (fate_of_set(policy) != FATE_APPLY)
		return false;
	for (const struct policy *set = policy->narrower; set != NULL;
	     set = set->narrower)
		if (fate_of_set(set) == FATE_STORE)
			return false;
	return true;
}
