/* What is planned for each class of drift but new columns and partitions. */
#include "tests/agent/plans.h"

#define COLUMN(name, type) \
	"{\"name\":\"" name "\",\"type\":\"" type "\",\"nullable\":true}"
#define NOT_NULL(name, type, more)                           \
	"{\"name\":\"" name "\",\"type\":\"" type "\"," more \
	"\"nullable\":false}"
#define WANTED(name, exists, shapes)                                         \
	"{\"column\":\"" name "\",\"field\":\"" name "\",\"exists\":" exists \
	",\"shapes\":[" shapes "]}"
#define SENT(name, shapes) WANTED(name, "true", shapes)
#define SUSPECT(name, state) \
	"{\"column\":\"" name "\",\"sqlstate\":\"" state "\"}"

#define TEXT(length) \
	"{\"type\":\"string\",\"format\":\"text\",\"length\":" #length "}"
#define WHOLE(digits)                                                    \
	"{\"type\":\"number\",\"format\":\"integer\",\"whole\":" #digits \
	",\"fits_int8\":true}"
#define BEYOND                                                      \
	"{\"type\":\"number\",\"format\":\"integer\",\"whole\":20," \
	"\"fits_int8\":false}"
#define DECIMAL(whole, fraction)                                        \
	"{\"type\":\"number\",\"format\":\"decimal\",\"whole\":" #whole \
	",\"fraction\":" #fraction "}"
#define FLOAT "{\"type\":\"number\",\"format\":\"float\",\"whole\":1}"
#define TIMESTAMPTZ \
	"{\"type\":\"string\",\"format\":\"timestamptz\",\"length\":20}"
#define OBJECT "{\"type\":\"object\",\"format\":\"object\"}"
#define NOTHING "{\"type\":\"null\",\"format\":\"null\"}"
#define INT8_ARRAY                                               \
	"{\"type\":\"array\",\"format\":\"array\",\"length\":2," \
	"\"element\":\"integer\",\"fits_int8\":true}"

/* One column x of the table, and what is sent for it. */
static const struct {
	const char *class, *type, *state, *shapes;
	const char *plan; /* of x alone; NULL: it gives up */
} columns[] = {
	{"value_too_long", "character varying(8)", "22001", TEXT(10),
	 "TYPE character varying(16)"},
	{"value_too_long", "character varying(8)", "22001", TEXT(70),
	 "TYPE character varying(100)"},
	{"value_too_long", "character varying(255)", "22001",
	 TEXT(300) "," TEXT(256), "TYPE character varying(512)"},
	{"value_too_long", "character varying(800)", "22001", TEXT(900),
	 "TYPE text"},
	{"value_too_long", "character(2)", "22001", TEXT(3),
	 "TYPE character(3)"},
	{"value_too_long", "bit varying(4)", "22001", TEXT(5),
	 "TYPE bit varying(8)"},
	{"number_too_large", "smallint", "22003", WHOLE(5), "TYPE integer"},
	{"number_too_large", "smallint", "22003", WHOLE(10), "TYPE bigint"},
	{"number_too_large", "integer", "22003", WHOLE(10), "TYPE bigint"},
	{"number_too_large", "integer", "22003", BEYOND, "TYPE numeric"},
	{"number_too_large", "bigint", "22003", BEYOND, "TYPE numeric"},
	{"number_too_large", "real", "22003", FLOAT, "TYPE double precision"},
	{"number_too_large", "numeric(6,2)", "22003", DECIMAL(5, 2),
	 "TYPE numeric(10,2)"},
	{"number_too_large", "numeric(6,2)", "22003", DECIMAL(4, 3),
	 "TYPE numeric(10,2)"},
	{"number_too_large", "numeric(10,0)", "22003", WHOLE(11),
	 "TYPE numeric(15,0)"},
	{"number_too_large", "numeric(38,0)", "22003", WHOLE(40), NULL},
	{"number_too_large", "numeric(6,2)", "22003", FLOAT, NULL},
	{"wrong_type", "integer", "22P02", DECIMAL(1, 1), "TYPE numeric"},
	{"wrong_type", "integer", "22P02", TEXT(3), NULL},
	{"wrong_type", "boolean", "22P02", TEXT(5), NULL},
	{"wrong_type", "date", "22007", TEXT(9), NULL},

	{"wrong_type", "bigint", "22P02", TIMESTAMPTZ, NULL},
	{"wrong_type", "bigint", "22P02", TIMESTAMPTZ "," WHOLE(10), NULL},
	{"wrong_type", "timestamp with time zone", "22008", WHOLE(10), NULL},
	{"wrong_type", "timestamp with time zone", "22008",
	 WHOLE(13) "," WHOLE(10), NULL},
	{"wrong_type", "timestamp with time zone", "22008", WHOLE(8), NULL},
	{"wrong_type", "timestamp without time zone", "22008", WHOLE(10), NULL},

	{"wrong_type", "integer", "22P02", OBJECT,
	 "ADD COLUMN x_json jsonb; map x to x_json by json"},
	{"wrong_type", "integer", "22P02", INT8_ARRAY,
	 "ADD COLUMN x_list bigint[]; map x to x_list"},
	{"wrong_type", "integer", "22P02", OBJECT "," WHOLE(1), NULL},
	{"wrong_type", "text[]", "22P02", TEXT(3), "x to x by array_of_one"},
	{"wrong_type", "integer[]", "22P02", TEXT(3), NULL},
};

