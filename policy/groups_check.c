/* Groups that a rule asks for approval: by a typo nobody could give it, or
 * somebody else. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/narrowing.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* The list of approve.groups that holds for the layer's rules: its own, or that
 * of the next layer above; NULL where none of them has one. */
static const struct setting *
groups_above(const struct policy *policy, int layer)
{
	int row = setting_find(SECTION_APPROVE, "groups");

	for (int i = layer; i >= 0; i--)
		for (int j = 0; j < policy->layers[i].setting_count; j++)
			if (policy->layers[i].settings[j].row == row)
				return &policy->layers[i].settings[j];
	return NULL;
}

static bool
is_listed(const struct setting *list, const char *group)
{
	for (int i = 0; i < list->value_count; i++)
		if (strcmp(list->values[i].text, group) == 0)
			return true;
	return false;
}

static void
check_rule(const struct policy *policy, const struct setting *list,
	   const struct rule *rule, struct diagnostics *diagnostics)
{
	size_t count = (size_t)list->value_count;
	const char **known =
		arena_take(policy->arena, (count + 1) * sizeof(*known));

	for (size_t i = 0; i < count; i++)
		known[i] = list->values[i].text;
	for (int i = 0; i < rule->group_count; i++) {
		if (is_listed(list, rule->groups[i]))
			continue;
		diagnose(diagnostics, "E151", rule->groups_place,
			 "'%s' is none of the groups that may approve "
			 "(%s:%d)",
			 rule->groups[i], list->place.source->name,
			 list->place.line);
		diagnose_similar(diagnostics, rule->groups[i], known);
	}
}

void
groups_check(const struct policy *policy, int layer,
	     struct diagnostics *diagnostics)
{
	const struct setting *list = groups_above(policy, layer);

	for (int i = 0; list != NULL && i < policy->layers[layer].rule_count;
	     i++)
		check_rule(policy, list, &policy->layers[layer].rules[i],
			   diagnostics);
}
