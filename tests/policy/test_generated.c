/*
 * Generated DDL, ten thousand statements from one seed: what is rendered reads
 * as what was understood, and rendered again it is the same text; each action
 * alone, too.
 *
 * usage: test_generated [COUNT < STATEMENTS]
 *
 * With a count it generates as many, and the same must hold of every statement
 * that comes in and is accepted; each ends with a NUL.
 */
#include <limits.h>

#include "tests/test.h"

#include "policy/statement.h"
#include "tests/policy/random_statement.h"

#define STATEMENTS 10000
#define WRONG_MAX 10 /* shown of each test */

static char *
render(const char *sql, struct statement **ret_statement,
       struct refusal *refusal)
{
	char *text = NULL;

	if (!statement_parse(ret_statement, sql, strlen(sql), refusal) ||
	    !statement_render(&text, *ret_statement, refusal))
		return NULL;
	return text;
}

static bool
actions_round(const struct statement *statement)
{
	for (int i = 0; i < statement->count; i++) {
		auto_statement struct statement *one = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *sql = action_sql(&statement->actions[i]);
		auto_free char *again = render(sql, &one, &refusal);

		if (!same_text(sql, again))
			return false;
	}
	return true;
}

static bool
rounds(const char *sql)
{
	auto_statement struct statement *first = NULL, *second = NULL;
	struct refusal refusal = {.floor = NULL};
	auto_free char *text = render(sql, &first, &refusal);
	auto_free char *again =
		text == NULL ? NULL : render(text, &second, &refusal);

	if (text != NULL && same_text(text, again) && actions_round(first))
		return true;
	printf("# %s\n# %s\n# %s: %s\n", sql, text == NULL ? "-" : text,
	       refusal.floor == NULL ? "ok" : refusal.floor, refusal.text);
	return false;
}

static bool
is_accepted(const char *sql)
{
	auto_statement struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	return statement_parse(&statement, sql, strlen(sql), &refusal);
}

static void
generated_statements_read_as_they_are_rendered(int count)
{
	struct generator generator = {.state = 20261126};
	int wrong = 0;

	for (int i = 0; i < count && wrong < WRONG_MAX; i++) {
		auto_free char *sql = generate(&generator);

		wrong += !rounds(sql);
	}
	printf("# %d generated\n", count);
	test("generated statements read as they are rendered", wrong == 0);
}

static void
given_statements_read_as_they_are_rendered(FILE *in)
{
	auto_free char *sql = NULL;
	size_t size = 0;
	int accepted = 0, wrong = 0;

	while (wrong < WRONG_MAX && getdelim(&sql, &size, '\0', in) > 0) {
		if (!is_accepted(sql))
			continue;
		accepted++;
		wrong += !rounds(sql);
	}
	printf("# %d accepted\n", accepted);
	test("given statements read as they are rendered",
	     accepted > 0 && wrong == 0);
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : STATEMENTS;

	if (count < 1 || count > INT_MAX)
		return 2;
	generated_statements_read_as_they_are_rendered((int)count);
	if (argc > 1)
		given_statements_read_as_they_are_rendered(stdin);
	return test_end();
}
