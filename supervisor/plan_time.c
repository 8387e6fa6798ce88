/* A time that a plan makes a place for: what it means may hang on a setting of
 * the session, as with one that goes where such a time always went. */
#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/plan.h"
#include "supervisor/replay.h"

/* As far as times are read by them. */
static void
add_column(struct catalog *planned, const struct action *action)
{
	if (action->operation != OP_ADD_COLUMN &&
	    action->operation != OP_ALTER_TYPE)
		return;
	planned->columns = xreallocarray(planned->columns,
					 (size_t)planned->column_count + 1,
					 sizeof(*planned->columns));
	planned->columns[planned->column_count++] = (struct column){
		.name = action->column,
		.time_oid = replay_time_in(&action->type),
	};
}

static void
add_columns(struct catalog *planned, const struct statement *statement)
{
	for (int i = 0; statement != NULL && i < statement->count; i++) {
		const struct action *action = &statement->actions[i];

		add_column(planned, action);
		for (int j = 0; j < action->column_count; j++)
			add_column(planned, &action->columns[j]);
	}
}

void
plan_replay_facts(struct facts *facts, const struct plan *plan,
		  const struct grounds *grounds)
{
	const struct catalog *catalog = grounds->catalog;
	struct catalog planned = *catalog;

	/* The first of a name counts: the plan's. */
	planned.columns = NULL;
	planned.column_count = 0;
	for (int i = 0; i < plan->count; i++)
		add_columns(&planned, plan->statements[i]);
	if (planned.column_count == 0)
		return;
	planned.columns = xreallocarray(
		planned.columns,
		(size_t)(planned.column_count + catalog->column_count),
		sizeof(*planned.columns));
	for (int i = 0; i < catalog->column_count; i++)
		planned.columns[planned.column_count++] = catalog->columns[i];
	replay_facts(facts, grounds->replay, &planned);
	free(planned.columns);
}
