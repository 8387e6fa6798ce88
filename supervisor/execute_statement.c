/* Locks, and the statements themselves. */
#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/execute_phase.h"
#include "supervisor/plan.h"

struct plan
phase_plan(const struct plan *plan, const struct phase *phase)
{
	struct plan part = *plan;

	part.count = 0;
	for (int i = 0; i < plan->count; i++) {
		const struct statement *statement = plan->statements[i];
		bool is_label =
			statement != NULL &&
			statement->actions[0].operation == OP_ADD_ENUM_VALUE;

		if (is_label != phase->is_labels)
			continue;
		part.statements[part.count] = plan->statements[i];
		part.sql[part.count++] = plan->sql[i];
	}
	return part;
}

/* --- The lock ------------------------------------------------------------- */

static const char *const modes[] = {
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = "SHARE UPDATE EXCLUSIVE",
	[LOCK_SHARE] = "SHARE",
	[LOCK_SHARE_ROW_EXCLUSIVE] = "SHARE ROW EXCLUSIVE",
	[LOCK_EXCLUSIVE] = "EXCLUSIVE",
	[LOCK_ACCESS_EXCLUSIVE] = "ACCESS EXCLUSIVE",
};

/* ATTACH PARTITION leaves readers and writers alone. */
static bool
only_attaches(const struct comparison *comparison)
{
	for (int s = 0; s < comparison->statement_count; s++)
		if (comparison->statements[s]->actions[0].operation !=
		    OP_CREATE_PARTITION)
			return false;
	return true;
}

char *
lock_sql(const struct comparison *comparison)
{
	const struct catalog *catalog = comparison->before;
	auto_free char *schema = quote_name(catalog->schema);
	auto_free char *table = quote_name(catalog->table);
	bool attaches = only_attaches(comparison);
	enum table_lock lock = attaches ? LOCK_SHARE_UPDATE_EXCLUSIVE
					: catalog_promise(comparison).lock;

	return xprintf("LOCK TABLE %s%s.%s IN %s MODE", attaches ? "ONLY " : "",
		       schema, table, modes[lock]);
}

/* --- A new partition ------------------------------------------------------ */

/*
 * The bound is cut out of the rendering that was judged. What PARTITION OF
 * doesn't take over isn't taken over: identity, statistics, comments.
 */
static int
attach_partition(struct database *work, const struct action *action,
		 const char *sql, struct error *err)
{
	auto_free char *schema = quote_name(action->schema);
	auto_free char *parent = quote_name(action->parent);
	auto_free char *target = action_target(action);
	auto_free char *head =
		xprintf("CREATE TABLE %s%s PARTITION OF %s.%s FOR VALUES ",
			action->if_not_exists ? "IF NOT EXISTS " : "", target,
			schema, parent);
	auto_free char *create = NULL, *attach = NULL;

	if (strncmp(sql, head, strlen(head)) != 0)
		return fail(err, "the rendering of a partition has no bound");
	create = xprintf("CREATE TABLE %s (LIKE %s.%s INCLUDING ALL"
			 " EXCLUDING IDENTITY EXCLUDING STATISTICS"
			 " EXCLUDING COMMENTS)",
			 target, schema, parent);
	attach = xprintf("ALTER TABLE %s.%s ATTACH PARTITION %s FOR VALUES %s",
			 schema, parent, target, sql + strlen(head));
	if (database_command(work, create, err) < 0)
		return -1;
	return database_command(work, attach, err);
}

/* --- Any statement -------------------------------------------------------- */

/* One that somebody else made meanwhile wasn't judged: IF NOT EXISTS would take
 * it for ours. */
static int
create_table(struct database *work, const struct action *action,
	     struct error *err)
{
	struct action strict = *action;
	auto_free char *sql = NULL;

	strict.if_not_exists = false;
	sql = action_sql(&strict);
	return database_command(work, sql, err);
}

int
statement_execute(struct database *work, const struct statement *statement,
		  const char *sql, struct error *err)
{
	const struct action *first = &statement->actions[0];

	switch (first->operation) {
	case OP_CREATE_PARTITION:
		return attach_partition(work, first, sql, err);
	case OP_CREATE_TABLE:
		return create_table(work, first, err);
	default:
		return database_command(work, sql, err);
	}
}