static void
mends_columns(void)
{
	for (size_t i = 0; i < array_size(columns); i++) {
		const char *plan = columns[i].plan;
		auto_free char *name =
			xprintf("%s for %s: %s", columns[i].shapes,
				columns[i].type, plan == NULL ? "-" : plan);
		auto_free char *got = plan_of(
			columns[i].class,
			"\"columns\":[{\"name\":\"x\",\"type\":\"%s\","
			"\"nullable\":true}],\"wanted\":[{\"column\":\"x\","
			"\"field\":\"x\",\"exists\":true,\"shapes\":[%s]}],"
			"\"suspects\":[{\"column\":\"x\",\"sqlstate\":\"%s\"}]",
			columns[i].type, columns[i].shapes, columns[i].state);
		auto_free char *expected = xprintf(
			"%s%s",
			plan == NULL || strncmp(plan, "x to", 4) == 0 ? "map "
			: strncmp(plan, "TYPE", 4) == 0
				? "ALTER TABLE a.t ALTER COLUMN x "
				: "ALTER TABLE a.t ",
			plan == NULL ? "" : plan);

		if (plan != NULL)
			test_text(name, got, expected);
		else
			test(name, strncmp(got, "gives up: ", 10) == 0);
	}
}

static void
knows_epochs_by_what_the_column_holds(void)
{
	static const struct {
		const char *least, *most, *plan;
	} held[] = {
		{"10", "10", "map x to x by epoch_seconds_from_iso8601"},
		{"13", "13", "map x to x by epoch_millis_from_iso8601"},
		{"8", "8", NULL}, /* 20261124, perhaps */
		{"1", "10", NULL},
		{"10", "13", NULL},
	};

	for (size_t i = 0; i < array_size(held); i++) {
		auto_free char *name =
			xprintf("ISO 8601 where integers have %s to %s digits",
				held[i].least, held[i].most);
		auto_free char
			*got =
				plan_of("wrong_type",
					"\"columns\":[" COLUMN("x", "bigint") "],\"wanted\":[" SENT(
						"x",
						TIMESTAMPTZ) "],\"suspects\":[{"
							     "\"column\":"
							     "\"x\","
							     "\"sqlstate\":"
							     "\"22P02\","
							     "\"digits_least\":"
							     "%s,"
							     "\"digits_most\":%"
							     "s}]",
					held[i].least, held[i].most);

		if (held[i].plan != NULL)
			test_text(name, got, held[i].plan);
		else
			test(name, strncmp(got, "gives up: ", 10) == 0);
	}
}

