/* The part of the floor that needs to know more than the statement: which
 * relation the incident is about, the facts, the payload. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/statement.h"
#include "policy/type.h"

const char *
action_relation(const struct action *action)
{
	return action->parent != NULL ? action->parent : action->table;
}

bool
statement_is_about(const struct statement *statement, const char *schema,
		   const char *table, struct refusal *refusal)
{
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];
		const char *relation = action_relation(action);

		if (strcmp(action->schema, schema) == 0 &&
		    (action->operation == OP_ADD_ENUM_VALUE ||
		     strcmp(relation, table) == 0))
			continue;
		return refuse(refusal, "F13",
			      "the statement is about %.63s.%.63s, the "
			      "incident is not",
			      action->schema, relation);
	}
	return true;
}

bool
statement_suits(const struct statement *statement, const struct facts *facts,
		struct refusal *refusal)
{
	const struct fact_value *recovery = &facts->of[FACT_DB_IN_RECOVERY];
	const struct fact_value *parent = &facts->of[FACT_TABLE_PARTITIONED];

	if (recovery->known && recovery->number != 0)
		return refuse(refusal, "F13", "the server is in recovery");
	for (int i = 0; i < statement->count; i++)
		if (statement->actions[i].only && parent->known &&
		    parent->number != 0)
			return refuse(refusal, "F08",
				      "ONLY on a parent would leave its "
				      "children different");
	return true;
}

bool
action_suits(const struct action *action, const struct facts *facts,
	     struct refusal *refusal)
{
	const struct fact_value *old = &facts->of[FACT_COLUMN_TYPE];
	struct type type = {.schema = NULL};
	bool is_near;

	if (action->operation != OP_ALTER_TYPE || !old->known ||
	    !type_read(&type, old->text))
		return true;
	is_near = strcmp(type.schema, "pg_catalog") == 0 ||
		  strcmp(type.schema, action->schema) == 0;
	type_release(&type);
	return is_near || refuse(refusal, "F10",
				 "the old type %.120s is neither of pg_catalog "
				 "nor of the table's schema",
				 old->text);
}

/* --- F18 ------------------------------------------------------------------ */

static bool
has_text(const char *whole, const char *text, size_t size)
{
	return whole != NULL &&
	       memmem(whole, strlen(whole), text, size) != NULL;
}

/* A new name or a constant: what is altered has its name already. */
static bool
action_contains(const struct action *action, const char *text, size_t size)
{
	enum operation operation = action->operation;

	for (int i = 0; i < action->column_count; i++)
		if (action_contains(&action->columns[i], text, size))
			return true;
	return (operation == OP_ADD_COLUMN &&
		has_text(action->column, text, size)) ||
	       (operation == OP_CREATE_TABLE &&
		has_text(action->table, text, size)) ||
	       (operation == OP_COMMENT &&
		has_text(action->text, text, size)) ||
	       has_text(action->constraint.name, text, size) ||
	       expression_contains(action->default_value, text, size) ||
	       expression_contains(action->constraint.check, text, size);
}

bool
statement_contains(const struct statement *statement, const char *text,
		   size_t size)
{
	for (int i = 0; i < statement->count; i++)
		if (action_contains(&statement->actions[i], text, size))
			return true;
	return false;
}
