#include "agent/identifier.h"
#include "agent/planner.h"
#include "agent/resemble.h"
#include "tests/test.h"

#define COLUMNS                                       \
	"[{\"name\":\"id\",\"type\":\"bigint\"},"     \
	"{\"name\":\"user_name\",\"type\":\"text\"}," \
	"{\"name\":\"note\",\"type\":\"text\"}]"

/* What is planned for analytics.orders, whose columns are id, user_name and
 * note, by a statement with these columns: the statement, or the reason to
 * give up; the caller frees it. */
static char *
plan(const char *wanted)
{
	auto_free char *brief =
		xprintf("{\"class\":\"missing_column\",\"sqlstate\":\"42703\","
			"\"target\":{\"schema\":\"analytics\","
			"\"table\":\"orders\"},\"columns\":" COLUMNS
			",\"wanted\":[%s]}",
			wanted);
	struct proposal proposal = {0};
	struct error err = NO_ERROR;
	char *answer;

	if (planner_propose(&proposal, brief, &err) < 0)
		return xstrdup(err.text);
	answer = xstrdup(proposal.give_up != NULL ? proposal.give_up
						  : proposal.statement);
	proposal_release(&proposal);
	return answer;
}

/* The same for one missing column. */
static char *
plan_column(const char *name, const char *shapes)
{
	auto_free char *wanted =
		xprintf("{\"column\":\"%s\",\"field\":\"%s\",\"exists\":false,"
			"\"shapes\":[%s]}",
			name, name, shapes);

	return plan(wanted);
}

#define NUMBER(format) "{\"type\":\"number\",\"format\":\"" format "\"}"
#define STRING(format) "{\"type\":\"string\",\"format\":\"" format "\"}"
#define ARRAY(element)                                                         \
	"{\"type\":\"array\",\"format\":\"array\",\"element\":\"" element "\"" \
	"}"
#define INT8                                           \
	"{\"type\":\"number\",\"format\":\"integer\"," \
	"\"fits_int8\":true}"
#define BIG                                            \
	"{\"type\":\"number\",\"format\":\"integer\"," \
	"\"fits_int8\":false}"
#define DIGITS                                         \
	"{\"type\":\"string\",\"format\":\"integer\"," \
	"\"fits_int8\":true}"
#define INT8_ARRAY                                  \
	"{\"type\":\"array\",\"format\":\"array\"," \
	"\"element\":\"integer\",\"fits_int8\":true}"
#define MIXED_ARRAY "{\"type\":\"array\",\"format\":\"array\"}"
#define OBJECT "{\"type\":\"object\",\"format\":\"object\"}"
#define BOOLEAN "{\"type\":\"boolean\",\"format\":\"boolean\"}"
#define NOTHING "{\"type\":\"null\",\"format\":\"null\"}"

static const struct {
	const char *shapes;
	const char *type; /* NULL: it gives up */
} inferences[] = {
	{STRING("text"), "text"},
	{BOOLEAN, "boolean"},
	{INT8, "bigint"},
	{DIGITS, "bigint"},
	{INT8 "," DIGITS, "bigint"},
	{BIG, "numeric"},
	{NUMBER("decimal"), "numeric"},
	{NUMBER("float"), "numeric"},
	{STRING("decimal"), "numeric"},
	{INT8 "," NUMBER("decimal") "," NUMBER("float"), "numeric"},
	{STRING("date"), "date"},
	{STRING("timestamp"), "timestamp"},
	{STRING("timestamptz"), "timestamp with time zone"},
	{STRING("uuid"), "uuid"},
	{OBJECT, "jsonb"},
	{MIXED_ARRAY, "jsonb"},
	{ARRAY("text"), "text[]"},
	{INT8_ARRAY, "bigint[]"},
	{ARRAY("integer"), "numeric[]"},
	{ARRAY("decimal"), "numeric[]"},
	{ARRAY("boolean"), "boolean[]"},
	{ARRAY("timestamptz"), "timestamp with time zone[]"},

	{NOTHING "," INT8, "bigint"},
	{ARRAY("null") "," ARRAY("text"), "text[]"},
	{INT8_ARRAY "," ARRAY("decimal"), "numeric[]"},
	{ARRAY("text") "," ARRAY("date"), "text[]"},

	{STRING("timestamp") "," STRING("timestamptz"), "text"},
	{STRING("date") "," STRING("timestamptz"), "text"},
	{STRING("date") "," STRING("timestamp"), "text"},
	{INT8 "," STRING("text"), "text"},
	{BOOLEAN "," INT8, "text"},
	{STRING("uuid") "," STRING("text"), "text"},

	{OBJECT "," MIXED_ARRAY, "jsonb"},
	{OBJECT "," ARRAY("text"), "jsonb"},
	{OBJECT "," INT8, "jsonb"},
	{ARRAY("text") "," BOOLEAN, "jsonb"},
	{OBJECT "," STRING("text"), NULL},
	{ARRAY("text") "," STRING("text"), NULL},
	{MIXED_ARRAY "," DIGITS, NULL},

	{"", NULL},
	{NOTHING, NULL},
	{ARRAY("null"), NULL},
	{STRING("geometry"), NULL},
	{"{}", NULL},
	{INT8 "," STRING("geometry"), NULL},
};

