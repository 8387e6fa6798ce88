/* What a statement itself says of its actions, and what they will do. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/statement.h"

static bool
has_default(const struct action *action)
{
	return action->default_value != NULL &&
	       action->default_value->kind != EXPRESSION_NULL;
}

void
statement_facts(struct facts *facts, const struct statement *statement,
		int index)
{
	const struct action *action = &statement->actions[index];

	facts_set_number(facts, FACT_STMT_ACTIONS, statement->count);
	if (action->column != NULL)
		facts_set_text(facts, FACT_COLUMN_NAME, action->column);
	if (action->operation != OP_ADD_COLUMN)
		return;
	facts_set_number(facts, FACT_COLUMN_NULLABLE, !action->not_null);
	facts_set_number(facts, FACT_COLUMN_HAS_DEFAULT,
			 action->default_value != NULL);
	facts_set_number(facts, FACT_DEFAULT_VOLATILITY,
			 expression_volatility(action->default_value));
}

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
	facts_set_number(facts, FACT_CHANGE_LOSSY, false);
	facts_set_number(facts, FACT_CHANGE_LOCK, LOCK_ACCESS_EXCLUSIVE);
}

void
statement_foretell(struct facts *facts, const struct statement *statement,
		   int index)
{
	const struct action *action = &statement->actions[index];

	if (action->operation == OP_ADD_COLUMN)
		foretell_add_column(facts, action);
}
