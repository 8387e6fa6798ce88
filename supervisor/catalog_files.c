/* What was promised of files and locks, and what really happened. */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/catalog_holdings.h"
#include "supervisor/database.h"

/* pg_locks.mode */
static const char *const modes[] = {
	[LOCK_NONE] = "",
	[LOCK_ACCESS_SHARE] = "AccessShareLock",
	[LOCK_ROW_SHARE] = "RowShareLock",
	[LOCK_ROW_EXCLUSIVE] = "RowExclusiveLock",
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = "ShareUpdateExclusiveLock",
	[LOCK_SHARE] = "ShareLock",
	[LOCK_SHARE_ROW_EXCLUSIVE] = "ShareRowExclusiveLock",
	[LOCK_EXCLUSIVE] = "ExclusiveLock",
	[LOCK_ACCESS_EXCLUSIVE] = "AccessExclusiveLock",
};

/* What isn't foretold for sure was judged as unknown, and may happen. */
static bool
may_happen(const struct facts *facts, enum fact fact)
{
	return !facts->of[fact].known || facts->of[fact].number != 0;
}

struct promise
catalog_promise(const struct comparison *comparison)
{
	struct promise promise = {.lock = LOCK_SHARE_UPDATE_EXCLUSIVE};

	for (int s = 0; s < comparison->statement_count; s++) {
		const struct statement *statement = comparison->statements[s];

		for (int a = 0; a < statement->count; a++) {
			struct facts facts =
				catalog_facts(comparison->before, statement, a);
			const struct fact_value *lock =
				&facts.of[FACT_CHANGE_LOCK];
			enum table_lock strongest =
				lock->known ? (enum table_lock)lock->number
					    : LOCK_ACCESS_EXCLUSIVE;

			promise.may_rewrite |=
				may_happen(&facts, FACT_CHANGE_REWRITE);
			promise.may_scan |=
				may_happen(&facts, FACT_CHANGE_SCAN);
			if (strongest > promise.lock)
				promise.lock = strongest;
		}
	}
	return promise;
}

/* A new file is a rewrite of a table, or an index that was built anew. */
static int
check_files(const struct promise *promise, const struct comparison *comparison,
	    struct error *err)
{
	const struct holdings *before = comparison->held_before;

	for (int i = 0; i < before->count; i++) {
		const struct holding *old = &before->items[i], *new;
		bool is_table = strcmp(old->kind, "table") == 0;

		if (old->name == NULL ||
		    (is_table ? promise->may_rewrite : promise->may_scan))
			continue;
		new = holdings_find(comparison->held_after, old->name);
		if (new != NULL && !same_text(new->file, old->file))
			return fail_as(err, EXIT_ROLLED_BACK,
				       "rewrite_not_foretold",
				       "%s was %s, and that wasn't foretold",
				       old->name,
				       is_table ? "rewritten" : "built anew");
	}
	return 0;
}

static enum table_lock
lock_of(const char *mode)
{
	for (size_t i = 0; i < array_size(modes); i++)
		if (strcmp(modes[i], mode) == 0)
			return (enum table_lock)i;
	return LOCK_ACCESS_EXCLUSIVE;
}

/* Of tables that were there before; a new partition is nobody's yet. */
static int
check_locks(struct database *database, const struct promise *promise,
	    const struct comparison *comparison, struct error *err)
{
	auto_rows struct rows *rows = NULL;

	if (database_run(database,
			 "SELECT l.relation::pg_catalog.regclass, l.mode"
			 "  FROM pg_catalog.pg_locks l"
			 " WHERE l.pid = pg_catalog.pg_backend_pid()"
			 "   AND l.locktype = 'relation' ORDER BY 1, 2",
			 0, NULL, &rows, err) < 0)
		return fail_in(err, "look at the locks");
	for (int i = 0; i < rows_count(rows); i++) {
		const struct holding *table = holdings_find(
			comparison->held_before, rows_text(rows, i, 0));

		if (table != NULL && strcmp(table->kind, "table") == 0 &&
		    lock_of(rows_text(rows, i, 1)) > promise->lock)
			return fail_as(err, EXIT_ROLLED_BACK,
				       "lock_not_foretold",
				       "%s is held with %s, and that wasn't "
				       "foretold",
				       table->name, rows_text(rows, i, 1));
	}
	return 0;
}

int
catalog_check_promise(struct database *database,
		      const struct comparison *comparison, struct error *err)
{
	struct promise promise = catalog_promise(comparison);

	if (check_files(&promise, comparison, err) < 0)
		return -1;
	return check_locks(database, &promise, comparison, err);
}
