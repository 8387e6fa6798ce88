/* What the catalogue says of one action: the column as it is, and what a change
 * will do that the statement alone doesn't show. */
#include "pgmend.h"

#include "policy/type.h"
#include "policy/widening.h"
#include "supervisor/catalog.h"

void
catalog_column_facts(struct facts *facts, const struct catalog *catalog,
		     const char *name)
{
	const struct column *column = catalog_column(catalog, name);

	if (column == NULL)
		return;
	facts_set_text(facts, FACT_COLUMN_TYPE, column->type);
	facts_set_number(facts, FACT_COLUMN_NULLABLE, !column->not_null);
	facts_set_number(facts, FACT_COLUMN_HAS_DEFAULT, column->has_default);
	facts_set_number(facts, FACT_COLUMN_INDEXED, column->is_indexed);
	facts_set_number(facts, FACT_COLUMN_IN_KEY, column->in_key);
	facts_set_number(facts, FACT_COLUMN_VIEWS, column->views);
}

/* Nothing can hang on a column that isn't there yet. */
static void
set_new_column_facts(struct facts *facts)
{
	facts_set_number(facts, FACT_COLUMN_VIEWS, 0);
	facts_set_number(facts, FACT_COLUMN_INDEXED, 0);
	facts_set_number(facts, FACT_COLUMN_IN_KEY, 0);
}

static bool
keeps_collation(const struct column *column, const struct action *action)
{
	const char *old =
		column->collation == NULL ? "default" : column->collation;

	return strcmp(old, action->collation == NULL ? "default"
						     : action->collation) == 0;
}

/* Indexes and foreign keys stay as they are while the new type sorts and
 * compares as the old one did: pairs of the widening table do. */
static bool
keeps_order(const struct column *column, const struct action *action)
{
	struct type from = {.schema = NULL};
	bool is_kept = keeps_collation(column, action) &&
		       type_read(&from, column->type) &&
		       (widening_holds(&from, &action->type) ||
			type_same(&from, &action->type));

	type_release(&from);
	return is_kept;
}

/* A type change that doesn't rewrite may still go through the whole table. */
static void
foretell_scan(struct facts *facts, const struct catalog *catalog,
	      const struct action *action)
{
	const struct column *column = catalog_column(catalog, action->column);

	if (facts->of[FACT_CHANGE_SCAN].known || column == NULL ||
	    !facts->of[FACT_CHANGE_REWRITE].known)
		return;
	facts_set_number(facts, FACT_CHANGE_SCAN,
			 column->is_checked ||
				 ((column->is_indexed || column->in_key) &&
				  !keeps_order(column, action)));
}

struct facts
catalog_facts(const struct catalog *catalog, const struct statement *statement,
	      int index)
{
	const struct action *action = &statement->actions[index];
	struct facts facts = catalog->facts;

	if (action->operation == OP_ADD_COLUMN)
		set_new_column_facts(&facts);
	else if (action->column != NULL)
		catalog_column_facts(&facts, catalog, action->column);
	statement_facts(&facts, statement, index);
	statement_foretell(&facts, statement, index);
	if (action->operation == OP_ALTER_TYPE)
		foretell_scan(&facts, catalog, action);
	/* Its rows may belong into the new partition. */
	if (action->operation == OP_CREATE_PARTITION)
		facts_set_number(&facts, FACT_CHANGE_SCAN,
				 catalog->has_default_partition);
	catalog_set_risk(&facts, action);
	return facts;
}
