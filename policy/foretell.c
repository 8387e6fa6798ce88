/* What a statement itself says of its actions, and what they will do. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/statement.h"
#include "policy/type.h"
#include "policy/widening.h"

static bool
has_default(const struct action *action)
{
	return action->default_value != NULL &&
	       action->default_value->kind != EXPRESSION_NULL;
}

/* --- Facts that the statement gives --------------------------------------- */

static void
set_default_facts(struct facts *facts, const struct action *action)
{
	facts_set_number(facts, FACT_COLUMN_HAS_DEFAULT,
			 action->default_value != NULL);
	facts_set_number(facts, FACT_DEFAULT_VOLATILITY,
			 expression_volatility(action->default_value));
}

void
statement_facts(struct facts *facts, const struct statement *statement,
		int index)
{
	const struct action *action = &statement->actions[index];

	facts_set_number(facts, FACT_STMT_ACTIONS, statement->count);
	if (action->column != NULL)
		facts_set_text(facts, FACT_COLUMN_NAME, action->column);
	switch (action->operation) {
	case OP_ADD_COLUMN:
		facts_set_number(facts, FACT_COLUMN_NULLABLE,
				 !action->not_null);
		set_default_facts(facts, action);
		break;
	case OP_DROP_NOT_NULL:
		facts_set_number(facts, FACT_COLUMN_NULLABLE, true);
		break;
	case OP_SET_DEFAULT:
		set_default_facts(facts, action);
		break;
	case OP_CREATE_PARTITION:
		facts_set_number(facts, FACT_PARTITION_STRATEGY,
				 action->bound.kind - BOUND_RANGE);
		break;
	case OP_ADD_CONSTRAINT:
		facts_set_number(facts, FACT_CONSTRAINT_KIND,
				 action->constraint.kind);
		break;
	default:
		break;
	}
}

/* --- What will happen ----------------------------------------------------- */

/* A volatile default rewrites even an empty table; NOT NULL without a default
 * scans; everything else touches the catalogue only. */
static void
foretell_add_column(struct facts *facts, const struct action *action)
{
	bool rewrite = expression_volatility(action->default_value) ==
		       VOLATILITY_VOLATILE;
	bool scan = action->not_null && !has_default(action);

	facts_set_number(facts, FACT_CHANGE_REWRITE, rewrite);
	facts_set_number(facts, FACT_CHANGE_SCAN, rewrite || scan);
}

/* Lossy is what could only be undone by a widening; of other pairs it isn't
 * known. Without a rewrite, checks and some indexes may still be gone through:
 * that only the catalogue can say. */
static void
foretell_type(struct facts *facts, const struct action *action)
{
	const struct fact_value *old = &facts->of[FACT_COLUMN_TYPE];
	struct type from = {.schema = NULL};
	bool rewrites;

	if (!old->known || !type_read(&from, old->text))
		return;
	rewrites = widening_rewrites(&from, &action->type);
	facts_set_number(facts, FACT_CHANGE_REWRITE, rewrites);
	if (rewrites)
		facts_set_number(facts, FACT_CHANGE_SCAN, true);
	if (widening_holds(&from, &action->type))
		facts_set_number(facts, FACT_CHANGE_LOSSY, false);
	else if (widening_holds(&action->type, &from))
		facts_set_number(facts, FACT_CHANGE_LOSSY, true);
	type_release(&from);
}

/* A hash partition has no default partition beside it that would be scanned. */
static void
foretell_partition(struct facts *facts, const struct action *action)
{
	facts_set_number(facts, FACT_CHANGE_REWRITE, false);
	if (action->bound.kind == BOUND_HASH)
		facts_set_number(facts, FACT_CHANGE_SCAN, false);
}

/* Of the table that is there. NOT VALID needs no scan; a new table is nobody's
 * to wait for, and an enum's label locks no table. */
static enum table_lock
lock_of(const struct action *action)
{
	switch (action->operation) {
	case OP_ADD_CONSTRAINT:
		return action->constraint.kind == CONSTRAINT_FOREIGN_KEY
			       ? LOCK_SHARE_ROW_EXCLUSIVE
			       : LOCK_ACCESS_EXCLUSIVE;
	case OP_COMMENT:
		return LOCK_SHARE_UPDATE_EXCLUSIVE;
	case OP_CREATE_TABLE:
	case OP_ADD_ENUM_VALUE:
		return LOCK_NONE;
	default:
		return LOCK_ACCESS_EXCLUSIVE;
	}
}

/* The strongest of its sub-commands is taken at once. */
static enum table_lock
strongest_lock(const struct statement *statement)
{
	enum table_lock strongest = LOCK_NONE;

	for (int i = 0; i < statement->count; i++) {
		enum table_lock lock = lock_of(&statement->actions[i]);

		strongest = lock > strongest ? lock : strongest;
	}
	return strongest;
}

void
statement_foretell(struct facts *facts, const struct statement *statement,
		   int index)
{
	const struct action *action = &statement->actions[index];

	facts_set_number(facts, FACT_CHANGE_LOCK, strongest_lock(statement));
	if (action->operation == OP_ALTER_TYPE) {
		foretell_type(facts, action);
		return;
	}
	facts_set_number(facts, FACT_CHANGE_LOSSY, false);
	if (action->operation == OP_ADD_COLUMN) {
		foretell_add_column(facts, action);
	} else if (action->operation == OP_CREATE_PARTITION) {
		foretell_partition(facts, action);
	} else {
		facts_set_number(facts, FACT_CHANGE_REWRITE, false);
		facts_set_number(facts, FACT_CHANGE_SCAN, false);
	}
}
