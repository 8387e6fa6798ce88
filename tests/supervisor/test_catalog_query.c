/* Parts of a query that there is nothing for. */
#include "pgmend.h"

#include "supervisor/catalog_query.h"
#include "tests/test.h"

static const char sql[] = "SELECT a\n"
			  "-- if pg_trigger\n"
			  "     , trigger\n"
			  "-- unless pg_trigger\n"
			  "     , none\n"
			  "-- end\n"
			  "     , always\n"
			  "-- if pg_policy\n"
			  "     , policy\n"
			  "     , newer -- since 15\n"
			  "-- end\n";

static bool
is_query(int version, const char *kinds, const char *expected)
{
	auto_free char *query = catalog_query(sql, version, kinds);

	return same_text(query, expected);
}

int
main(void)
{
	test("a part is kept for what is there, its other is dropped",
	     is_query(150000, " pg_class pg_trigger ",
		      "SELECT a\n     , trigger\n     , always\n"));
	test("without it, the other way round",
	     is_query(150000, " pg_class ",
		      "SELECT a\n     , none\n     , always\n"));
	test("of a table without anything too",
	     is_query(150000, " ", "SELECT a\n     , none\n     , always\n"));
	test("whatever there may be is kept where nobody looked",
	     is_query(150000, NULL,
		      "SELECT a\n     , trigger\n     , always\n"
		      "     , policy\n     , newer -- since 15\n"));
	test("a longer word is another one",
	     is_query(150000, " pg_trigger_of_old my_pg_trigger ",
		      "SELECT a\n     , none\n     , always\n"));
	test("an older server's lines are left out of a part",
	     is_query(140000, " pg_policy ",
		      "SELECT a\n     , none\n     , always\n"
		      "     , policy\n"));
	return test_end();
}
