#include "agent/planner.h"
#include "tests/test.h"

#define COLUMNS                                                         \
	"[{\"name\":\"id\",\"type\":\"bigint\",\"nullable\":true},"     \
	"{\"name\":\"user_name\",\"type\":\"text\",\"nullable\":true}," \
	"{\"name\":\"note\",\"type\":\"text\",\"nullable\":true}]"

/* A proposal as one line: the reason to give up, or its statements, mappings
 * and advice; the caller frees it. */
static char *
told(const struct proposal *proposal)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (proposal->give_up != NULL)
		fputs(proposal->give_up, out);
	for (int i = 0; i < proposal->statement_count; i++)
		fprintf(out, "%s%s", i > 0 ? "; " : "",
			proposal->statements[i]);
	for (int i = 0; i < proposal->mapping_count; i++)
		fprintf(out, "%smap %s to %s", ftell(out) > 0 ? "; " : "",
			proposal->mappings[i].field,
			proposal->mappings[i].column);
	fclose(out);
	return text;
}

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
	answer = told(&proposal);
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
keeps_codes_as_text(void)
{
	auto_free char *digits = plan_column("zipCode", DIGITS);
	auto_free char *number = plan_column("zipCode", INT8);

	test_text("digits that are a code are text", digits,
		  "ALTER TABLE analytics.orders ADD COLUMN \"zipCode\" text");
	test_text("numbers are numbers", number,
		  "ALTER TABLE analytics.orders ADD COLUMN \"zipCode\" bigint");
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
		  "the builtin planner has no sure repair for missing_column");
	test_text("gives up on all when one can't be told", half,
		  "bar has no value in any record, so its type can't be told");
}

/* One statement can't hold more than sixteen actions. */
static void
splits_many_columns(void)
{
	auto_free char *wanted = NULL, *got = NULL;
	size_t size;
	FILE *out = xmemstream(&wanted, &size);

	for (int i = 0; i < 17; i++)
		fprintf(out,
			"%s{\"column\":\"c%d\",\"field\":\"c%d\","
			"\"exists\":false,\"shapes\":[" BOOLEAN "]}",
			i > 0 ? "," : "", i, i);
	fclose(out);
	got = plan(wanted);
	test("many columns take two statements",
	     strncmp(got,
		     "ALTER TABLE analytics.orders ADD COLUMN c16 boolean; "
		     "ALTER TABLE analytics.orders ADD COLUMN c0 boolean,",
		     104) == 0);
}

static void
knows_renamed_keys(void)
{
	auto_free char *renamed = plan_column("userName", STRING("text"));
	auto_free char *plural = plan_column("notes", STRING("text"));
	auto_free char *mapped = plan(
		"{\"column\":\"note\",\"field\":\"note\",\"exists\":true},"
		"{\"column\":\"notes\",\"field\":\"notes\",\"exists\":false,"
		"\"shapes\":[" STRING("text") "]}");
	auto_free char *longer = plan_column("customer_id", INT8);

	test_text("maps a key in another spelling", renamed,
		  "map userName to user_name");
	test_text("gives up on a plural", plural,
		  "notes may be the column note under another name");
	test_text("adds a column beside one that is sent as well", mapped,
		  "ALTER TABLE analytics.orders ADD COLUMN notes text");
	test_text("isn't confused by an id that is left out", longer,
		  "ALTER TABLE analytics.orders ADD COLUMN customer_id bigint");
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
		     proposal.statement_count == 0);
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
	test("says how each type was inferred",
	     strstr(proposal.reasoning,
		    "c is numeric, which holds every value seen (integer, "
		    "integer)") != NULL &&
		     strstr(proposal.reasoning, "(array of integer)") != NULL);
	proposal_release(&proposal);
}

int
main(void)
{
	infers_types();
	keeps_codes_as_text();
	adds_every_missing_column();
	splits_many_columns();
	knows_renamed_keys();
	reads_briefs();
	says_how_it_knows();
	return test_end();
}
