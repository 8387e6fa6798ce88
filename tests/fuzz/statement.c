/*
 * DDL that is understood is rendered, and the rendering is understood as the
 * same: rendered again, it is the same text. So is each of its actions. The
 * same text, taken for a type of the catalogue, is one type or none.
 */
#include "policy/statement.h"
#include "policy/type.h"
#include "tests/fuzz/fuzz.h"

/* The rendering of a text that must be understood; NULL when it outgrew the
 * limits on the way. */
static char *
render(const struct statement *statement)
{
	struct refusal refusal = {.floor = NULL};
	char *text = NULL;

	if (statement_render(&text, statement, &refusal))
		return text;
	fprintf(stderr, "%s %s\n", refusal.floor, refusal.text);
	claim(same_text(refusal.floor, "F12"));
	return NULL;
}

static void
check_action(const struct statement *statement, int index)
{
	const struct action *action = &statement->actions[index];
	auto_free char *text = action_sql(action);
	auto_free char *undo = action_inverse_sql(action, &(struct facts){0});
	auto_free char *target = action_target(action);
	auto_free char *again = NULL;
	auto_statement struct statement *one = NULL;
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {0};

	claim(*target != '\0' && (undo == NULL || !action->if_not_exists));
	statement_facts(&facts, statement, index);
	statement_foretell(&facts, statement, index);
	if (!statement_parse(&one, text, strlen(text), &refusal)) {
		claim(same_text(refusal.floor, "F12"));
		return;
	}
	claim(one->count == 1);
	again = action_sql(&one->actions[0]);
	claim(same_text(text, again));
}

static void
check_type(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	struct type type = {.schema = NULL}, again = {.schema = NULL};
	auto_free char *sql = NULL;

	if (!type_read(&type, text))
		return;
	sql = type_sql(&type);
	claim(type_read(&again, sql) && type_same(&type, &again));
	type_release(&type);
	type_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_statement struct statement *statement = NULL, *second = NULL;
	auto_free char *text = NULL, *again = NULL;
	struct refusal refusal = {.floor = NULL};

	check_type(data, size);
	if (!statement_parse(&statement, (const char *)data, size, &refusal)) {
		claim(refusal.floor != NULL && *refusal.text != '\0');
		return 0;
	}
	claim(statement->count > 0);
	text = render(statement);
	if (text == NULL)
		return 0;
	claim(statement_parse(&second, text, strlen(text), &refusal));
	again = render(second);
	claim(same_text(text, again));
	for (int i = 0; i < statement->count; i++)
		check_action(statement, i);
	return 0;
}