static void
infers_types(void)
{
	for (size_t i = 0; i < array_size(inferences); i++) {
		const char *type = inferences[i].type;
		auto_free char *name =
			xprintf("%s of %s", type == NULL ? "no type" : type,
				inferences[i].shapes);
		auto_free char *got =
			plan_column("coupon", inferences[i].shapes);
		auto_free char *expected =
			xprintf("ALTER TABLE analytics.orders ADD COLUMN "
				"coupon %s",
				type == NULL ? "" : type);

		if (type != NULL)
			test_text(name, got, expected);
		else
			test(name, strncmp(got, "coupon ", 7) == 0);
	}
}

static void
adds_every_missing_column(void)
{
	auto_free char *both =
		plan("{\"column\":\"id\",\"field\":\"id\",\"exists\":true,"
		     "\"shapes\":[" INT8 "]},"
		     "{\"column\":\"foo\",\"field\":\"foo\",\"exists\":false,"
		     "\"shapes\":[" INT8 "]},"
		     "{\"column\":\"order\",\"field\":\"b\",\"exists\":false,"
		     "\"shapes\":[" OBJECT "]}");
	auto_free char *none =
		plan("{\"column\":\"id\",\"field\":null,\"exists\":true}");
	auto_free char *half =
		plan("{\"column\":\"foo\",\"field\":\"foo\",\"exists\":false,"
		     "\"shapes\":[" INT8 "]},"
		     "{\"column\":\"bar\",\"field\":null,\"exists\":false}");

	test_text("adds all missing columns at once", both,
		  "ALTER TABLE analytics.orders ADD COLUMN foo bigint, "
		  "ADD COLUMN \"order\" jsonb");
	test_text("gives up when nothing is missing", none,
		  "the table has every column of the statement");
	test_text("gives up on all when one can't be told", half,
		  "bar has no value in any record, so its type can't be told");
}

static void
takes_no_renamed_key_for_a_new_one(void)
{
	auto_free char *renamed = plan_column("userName", STRING("text"));
	auto_free char *plural = plan_column("notes", STRING("text"));
	auto_free char *mapped = plan(
		"{\"column\":\"note\",\"field\":\"note\",\"exists\":true},"
		"{\"column\":\"notes\",\"field\":\"notes\",\"exists\":false,"
		"\"shapes\":[" STRING("text") "]}");
	auto_free char *longer = plan_column("customer_id", INT8);

	test_text("gives up on a renamed key", renamed,
		  "userName may be the column user_name under another name");
	test_text("gives up on a plural", plural,
		  "notes may be the column note under another name");
	test_text("adds a column beside one that is sent as well", mapped,
		  "ALTER TABLE analytics.orders ADD COLUMN notes text");
	test_text("isn't confused by an id that is left out", longer,
		  "ALTER TABLE analytics.orders ADD COLUMN customer_id bigint");
}

