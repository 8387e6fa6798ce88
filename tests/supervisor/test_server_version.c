/* What is asked of a server, by its version. */
#include "policy/vocabulary.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/server_version.h"
#include "tests/test.h"

static void
test_query(const char *name, int version, const char *expected)
{
	static const char sql[] = "SELECT a -- why\n"
				  "     , b -- since 15\n"
				  "     , c -- since 17\n"
				  "  FROM t";
	auto_free char *text = server_version_query(sql, version);

	test_text(name, text, expected);
}

static void
test_queries(void)
{
	test_query("an older server is asked for nothing that it lacks", 140021,
		   "SELECT a -- why\n  FROM t");
	test_query("a newer one is asked for what it has", 150020,
		   "SELECT a -- why\n     , b -- since 15\n  FROM t");
	test_query("and the newest for all", 180001,
		   "SELECT a -- why\n     , b -- since 15\n"
		   "     , c -- since 17\n  FROM t");
}

/* What the operation may write of the catalogue, as the query has it. */
static bool
is_planned(const char *sql, const char *catalogue)
{
	auto_free char *from = xprintf("SELECT '%s' AS", catalogue);
	const char *part = strstr(sql, from);
	const char *end = part == NULL ? NULL : strstr(part, " UNION ALL");
	auto_free char *own =
		part == NULL
			? xstrdup("")
			: xstrndup(part, end == NULL ? strlen(part)
						     : (size_t)(end - part));

	return strstr(own, " OR ") != NULL;
}

static void
test_catalogues(void)
{
	unsigned adds = 1u << OP_ADD_COLUMN, drops = 1u << OP_DROP_NOT_NULL;
	auto_free char *old = written_query(adds, 140021);
	auto_free char *tested = written_query(adds, 150020);
	auto_free char *newest = written_query(adds, 180001);
	auto_free char *dropped = written_query(drops, 180001);
	auto_free char *comment = written_query(1u << OP_COMMENT, 180001);

	test("before 15 there are no rights on parameters",
	     strstr(old, "pg_parameter_acl") == NULL &&
		     strstr(tested, "pg_catalog.pg_parameter_acl") != NULL);
	test("before 15 schemas aren't published",
	     strstr(old, "pg_publication_namespace") == NULL &&
		     strstr(tested, "pg_catalog.pg_publication_namespace") !=
			     NULL);
	test("all else is the same",
	     strncmp(old, tested, strlen("WITH own AS")) == 0 &&
		     strstr(old, "pg_catalog.pg_constraint") != NULL);
	test("before 18 a new column has no constraint",
	     !is_planned(old, "pg_constraint") &&
		     !is_planned(tested, "pg_constraint"));
	test("from 18 on NOT NULL is one, of a new column and of an old",
	     is_planned(newest, "pg_constraint") &&
		     is_planned(dropped, "pg_constraint") &&
		     !is_planned(comment, "pg_constraint"));
}

int
main(void)
{
	test_queries();
	test_catalogues();
	test("15 is tested", server_version_is_tested(150020));
	test("others aren't", !server_version_is_tested(140021) &&
				      !server_version_is_tested(160000) &&
				      !server_version_is_tested(180001));
	return test_end();
}
