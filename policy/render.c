/* Typed actions as SQL: what is executed is what comes out here. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/type.h"

static void
write_add_column(FILE *out, const struct action *action)
{
	fputs("ADD COLUMN ", out);
	if (action->if_not_exists)
		fputs("IF NOT EXISTS ", out);
	name_write(out, action->column);
	fputc(' ', out);
	type_write(out, &action->type);
	if (action->collation != NULL) {
		fputs(" COLLATE pg_catalog.", out);
		name_write(out, action->collation);
	}
	if (action->default_value != NULL) {
		fputs(" DEFAULT ", out);
		expression_write(out, action->default_value, NULL);
	}
	if (action->not_null)
		fputs(" NOT NULL", out);
}

/* What undoes an action that really added something. */
static void
write_drop_column(FILE *out, const struct action *action)
{
	fputs("DROP COLUMN ", out);
	name_write(out, action->column);
}

static const struct {
	void (*write)(FILE *, const struct action *);
	void (*undo)(FILE *, const struct action *);
} writers[OPERATIONS] = {
	[OP_ADD_COLUMN] = {write_add_column, write_drop_column},
};

void
action_write(FILE *out, const struct action *action)
{
	writers[action->operation].write(out, action);
}

static void
write_alter_table(FILE *out, const struct action *action)
{
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

	write_alter_table(out, action);
	action_write(out, action);
	fclose(out);
	return text;
}

char *
action_inverse_sql(const struct action *action)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	/* IF NOT EXISTS may have added nothing: dropping would lose data. */
	if (action->if_not_exists || writers[action->operation].undo == NULL)
		return NULL;
	out = xmemstream(&text, &size);
	write_alter_table(out, action);
	writers[action->operation].undo(out, action);
	fclose(out);
	return text;
}

char *
action_target(const struct action *action)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	name_write_target(out, action->schema, action->table, action->column);
	fclose(out);
	return text;
}

static char *
write_statement(const struct statement *statement)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	write_alter_table(out, &statement->actions[0]);
	for (int i = 0; i < statement->count; i++) {
		if (i > 0)
			fputs(", ", out);
		action_write(out, &statement->actions[i]);
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