static void
drops_not_null_of_what_is_no_longer_sent(void)
{
	auto_free char *omitted = plan_of(
		"missing_value",
		"\"columns\":[" COLUMN("id", "integer") "," NOT_NULL(
			"qty", "integer",
			"") "," NOT_NULL("at", "date",
					 "\"has_default\":"
					 "true,") "],"
						  "\"wanted\":[" SENT(
							  "id", WHOLE(1)) "]");
	auto_free char *null =
		plan_of("missing_value",
			"\"columns\":[" NOT_NULL(
				"qty", "integer",
				"") "],\"wanted\":[" SENT("qty", NOTHING
							  "," WHOLE(1)) "]");
	auto_free char *key = plan_of(
		"missing_value",
		"\"columns\":[" NOT_NULL("qty", "integer",
					 "\"in_key\":true,") "],\"wanted\":[]");
	auto_free char *trigger = plan_of(
		"missing_value",
		"\"columns\":[" NOT_NULL("qty", "integer", "") "," NOT_NULL(
			"by", "text", "") "],\"wanted\":[],\"column\":\"qty\","
					  "\"has_triggers\":true");

	test_text("only what the server named where a trigger may fill in",
		  trigger, "ALTER TABLE a.t ALTER COLUMN qty DROP NOT NULL");
	test_text("a column that the statement leaves out", omitted,
		  "ALTER TABLE a.t ALTER COLUMN qty DROP NOT NULL");
	test_text("a field that is null", null,
		  "ALTER TABLE a.t ALTER COLUMN qty DROP NOT NULL");
	test_text("no key", key,
		  "gives up: qty is part of a key, and isn't sent");
}

static void
looks_for_renamed_keys_first(void)
{
	auto_free char *renamed = plan_of(
		"missing_value",
		"\"columns\":[" NOT_NULL(
			"user_name", "text",
			"") "],\"wanted\":[" SENT("user_name",
						  NOTHING) "],\"other_"
							   "fields\":[{"
							   "\"field\":"
							   "\"userName"
							   "\","
							   "\"shapes\":"
							   "[" TEXT(3) "]}]");
	auto_free char *similar = plan_of(
		"missing_value",
		"\"columns\":[" NOT_NULL(
			"user_name", "text",
			"") "],\"wanted\":[" SENT("user_name",
						  NOTHING) "],\"other_"
							   "fields\":[{"
							   "\"field\":"
							   "\"user\","
							   "\"shapes\":"
							   "[" TEXT(3) "]}]");

	test_text("a renamed key instead", renamed,
		  "map userName to user_name");
	test_text("not where a field resembles it", similar,
		  "gives up: the field user may be what user_name gets");
}

#define ENUM                                                             \
	"\"columns\":[{\"name\":\"m\",\"type\":\"a.mood\",\"nullable\":" \
	"true,\"enum\":\"a.mood\",\"labels\":[\"sad\",\"ok\"]}],"        \
	"\"wanted\":[" SENT("m", TEXT(5)) "],\"suspects\":[" SUSPECT(    \
		"m",                                                     \
		"22P02") "],\"needed\":[{\"column\":\"m\",\"values\":[%s]}]"

static void
adds_labels(void)
{
	auto_free char *one =
		plan_of("new_enum_value", ENUM, "\"ok\",\"it's new\"");
	auto_free char *spelling = plan_of("new_enum_value", ENUM, "\"SAD\"");
	auto_free char *empty = plan_of("new_enum_value", ENUM, "\"\"");
	auto_free char *many =
		plan_of("new_enum_value", ENUM, "\"b\",\"c\",\"d\",\"e\"");
	auto_free char *untold = plan_of("new_enum_value", ENUM, "");

	test_text("a new label", one,
		  "ALTER TYPE a.mood ADD VALUE 'it''s new'");
	test_text("not another spelling", spelling,
		  "gives up: a value of m may be the label sad in another "
		  "spelling");
	test_text("not an empty one", empty,
		  "gives up: not every value of m can be a label");
	test_text("not many at once", many,
		  "gives up: not every value of m can be a label");
	test("not where the values aren't told",
	     strncmp(untold, "gives up: ", 10) == 0);
}

static void
leaves_out_identities(void)
{
	auto_free char *got = plan_of(
		"identity_written",
		"\"columns\":[" NOT_NULL("id", "integer", "\"identity\":true,") "],\"wanted\":[" SENT(
			"id",
			WHOLE(1)) "],\"suspects\":[" SUSPECT("id",
							     "428C9") "]");

	test_text("an identity", got, "map id to id by omit");
}

