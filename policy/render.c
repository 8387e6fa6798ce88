/* Typed actions as SQL: what is executed is what comes out here. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

/* What comes before a sub-command; nothing before a whole statement. */
static void
write_head(FILE *out, const struct action *action)
{
	if (action_form(action->operation)->command == NULL)
		return;
	fputs(action->only ? "ALTER TABLE ONLY " : "ALTER TABLE ", out);
	name_write_target(out, action->schema, action->table, NULL);
	fputc(' ', out);
}

char *
action_sql(const struct action *action)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	write_head(out, action);
	action_form(action->operation)->write(out, action);
	fclose(out);
	return text;
}

char *
action_inverse_sql(const struct action *action, const struct facts *before)
{
	const struct action_form *form = action_form(action->operation);
	auto_free char *text = NULL;
	size_t size;
	FILE *out;
	bool is_undone;

	/* IF NOT EXISTS may have added nothing: dropping would lose data. */
	if (action->if_not_exists || form->undo == NULL)
		return NULL;
	out = xmemstream(&text, &size);
	write_head(out, action);
	is_undone = form->undo(out, action, before);
	fclose(out);
	return is_undone ? take(text) : NULL;
}

char *
action_target(const struct action *action)
{
	return name_target(action->schema, action->table, action->column);
}

/* Several actions are sub-commands of one ALTER TABLE. */
static char *
write_statement(const struct statement *statement)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	write_head(out, &statement->actions[0]);
	for (int i = 0; i < statement->count; i++) {
		const struct action *action = &statement->actions[i];

		if (i > 0)
			fputs(", ", out);
		action_form(action->operation)->write(out, action);
	}
	fclose(out);
	return text;
}

bool
statement_render(char **ret_sql, const struct statement *statement,
		 struct refusal *refusal)
{
	auto_free char *text = write_statement(statement);
	auto_statement struct statement *again = NULL;

	if (!statement_parse(&again, text, strlen(text), refusal))
		return false;
	if (again->count != statement->count)
		return refuse(refusal, "F02", "the rendering reads otherwise");
	for (int i = 0; i < again->count; i++)
		if (!action_same(&again->actions[i], &statement->actions[i]))
			return refuse(refusal, "F02",
				      "the rendering reads otherwise");
	*ret_sql = take(text);
	return true;
}

char *
type_sql(const struct type *type)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	type_write(out, type);
	fclose(out);
	return text;
}

char *
quote_name(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	name_write(out, name);
	fclose(out);
	return text;
}
