#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy_disclosure.h"
#include "supervisor/disclose.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/privacy.h"
#include "supervisor/replay.h"

static bool
is_withheld(const struct policy *policy, const struct action *action)
{
	enum disclosure level = policy_disclosure(
		policy, action->schema, action->table, action->column);

	return level == DISCLOSE_NONE || level == DISCLOSE_MASKED;
}

/* A value that could be shown in full falls when a detector fires in it. */
static bool
is_detected(const struct policy *policy, const struct replay *replay,
	    const char *key)
{
	const struct incident *incident = replay->incident;

	for (int p = 0; p < incident->payload_count; p++) {
		int node =
			json_member(incident->json, incident->payloads[p], key);

		if (node != JSON_NONE &&
		    disclose_level(policy, DISCLOSE_FULL, incident->json,
				   node) < DISCLOSE_FULL)
			return true;
	}
	return false;
}

static bool
is_personal(const struct grounds *grounds, const struct action *action)
{
	const struct replay *replay = grounds->replay;

	if (is_withheld(grounds->policy, action))
		return true;
	for (int i = 0; replay != NULL && i < replay->insert->column_count;
	     i++) {
		const char *key = replay_key(replay, i);

		if (key != NULL &&
		    strcmp(replay->insert->columns[i], action->column) == 0 &&
		    is_detected(grounds->policy, replay, key))
			return true;
	}
	return false;
}

void
privacy_facts(struct facts *facts, const struct grounds *grounds,
	      const struct action *action)
{
	bool is_pii;

	if (action->column == NULL)
		return;
	is_pii = is_personal(grounds, action);
	if (is_pii || grounds->replay != NULL)
		facts_set_number(facts, FACT_COLUMN_PII, is_pii);
}
