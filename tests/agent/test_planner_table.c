/* What is planned for a table that isn't there. */
#include "tests/agent/plans.h"

#define WANTED(name, more, shapes)                   \
	"{\"column\":\"" name "\",\"field\":\"" name \
	"\",\"exists\":false," more "\"shapes\":[" shapes "]}"
#define TEXT "{\"type\":\"string\",\"format\":\"text\",\"length\":5}"
#define DIGITS                                                               \
	"{\"type\":\"string\",\"format\":\"integer\",\"length\":5,\"whole\"" \
	":5,\"fits_int8\":true}"
#define WHOLE                                                      \
	"{\"type\":\"number\",\"format\":\"integer\",\"whole\":3," \
	"\"fits_int8\":true}"
#define DECIMAL                                                    \
	"{\"type\":\"number\",\"format\":\"decimal\",\"whole\":1," \
	"\"fraction\":2}"
#define OBJECT "{\"type\":\"object\",\"format\":\"object\"}"
#define NOTHING "{\"type\":\"null\",\"format\":\"null\"}"

/* The statement's columns, what else the brief says, and the plan. */
static const struct {
	const char *name, *wanted, *more, *plan;
} tables[] = {
	{"a column a field",
	 WANTED("id", "", WHOLE) "," WANTED("Note", "", TEXT), "",
	 "CREATE TABLE a.t (id bigint, \"Note\" text)"},
	{"the type that holds all values",
	 WANTED("n", "", WHOLE "," DECIMAL "," NOTHING) "," WANTED("b", "",
								   OBJECT),
	 "", "CREATE TABLE a.t (n numeric, b jsonb)"},
	{"a code as text",
	 WANTED("zip", "", DIGITS) "," WANTED("n", "", DIGITS), "",
	 "CREATE TABLE a.t (zip text, n bigint)"},
	{"ON CONFLICT that looks at nothing", WANTED("id", "", WHOLE),
	 ",\"conflict\":{\"columns\":[],\"constraint\":null}",
	 "CREATE TABLE a.t (id bigint)"},
	{"nothing for a field without values",
	 WANTED("id", "", WHOLE) "," WANTED("x", "", NOTHING), "",
	 "gives up: x has no value in any record, so its type can't be told"},
	{"nothing for a text that is an object elsewhere",
	 WANTED("x", "", TEXT "," OBJECT), "",
	 "gives up: x is text in one record and an object or array in another, "
	 "so its type can't be told"},
	{"nothing for a cast", WANTED("x", "\"cast\":true,", TEXT), "",
	 "gives up: x is cast by the statement, so its values don't tell its "
	 "type"},
	{"nothing for a withheld name", WANTED("[withheld]", "", TEXT), "",
	 "gives up: the name of a column looks like personal data, and is "
	 "withheld"},
	{"nothing for ON CONFLICT by columns", WANTED("id", "", WHOLE),
	 ",\"conflict\":{\"columns\":[\"id\"],\"constraint\":null}",
	 "gives up: ON CONFLICT needs a key, and which columns are one is a "
	 "matter of meaning"},
	{"nothing for ON CONFLICT by name", WANTED("id", "", WHOLE),
	 ",\"conflict\":{\"columns\":[],\"constraint\":\"k\"}",
	 "gives up: ON CONFLICT needs a key, and which columns are one is a "
	 "matter of meaning"},
};

static void
plans_a_table(void)
{
	for (size_t i = 0; i < array_size(tables); i++) {
		auto_free char *got = plan_of(
			"missing_table", "\"columns\":[],\"wanted\":[%s]%s",
			tables[i].wanted, tables[i].more);

		test_text(tables[i].name, got, tables[i].plan);
	}
}

static void
makes_no_table_where_columns_are_missing(void)
{
	auto_free char *got =
		plan_of("missing_column", "\"columns\":[],\"wanted\":[%s]",
			WANTED("id", "", WHOLE));

	test_text("only a column of a table that is there", got,
		  "ALTER TABLE a.t ADD COLUMN id bigint");
}

int
main(void)
{
	plans_a_table();
	makes_no_table_where_columns_are_missing();
	return test_end();
}
