/* The parser's tree: what is refused before it, and the closed world after. */
#include "tests/test.h"

#include "policy/statement.h"
#include "policy/tree.h"

static const char *
floor_of_tree(const char *sql, size_t size)
{
	auto_tree struct tree *tree = NULL;
	struct refusal refusal = {.floor = NULL};

	return tree_parse(&tree, sql, size, &refusal) ? NULL : refusal.floor;
}

static const char *
floor_of(const char *sql)
{
	return floor_of_tree(sql, strlen(sql));
}

static void
refuses_texts_that_parsers_read_differently(void)
{
	static const char nul[] = "SELECT 1\0; DROP TABLE x";

	test_text("refuses NUL", floor_of_tree(nul, sizeof(nul) - 1), "F02");
	test_text("refuses invalid UTF-8", floor_of("SELECT '\xff'"), "F02");
	test_text("refuses an overlong form", floor_of("SELECT '\xc0\xaf'"),
		  "F02");
	test_text("refuses a surrogate", floor_of("SELECT '\xed\xa0\x80'"),
		  "F02");
	test_text("refuses a byte order mark", floor_of("\xef\xbb\xbfSELECT 1"),
		  "F02");
	test_text("refuses U& constants", floor_of("SELECT U&'\\0061'"), "F02");
	test_text("refuses U& names", floor_of("SELECT U&\"x\""), "F02");
	test_text("refuses a backslash in a constant", floor_of("SELECT 'a\\'"),
		  "F02");
	test_text("refuses a backslash between dollars",
		  floor_of("SELECT $$a\\b$$"), "F02");
	test_text("refuses no statement", floor_of(""), "F03");
	test_text("refuses a comment alone", floor_of("-- hello"), "F03");
	test_text("refuses two statements", floor_of("SELECT 1; SELECT 2"),
		  "F03");
	test_text("accepts one statement with a semicolon",
		  floor_of("SELECT 1;"), NULL);
	test_text("refuses a name that the parser would cut",
		  floor_of("SELECT a2345678901234567890123456789012345678901234"
			   "56789012345678901234"),
		  "F11");
}

/* Repeats a text in front of "1". */
static char *
repeated(const char *start, const char *text, int times)
{
	char *sql = NULL;
	size_t size;
	FILE *out = xmemstream(&sql, &size);

	fputs(start, out);
	for (int i = 0; i < times; i++)
		fputs(text, out);
	fputs("1", out);
	fclose(out);
	return sql;
}

static void
survives_deep_nesting(void)
{
	auto_free char *sums = repeated("SELECT ", "1+", 4000);
	auto_free char *selects = repeated("", "SELECT 1 UNION ", 540);
	auto_free char *long_text = repeated("SELECT ", "1+", 4100);

	test_text("refuses a deep sum without crashing", floor_of(sums), "F12");
	test("survives many unions", floor_of(selects) != NULL);
	test_text("refuses more than 8 KiB", floor_of(long_text), "F12");
}

static const char *const other_commands[] = {
	"DROP COLUMN c",
	"ALTER c DROP DEFAULT",
	"ALTER c SET NOT NULL",
	"ALTER c SET STATISTICS 1",
	"ALTER c SET (n_distinct = 1)",
	"ALTER c RESET (n_distinct)",
	"ALTER c SET STORAGE plain",
	"ALTER c SET COMPRESSION lz4",
	"ALTER c ADD GENERATED ALWAYS AS IDENTITY",
	"ALTER c SET GENERATED ALWAYS",
	"ALTER c DROP IDENTITY",
	"ALTER c DROP EXPRESSION",
	"ALTER CONSTRAINT k DEFERRABLE",
	"VALIDATE CONSTRAINT k",
	"DROP CONSTRAINT k",
	"CLUSTER ON k",
	"SET WITHOUT CLUSTER",
	"SET LOGGED",
	"SET UNLOGGED",
	"SET WITHOUT OIDS",
	"SET ACCESS METHOD heap",
	"SET TABLESPACE x",
	"SET (fillfactor = 10)",
	"RESET (fillfactor)",
	"ENABLE TRIGGER x",
	"DISABLE TRIGGER x",
	"DISABLE TRIGGER ALL",
	"DISABLE TRIGGER USER",
	"ENABLE ALWAYS TRIGGER x",
	"ENABLE REPLICA TRIGGER x",
	"ENABLE RULE x",
	"DISABLE RULE x",
	"INHERIT app.p",
	"NO INHERIT app.p",
	"OF app.ty",
	"NOT OF",
	"OWNER TO x",
	"REPLICA IDENTITY FULL",
	"ENABLE ROW LEVEL SECURITY",
	"DISABLE ROW LEVEL SECURITY",
	"FORCE ROW LEVEL SECURITY",
	"NO FORCE ROW LEVEL SECURITY",
	"RENAME TO x",
	"RENAME COLUMN c TO d",
	"SET SCHEMA x",
	"ATTACH PARTITION app.p DEFAULT",
	"DETACH PARTITION app.p",
	"DETACH PARTITION app.p CONCURRENTLY",
	"DETACH PARTITION app.p FINALIZE",
};

/* Whatever the parser's tree can hold, only listed sub-commands are read. */
static void
only_listed_commands_become_operations(void)
{
	int wrong = 0;

	for (size_t i = 0; i < array_size(other_commands); i++) {
		auto_statement struct statement *statement = NULL;
		struct refusal refusal = {.floor = NULL};
		auto_free char *sql =
			xprintf("ALTER TABLE app.t %s", other_commands[i]);

		if (statement_parse(&statement, sql, strlen(sql), &refusal) ||
		    strcmp(refusal.floor, "F01") != 0) {
			printf("# %s: %s\n", sql, refusal.floor);
			wrong++;
		}
	}
	test("no other sub-command is an operation", wrong == 0);
	test("the parser's sub-commands are known by name",
	     tree_alter_word(0) != NULL && tree_alter_word(1000) == NULL);
}

int
main(void)
{
	refuses_texts_that_parsers_read_differently();
	survives_deep_nesting();
	only_listed_commands_become_operations();
	return test_end();
}
