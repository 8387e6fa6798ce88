/* A table of prices that is accepted never gives a run money back. */
#include "supervisor/prices.h"
#include "tests/fuzz/fuzz.h"

static void
check_cost(const struct prices *prices, const char *model)
{
	static const int64_t amounts[] = {0, 1, 200000, INT64_C(1) << 40};
	struct usage none = {0};
	struct usage below = {.input = -1};
	struct usage above = {.output = INT64_MAX};

	if (prices_cost(prices, model, &none) < 0)
		return;
	claim(prices_cost(prices, model, &none) == 0);
	claim(prices_cost(prices, model, &below) == INT64_MAX);
	claim(prices_cost(prices, model, &above) == INT64_MAX);
	for (size_t i = 0; i < array_size(amounts); i++) {
		struct usage usage = {.input = amounts[i],
				      .output = amounts[i],
				      .cache_write = amounts[i],
				      .cache_read = amounts[i]};
		struct usage half = usage;

		claim(prices_cost(prices, model, &usage) >= 0);
		half.output /= 2;
		claim(prices_cost(prices, model, &half) <=
		      prices_cost(prices, model, &usage));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_prices struct prices *prices = NULL;
	auto_close int fd = fuzz_file(data, size);
	auto_free char *path = fuzz_path(fd);
	auto_free char *text = xstrndup((const char *)data, size);
	struct error err = NO_ERROR;
	char *rest = text;

	if (prices_read(&prices, path, &err) < 0) {
		claim(err.reason == EXIT_USAGE);
		return 0;
	}
	for (char *word; (word = strsep(&rest, " \t\r\n")) != NULL;)
		check_cost(prices, word);
	return 0;
}
