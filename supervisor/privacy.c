#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy_disclosure.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/privacy.h"
#include "supervisor/replay.h"

static bool
is_withheld(const struct policy *policy, const struct catalog *catalog,
	    const char *column)
{
	enum disclosure level = policy_disclosure(policy, catalog->schema,
						  catalog->table, column);

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

/* A field takes its own secrecy along wherever it goes: that of its name, and
 * of the column that it was sent to. */
static bool
is_field_personal(const struct grounds *grounds, const char *field)
{
	const struct catalog *catalog = grounds->catalog;
	const struct replay *replay = grounds->replay;

	if (is_withheld(grounds->policy, catalog, field) ||
	    is_detected(grounds->policy, replay, field))
		return true;
	for (int i = 0; i < replay->insert->column_count; i++)
		if (same_text(replay_key(replay, i), field) &&
		    is_withheld(grounds->policy, catalog,
				replay->insert->columns[i]))
			return true;
	return false;
}

/* The values of all rows of the statement. */
static int
cells(const struct insert *insert)
{
	return insert->column_count * insert->row_count;
}

/* What the statement sends to the column, and what the plan's mappings do. */
static bool
is_column_personal(const struct plan *plan, const struct grounds *grounds,
		   const char *column)
{
	const struct replay *replay = grounds->replay;

	if (is_withheld(grounds->policy, grounds->catalog, column))
		return true;
	for (int i = 0; replay != NULL && i < cells(replay->insert); i++) {
		int at = i % replay->insert->column_count;
		const char *key = replay_row_key(
			replay, i / replay->insert->column_count, at);

		if (key != NULL &&
		    strcmp(replay->insert->columns[at], column) == 0 &&
		    is_detected(grounds->policy, replay, key))
			return true;
	}
	for (int i = 0; replay != NULL && i < plan->mapping_count; i++)
		if (strcmp(plan->mappings[i].column, column) == 0 &&
		    is_field_personal(grounds, plan->mappings[i].field))
			return true;
	return false;
}

void
privacy_facts(struct facts *facts, const struct plan *plan,
	      const struct grounds *grounds, const char *column)
{
	bool is_pii;

	if (column == NULL)
		return;
	is_pii = is_column_personal(plan, grounds, column);
	if (is_pii || grounds->replay != NULL)
		facts_set_number(facts, FACT_COLUMN_PII, is_pii);
}