static void
knows_resembling_names(void)
{
	static const struct {
		const char *left, *right;
		bool resemble;
	} pairs[] = {
		{"user_name", "userName", true},
		{"USER-NAME", "username", true},
		{"tag", "tags", true},
		{"due", "due_date", true},
		{"status", "order_status", true},
		{"colour", "color", true},
		{"amount", "amuont", false},
		{"price", "prize", true},
		{"note", "nota", true},
		{"foo", "fob", false},
		{"id", "customer_id", false},
		{"s", "", false},
		{"coupon", "created_at", false},
		{"discount", "quantity", false},
	};

	for (size_t i = 0; i < array_size(pairs); i++) {
		const char *left = pairs[i].left, *right = pairs[i].right;
		auto_free char *name = xprintf(
			"%s and %s %s", left, right,
			pairs[i].resemble ? "resemble each other" : "differ");

		test(name,
		     names_resemble(left, right) == pairs[i].resemble &&
			     names_resemble(right, left) == pairs[i].resemble);
	}
}

static char *
written(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	identifier_write(out, name);
	fclose(out);
	return text;
}

static void
quotes_names(void)
{
	static const struct {
		const char *name, *sql;
	} names[] = {
		{"coupon", "coupon"},	      {"_a1", "_a1"},
		{"userName", "\"userName\""}, {"1st", "\"1st\""},
		{"order", "\"order\""},	      {"if", "\"if\""},
		{"a b", "\"a b\""},	      {"a\"b", "\"a\"\"b\""},
		{"a-b", "\"a-b\""},	      {"\xc3\xa9", "\"\xc3\xa9\""},
	};
	char longest[65] = "";

	for (size_t i = 0; i < array_size(names); i++) {
		auto_free char *label = xprintf("writes %s", names[i].sql);
		auto_free char *got = written(names[i].name);

		test_text(label, got, names[i].sql);
	}
	memset(longest, 'a', 63);
	test("takes a name of 63 bytes", identifier_is_possible(longest));
	longest[63] = 'a';
	test("takes no name that would be cut",
	     !identifier_is_possible(longest));
	test("takes no empty name", !identifier_is_possible(""));
}

static void
reads_briefs(void)
{
	struct proposal proposal = {0};
	struct error err = NO_ERROR;

	test("fails on a brief that is no JSON",
	     planner_propose(&proposal, "{", &err) < 0);
	test("fails on a brief without target",
	     planner_propose(&proposal, "{\"class\":\"missing_column\"}",
			     &err) < 0);
	test("gives up on another class",
	     planner_propose(&proposal,
			     "{\"class\":\"enum_value\",\"target\":{"
			     "\"schema\":\"a\",\"table\":\"b\"}}",
			     &err) == 0 &&
		     strstr(proposal.give_up, "enum_value") != NULL &&
		     proposal.statement == NULL);
	proposal_release(&proposal);
}

static void
says_how_it_knows(void)
{
	static const char brief[] =
		"{\"class\":\"missing_column\",\"target\":{\"schema\":\"a\","
		"\"table\":\"b\"},\"columns\":[],\"wanted\":[{\"column\":\"c\","
		"\"exists\":false,\"shapes\":[" INT8 "," BIG "]},{\"column\":"
		"\"d\",\"exists\":false,\"shapes\":[" INT8_ARRAY "]}]}";
	struct proposal proposal = {0};
	struct error err = NO_ERROR;

	if (planner_propose(&proposal, brief, &err) < 0)
		return;
	test_text("names the drift", proposal.diagnosis,
		  "a.b lacks columns that the pipeline now sends: c, d");
	test_text("says how each type was inferred", proposal.reasoning,
		  "Each type is the widest that holds every value seen: c "
		  "numeric (seen: integer, integer); d bigint[] (seen: array "
		  "of integer). The new columns are nullable, so rows that are "
		  "there stay as they are.");
	proposal_release(&proposal);
}

int
main(void)
{
	infers_types();
	adds_every_missing_column();
	takes_no_renamed_key_for_a_new_one();
	knows_resembling_names();
	quotes_names();
	reads_briefs();
	says_how_it_knows();
	return test_end();
}
