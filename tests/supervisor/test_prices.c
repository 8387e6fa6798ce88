#include <sys/stat.h>

#include "supervisor/prices.h"
#include "tests/test.h"

/* A table in a file of its own, with these permissions. */
static int
read_table(struct prices **ret_prices, const char *text, mode_t mode,
	   struct error *err)
{
	char path[] = "/tmp/pgmend-prices-XXXXXX";
	auto_close int fd = mkstemp(path);
	int status;

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		abort();
	status = prices_read(ret_prices, path, err);
	unlink(path);
	return status;
}

static const char table[] = "# comment\n"
			    "\n"
			    "small 0.10 0.50 0.20 0.01 over 1000 1 2 3 4\n"
			    "  big\t4 20 8 0.2 # comment\r\n"
			    "odd 0.000001 0 0 0";

static const struct {
	const char *name, *model;
	struct usage usage;
	int64_t cost;
} costs[] = {
	{"input", "big", {.input = 1000000}, 4000000},
	{"output", "big", {.output = 1000000}, 20000000},
	{"cache writes", "big", {.cache_write = 500}, 4000},
	{"cache reads", "big", {.cache_read = 1000}, 200},
	{"all together", "big", {1000, 100, 10, 10}, 6082},
	{"nothing", "big", {.input = 0}, 0},
	{"a part of a microdollar as one", "odd", {.input = 1}, 1},
	{"a prompt that is short enough", "small", {.input = 1000}, 100},
	{"a longer one at the higher price", "small", {.input = 1001}, 1001},
	{"a longer one's output", "small", {900, 10, 100, 1}, 900 + 20 + 304},
	{"a model with a date", "big-20261126", {.input = 1000}, 4000},
	{"a model of another route", "anthropic.big", {.input = 1000}, 4000},
	{"no model like it", "bigger", {.input = 1}, -1},
	{"no model with another ending", "big-5", {.input = 1}, -1},
	{"no part of a model", "bi", {.input = 1}, -1},
	{"fewer than no tokens", "big", {.input = -1}, INT64_MAX},
	{"more tokens than there are",
	 "big",
	 {.input = INT64_MAX, .cache_read = INT64_MAX},
	 INT64_MAX},
};

static void
counts_costs(void)
{
	auto_prices struct prices *prices = NULL;
	struct error err = NO_ERROR;

	if (read_table(&prices, table, 0644, &err) < 0) {
		test_text("reads a table", err.text, NULL);
		return;
	}
	for (size_t i = 0; i < array_size(costs); i++) {
		auto_free char *name = xprintf("counts %s", costs[i].name);
		int64_t cost =
			prices_cost(prices, costs[i].model, &costs[i].usage);

		if (cost != costs[i].cost)
			printf("# %lld\n", (long long)cost);
		test(name, cost == costs[i].cost);
	}
}

static const struct {
	const char *name, *text, *complaint;
} refusals[] = {
	{"too few prices", "\na 1 2 3\n", ":2: "},
	{"too many words", "a 1 2 3 4 5\n", ":1: "},
	{"another word for over", "a 1 2 3 4 more 5 1 2 3 4\n", ":1: "},
	{"more than all words", "a 1 2 3 4 over 5 1 2 3 4 5\n", ":1: "},
	{"a negative price", "a -1 2 3 4\n", "\"-1\" is no price"},
	{"an exponent", "a 1e3 2 3 4\n", "\"1e3\" is no price"},
	{"a price without digits", "a . 2 3 4\n", "\".\" is no price"},
	{"a point without decimals", "a 1. 2 3 4\n", "\"1.\" is no price"},
	{"too many decimals", "a 0.0000001 2 3 4\n", "is no price"},
	{"a price beyond reason", "a 1000001 2 3 4\n", "too much"},
	{"tokens that are no number", "a 1 2 3 4 over x 1 2 3 4\n",
	 "no number of tokens"},
	{"a model twice", "a 1 2 3 4\na 1 2 3 4\n", ":2: a second \"a\""},
};

static void
refuses_tables(void)
{
	for (size_t i = 0; i < array_size(refusals); i++) {
		auto_free char *name = xprintf("refuses %s", refusals[i].name);
		auto_prices struct prices *prices = NULL;
		struct error err = NO_ERROR;

		test(name,
		     read_table(&prices, refusals[i].text, 0644, &err) < 0 &&
			     err.reason == EXIT_USAGE &&
			     strstr(err.text, refusals[i].complaint) != NULL);
	}
}

static void
trusts_only_its_owner(void)
{
	auto_prices struct prices *prices = NULL;
	struct error err = NO_ERROR;

	test("refuses a table that others can write",
	     read_table(&prices, table, 0666, &err) < 0);
	test("refuses a table that isn't there",
	     prices_read(&prices, "/nowhere/prices.conf", &err) < 0 &&
		     err.reason == EXIT_USAGE);
	test("refuses a folder", prices_read(&prices, "/tmp", &err) < 0);
}

static void
knows_the_models(void)
{
	static const char *const models[] = {
		"claude-haiku-5-5",	     "claude-sonnet-5-5",
		"claude-opus-5-5",	     "claude-fable-5-2",
		"claude-haiku-4-5-20251001", "anthropic.claude-haiku-5-5",
	};
	static const struct usage usage = {.input = 100001, .output = 1};
	auto_prices struct prices *prices = NULL;
	struct error err = NO_ERROR;

	if (prices_read(&prices, "policies/prices.conf", &err) < 0) {
		test_text("reads the table that comes along", err.text, NULL);
		return;
	}
	for (size_t i = 0; i < array_size(models); i++) {
		auto_free char *name =
			xprintf("knows the price of %s", models[i]);

		test(name, prices_cost(prices, models[i], &usage) > 0);
	}
	test("knows that long prompts cost more",
	     prices_cost(prices, "claude-haiku-5-5", &usage) == 50003);
}

int
main(void)
{
	counts_costs();
	refuses_tables();
	trusts_only_its_owner();
	knows_the_models();
	return test_end();
}
