/* What the database client decides without a server. */
#include "supervisor/database.h"
#include "supervisor/database_rows.h"
#include "tests/test.h"

static void
test_sqlstates(void)
{
	static const char *const transient[] = {"08006", "40001", "40P01",
						"53300", "57P01", "57P03",
						"25006", "55P03", "57014"};
	static const char *const lasting[] = {
		"42703", "22P02", "23502", "25P02", "55006", "57000", ""};
	bool all = true, none = true;

	for (size_t i = 0; i < array_size(transient); i++)
		all = all && sqlstate_is_transient(transient[i]);
	for (size_t i = 0; i < array_size(lasting); i++)
		none = none && !sqlstate_is_transient(lasting[i]);
	test("what waiting can cure is transient", all);
	test("what it can't isn't", none);
	test("a wrong password is a refusal", sqlstate_is_refusal("28P01"));
	test("too many connections are none", !sqlstate_is_refusal("53300"));
}

static void
test_rows(void)
{
	auto_rows struct rows *rows = rows_new(2, 2);

	rows_set(rows, 0, 0, "-12");
	rows_set(rows, 0, 1, "t");
	rows_set(rows, 1, 1, "");
	rows_set_type(rows, 1, 25, -1);
	test("rows know how many they are", rows_count(rows) == 2);
	test("a number is read", rows_number(rows, 0, 0) == -12);
	test("t is true", rows_is_true(rows, 0, 1));
	test("NULL is not the empty text",
	     rows_text(rows, 1, 0) == NULL && rows_text(rows, 1, 1) != NULL);
	test("NULL is no truth", !rows_is_true(rows, 1, 0));
	test("a column's type is kept", rows_type(rows, 1) == 25);
}

static const char *
refusal(struct error *err, const char *conninfo)
{
	auto_database struct database *database = NULL;

	*err = (struct error)NO_ERROR;
	if (database_open(&database, conninfo, "test", err) == 0)
		return "connected";
	return err->text;
}

static void
test_connecting(void)
{
	struct error err;

	test("a password in the connection string is refused",
	     strstr(refusal(&err, "host=/nowhere password=hunter2"),
		    "holds a password") != NULL &&
		     err.reason == EXIT_USAGE);
	test("a password in a URI is refused",
	     strstr(refusal(&err, "postgresql://u:hunter2@/d"),
		    "holds a password") != NULL);
	test("a refusal never quotes the password",
	     strstr(err.text, "hunter2") == NULL);
	test("a torn connection string is refused without quoting it",
	     strstr(refusal(&err, "password hunter2"), "hunter2") == NULL &&
		     err.reason == EXIT_USAGE);
	refusal(&err, "host=/nowhere/at/all");
	test("a server that isn't there may come back",
	     err.reason == EXIT_TEMPFAIL &&
		     same_text(err.code, "database_unreachable"));
}

int
main(void)
{
	test_sqlstates();
	test_rows();
	test_connecting();
	return test_end();
}
