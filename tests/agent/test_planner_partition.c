/* Days, steps, and the partitions that siblings let expect. */
#include "agent/plan_day.h"
#include "agent/plan_step.h"
#include "tests/agent/plans.h"

static void
counts_days(void)
{
	static const struct {
		struct day day;
		long long number;
	} days[] = {
		{{1970, 1, 1}, 0},	 {{1969, 12, 31}, -1},
		{{2000, 2, 29}, 11016},	 {{2024, 3, 1}, 19783},
		{{2026, 11, 24}, 20781}, {{1900, 3, 1}, -25508},
		{{1, 1, 1}, -719162},
	};

	for (size_t i = 0; i < array_size(days); i++) {
		struct day back = day_of(days[i].number);
		auto_free char *name =
			xprintf("%04d-%02d-%02d", days[i].day.year,
				days[i].day.month, days[i].day.day);

		test(name, day_number(&days[i].day) == days[i].number &&
				   back.year == days[i].day.year &&
				   back.month == days[i].day.month &&
				   back.day == days[i].day.day);
	}
}

#define NO_DAY 99999999

static void
reads_days(void)
{
	static const struct {
		const char *text;
		long long local, utc;
	} values[] = {
		{"1970-01-02", 1, NO_DAY},
		{"1970-01-02T23:30:00", 1, NO_DAY},
		{"1970-01-02T23:30:00Z", 1, 1},
		{"1970-01-02T23:30:00.25-01:00", 1, 2},
		{"1970-01-02 00:30+0100", 1, 0},
		{"1970-01-02 00:30:00 +01", 1, 0},
		{"1970-02-29", NO_DAY, NO_DAY},
		{"1970-13-01", NO_DAY, NO_DAY},
		{"1970-01-02T24:00:00Z", NO_DAY, NO_DAY},
		{"1970-01-02x", NO_DAY, NO_DAY},
		{"02.01.1970", NO_DAY, NO_DAY},
		{"infinity", NO_DAY, NO_DAY},
		{"", NO_DAY, NO_DAY},
	};

	for (size_t i = 0; i < array_size(values); i++) {
		long long local = NO_DAY, utc = NO_DAY;
		auto_free char *name =
			xprintf("the day of '%s'", values[i].text);

		if (!day_read_value(&local, values[i].text, false))
			local = NO_DAY;
		if (!day_read_value(&utc, values[i].text, true))
			utc = NO_DAY;
		test(name, local == values[i].local && utc == values[i].utc);
	}
}

#define SIBLING(name, bound) \
	"{\"name\":\"" name "\",\"bound\":\"FOR VALUES " bound "\"}"
#define RANGE(name, from, to) SIBLING(name, "FROM ('" from "') TO ('" to "')")

/* A table with these siblings: the plan for a value of its key. */
static const struct {
	const char *strategy, *type, *siblings, *values;
	const char *plan; /* after "PARTITION OF a.t FOR VALUES"; NULL: none */
} cases[] = {
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"2023-12-31\"", "t_2023 FROM ('2023-01-01') TO ('2024-01-01')"},
	{"range", "date", RANGE("t_2024_02", "2024-02-01", "2024-03-01"),
	 "\"2025-01-31\"", "t_2025_01 FROM ('2025-01-01') TO ('2025-02-01')"},
	{"range", "date", RANGE("ty2024m02", "2024-02-01", "2024-03-01"),
	 "\"2024-04-30\"", "ty2024m04 FROM ('2024-04-01') TO ('2024-05-01')"},
	{"range", "date", RANGE("t_2024q1", "2024-01-01", "2024-04-01"),
	 "\"2024-12-31\"", "t_2024q4 FROM ('2024-10-01') TO ('2025-01-01')"},
	{"range", "date", RANGE("t_20240220", "2024-02-20", "2024-02-21"),
	 "\"2024-02-29\"", "t_20240229 FROM ('2024-02-29') TO ('2024-03-01')"},
	{"range", "date", RANGE("t_2024_01_01", "2024-01-01", "2024-01-08"),
	 "\"2023-12-31\"",
	 "t_2023_12_25 FROM ('2023-12-25') TO ('2024-01-01')"},
	{"range", "timestamp with time zone",
	 RANGE("t_2024_01", "2024-01-01 00:00:00+00", "2024-02-01 00:00:00+00"),
	 "\"2024-03-01T00:30:00+02:00\"",
	 "t_2024_02 FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 "
	 "00:00:00+00')"},
	{"range", "integer", SIBLING("t_0", "FROM (0) TO (100)"), "\"-1\"",
	 "t_-100 FROM ('-100') TO ('0')"},
	{"range", "bigint", RANGE("t_0", "0", "100"), "\"250\",\"299\"",
	 "t_200 FROM ('200') TO ('300')"},
	{"list", "text", SIBLING("t_eu", "IN ('eu')"), "\"apac\"",
	 "t_apac IN ('apac')"},
	{"list", "text", SIBLING("t_eu", "IN ('EU')"), "\"US\"",
	 "t_us IN ('US')"},
	{"list", "integer", SIBLING("t_1", "IN (1)"), "\"2\"", "t_2 IN ('2')"},

	/* Far away: a mistake, perhaps. */
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"9999-12-31\"", NULL},
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"1970-01-01\"", NULL},
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"2000-01-01\"", NULL},
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"2099-12-31\"", NULL},
	{"range", "bigint", RANGE("t_0", "0", "100"), "\"20000\"", NULL},
	/* Two steps, no step, a bound within a day, open ends, no zone. */
	{"range", "date",
	 RANGE("t_2024", "2024-01-01",
	       "2025-01-01") "," RANGE("t_2025_01", "2025-01-01", "2025-02-01"),
	 "\"2026-01-01\"", NULL},
	{"range", "date", RANGE("t_x", "2024-01-01", "2026-01-01"),
	 "\"2027-01-01\"", NULL},
	{"range", "timestamp without time zone",
	 RANGE("t_2024_01", "2024-01-01 06:00:00", "2024-02-01 06:00:00"),
	 "\"2024-03-01T00:30:00\"", NULL},
	{"range", "date",
	 RANGE("t_2024", "2024-01-01", "2025-01-01") "," SIBLING(
		 "t_rest", "FROM ('2025-01-01') TO (MAXVALUE)"),
	 "\"2027-01-01\"", NULL},
	{"range", "timestamp with time zone",
	 RANGE("t_2024_01", "2024-01-01 00:00:00+00", "2024-02-01 00:00:00+00"),
	 "\"2024-03-01T00:30:00\"", NULL},
	/* Names that tell nothing, or are taken; a value that has a place. */
	{"range", "date", RANGE("t_a", "2024-01-01", "2025-01-01"),
	 "\"2026-01-01\"", NULL},
	{"range", "date", RANGE("t_2024", "2024-02-01", "2024-03-01"),
	 "\"2024-05-01\"", NULL},
	{"range", "date", RANGE("t_2024", "2024-01-01", "2025-01-01"),
	 "\"2024-05-01\"", NULL},
	{"range", "numeric", RANGE("t_0", "0", "100"), "\"250\"", NULL},
	{"list", "text", SIBLING("t_west", "IN ('fr', 'es')"), "\"pl\"", NULL},
	{"list", "text", SIBLING("t_eu", "IN ('eu')"), "\"a b\"", NULL},
	{"list", "text", SIBLING("t_eu", "IN ('eu')"), "\"\"", NULL},
	{"list", "text", SIBLING("t_eu", "IN ('eu')"), "", NULL},
};