static void
advises(void)
{
	auto_free char *index = plan_of(
		"no_arbiter", "\"columns\":[],\"wanted\":[],\"conflict\":{"
			      "\"columns\":[\"id\",\"Day\"],\"constraint\":"
			      "null}");
	auto_free char *view = plan_of(
		"value_too_long",
		"\"columns\":[{\"name\":\"x\",\"type\":\"character "
		"varying(2)\",\"nullable\":true,\"views\":1}],\"wanted\":"
		"[" SENT("x", TEXT(3)) "," WANTED(
			"y", "false",
			WHOLE(1)) "],\"suspects\":[" SUSPECT("x",
							     "22001") "],"
								      "\"views"
								      "\":["
								      "\"a."
								      "v\"]");
	auto_free char *sequence =
		plan_of("number_too_large", "\"columns\":[],\"wanted\":[],"
					    "\"sqlstate\":\"2200H\"");

	test_text("a unique index", index,
		  "advises: CREATE UNIQUE INDEX CONCURRENTLY ON a.t (id, "
		  "\"Day\")");
	test("the views in the way, and nothing that can be executed",
	     strncmp(view,
		     "advises: ALTER TABLE a.t ALTER COLUMN x TYPE "
		     "character varying(16): views show",
		     73) == 0 &&
		     strstr(view, "a.v; advises: ALTER TABLE a.t ADD COLUMN y "
				  "bigint") != NULL);
	test("a wider sequence",
	     strstr(sequence, "advises: a sequence of a.t is used up") != NULL);
}

static void
mends_all_that_is_broken(void)
{
	auto_free char *both = plan_of(
		"missing_column",
		"\"columns\":[" COLUMN("x", "character varying(2)") "," COLUMN("user_name", "text") "],\"wanted\":[" SENT(
			"x",
			TEXT(3)) "," WANTED("userName", "false",
					    TEXT(3)) "," WANTED("y", "false",
								WHOLE(1)) "]");
	auto_free char *half = plan_of(
		"value_too_long",
		"\"columns\":[" COLUMN("x", "character varying(2)") "," COLUMN("b", "boolean") "],\"wanted\":[" SENT(
			"x",
			TEXT(3)) "," SENT("b",
					  TEXT(5)) "],\"suspects\":"
						   "[" SUSPECT("x", "22001") "," SUSPECT(
							   "b", "22P02") "]");

	test_text("several drifts at once", both,
		  "ALTER TABLE a.t ADD COLUMN y bigint, ALTER COLUMN x TYPE "
		  "character varying(16); map userName to user_name");
	test_text("all or nothing", half,
		  "gives up: b doesn't take what is sent, and no repair is "
		  "sure");
}

/* What the server took, or the statement casts, isn't broken. */
static void
leaves_alone_what_is_well(void)
{
	auto_free char *cast = plan_of(
		"missing_column",
		"\"columns\":[" COLUMN(
			"n", "integer") "],\"wanted\":[{"
					"\"column\":\"n\",\"field\":\"n\","
					"\"exists\":true,\"cast\":"
					"true,\"shapes\":[" DECIMAL(
						1,
						1) "]}," WANTED("y", "false",
								WHOLE(1)) "]");
	auto_free char *blanks = plan_of(
		"value_too_long",
		"\"columns\":[" COLUMN("x", "character varying(2)") "," COLUMN("z", "character varying(2)") "],\"wanted\":[" SENT(
			"x",
			TEXT(3)) "," SENT("z",
					  TEXT(3)) "],\"suspects\":"
						   "[" SUSPECT("x",
							       "22001") "]");

	test_text("a field that is cast", cast,
		  "ALTER TABLE a.t ADD COLUMN y bigint");
	test_text("a field that the trial found well", blanks,
		  "ALTER TABLE a.t ALTER COLUMN x TYPE character varying(16)");
}

int
main(void)
{
	mends_columns();
	knows_epochs_by_what_the_column_holds();
	drops_not_null_of_what_is_no_longer_sent();
	looks_for_renamed_keys_first();
	adds_labels();
	leaves_out_identities();
	advises();
	mends_all_that_is_broken();
	leaves_alone_what_is_well();
	return test_end();
}