static void
cuts_partitions(void)
{
	for (size_t i = 0; i < array_size(cases); i++) {
		const char *plan = cases[i].plan;
		auto_free char *name =
			xprintf("%s beside %s: %s", cases[i].values,
				cases[i].siblings, plan == NULL ? "-" : plan);
		auto_free char *got = plan_of(
			"missing_partition",
			"\"columns\":[],\"wanted\":[],\"needed\":[{\"column\":"
			"\"k\",\"values\":[%s]}],\"partitions\":{\"strategy\":"
			"\"%s\",\"key\":\"k\",\"type\":\"%s\",\"has_default\":"
			"false,\"siblings\":[%s]}",
			cases[i].values, cases[i].strategy, cases[i].type,
			cases[i].siblings);
		size_t size = plan == NULL ? 0 : strcspn(plan, " ");
		bool is_quoted = size > 0 && memchr(plan, '-', size) != NULL;
		auto_free char *expected =
			xprintf("CREATE TABLE a.%s%.*s%s PARTITION OF a.t FOR "
				"VALUES%s",
				is_quoted ? "\"" : "", (int)size,
				plan == NULL ? "" : plan, is_quoted ? "\"" : "",
				plan == NULL ? "" : plan + size);

		if (plan != NULL)
			test_text(name, got, expected);
		else
			test(name, strncmp(got, "gives up: ", 10) == 0);
	}
}

static void
makes_all_missing_remainders(void)
{
	auto_free char *got = plan_of(
		"missing_partition",
		"\"columns\":[],\"wanted\":[],\"partitions\":{\"strategy\":"
		"\"hash\",\"key\":null,\"type\":null,\"siblings\":[" SIBLING(
			"t_1", "WITH (modulus 3, remainder 1)") "]}");
	auto_free char *uneven =
		plan_of("missing_partition",
			"\"columns\":[],\"wanted\":[],"
			"\"partitions\":{\"strategy\":"
			"\"hash\",\"key\":null,\"type\":null,"
			"\"siblings\":[" SIBLING(
				"t_1", "WITH (modulus 2, remainder "
				       "1)") "," SIBLING("t_0", "WITH "
								"(modulus "
								"4, "
								"remainder "
								"0)") "]}");

	test_text("every remainder", got,
		  "CREATE TABLE a.t_0 PARTITION OF a.t FOR VALUES WITH "
		  "(MODULUS 3, REMAINDER 0); CREATE TABLE a.t_2 PARTITION OF "
		  "a.t FOR VALUES WITH (MODULUS 3, REMAINDER 2)");
	test("not where the modulus differs",
	     strncmp(uneven, "gives up: ", 10) == 0);
}

int
main(void)
{
	counts_days();
	reads_days();
	cuts_partitions();
	makes_all_missing_remainders();
	return test_end();
}
