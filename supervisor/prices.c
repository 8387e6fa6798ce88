#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "supervisor/prices.h"

#define PRICES_MAX (64 * 1024) /* bytes of a table */
#define WORDS_MAX 11	       /* of a line: name, 4 prices, over N, 4 more */
#define MILLION 1000000
#define DOLLARS_MAX 1000000 /* a price above is a slip */
#define DECIMALS_MAX 6
#define TOKENS_MAX (INT64_C(1) << 40) /* a prompt above is no prompt */
#define SPACE " \t\r"

enum rate { RATE_INPUT, RATE_OUTPUT, RATE_CACHE_WRITE, RATE_CACHE_READ, RATES };

struct price {
	char *model;
	int64_t over;		 /* tokens of a long prompt; INT64_MAX: none */
	int64_t rates[2][RATES]; /* of a prompt, and of a long one */
};

struct prices {
	struct price *of;
	int count;
};

void
prices_free(struct prices *prices)
{
	if (prices == NULL)
		return;
	for (int i = 0; i < prices->count; i++)
		free(prices->of[i].model);
	free(prices->of);
	free(prices);
}

void
prices_cleanup(struct prices **prices)
{
	prices_free(*prices);
}

/* --- The table ------------------------------------------------------------ */

static int
refuse_file(const char *path, const char *why, struct error *err)
{
	return fail_as(err, EXIT_USAGE, "bad_prices", "%s: %s", path, why);
}

/* Who could write the table could let a run spend what he likes. */
static int
read_text(char **ret_text, const char *path, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return refuse_file(path, strerror(errno), err);
	if (!S_ISREG(status.st_mode))
		return refuse_file(path, "not a regular file", err);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return refuse_file(path, "belongs neither to root nor to you",
				   err);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse_file(path, "others may write to it", err);
	if (status.st_size > PRICES_MAX)
		return refuse_file(path, "too large", err);
	text = xcalloc(1, (size_t)status.st_size + 1);
	if (read(fd, text, (size_t)status.st_size) != status.st_size)
		return refuse_file(path, "changed while it was read", err);
	if (strlen(text) != (size_t)status.st_size)
		return refuse_file(path, "no text", err);
	*ret_text = take(text);
	return 0;
}

/* "0.125" to 125000: exact, no binary fractions. */
static int
parse_price(int64_t *ret_price, const char *text, struct error *err)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals =
		text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	size_t size = whole + (decimals > 0 ? 1 + decimals : 0);
	int64_t price = 0;

	if (whole == 0 || whole > 7 || decimals > DECIMALS_MAX ||
	    text[size] != '\0')
		return fail(err, "\"%.40s\" is no price", text);
	for (const char *c = text; *c != '\0'; c++)
		if (*c != '.')
			price = price * 10 + (*c - '0');
	for (size_t i = decimals; i < DECIMALS_MAX; i++)
		price *= 10;
	if (price > (int64_t)DOLLARS_MAX * MILLION)
		return fail(err, "\"%.40s\" is too much for a price", text);
	*ret_price = price;
	return 0;
}

static int
parse_rates(int64_t rates[RATES], char *const *words, struct error *err)
{
	for (int i = 0; i < RATES; i++)
		if (parse_price(&rates[i], words[i], err) < 0)
			return -1;
	return 0;
}

static int
parse_tokens(int64_t *ret_tokens, const char *text, struct error *err)
{
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 12)
		return fail(err, "\"%.40s\" is no number of tokens", text);
	*ret_tokens = strtoll(text, NULL, 10);
	return 0;
}

/* Cuts the line into words, and ends it at a comment. Returns how many there
 * are, at most one more than a line may have. */
static int
split(char *words[WORDS_MAX + 1], char *line)
{
	int count = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *word; (word = strsep(&line, SPACE)) != NULL;)
		if (*word != '\0' && count <= WORDS_MAX)
			words[count++] = word;
	return count;
}

static int
parse_line(struct prices *prices, char *line, struct error *err)
{
	struct price price = {.over = INT64_MAX};
	char *words[WORDS_MAX + 1];
	int count = split(words, line);

	if (count == 0)
		return 0;
	if (count != 1 + RATES &&
	    (count != WORDS_MAX || strcmp(words[1 + RATES], "over") != 0))
		return fail(err, "a model and four prices wanted, then perhaps "
				 "\"over\", tokens and four more");
	for (int i = 0; i < prices->count; i++)
		if (strcmp(prices->of[i].model, words[0]) == 0)
			return fail(err, "a second \"%.60s\"", words[0]);
	if (parse_rates(price.rates[0], words + 1, err) < 0)
		return -1;
	if (count == WORDS_MAX &&
	    (parse_tokens(&price.over, words[2 + RATES], err) < 0 ||
	     parse_rates(price.rates[1], words + 3 + RATES, err) < 0))
		return -1;
	price.model = xstrdup(words[0]);
	prices->of = xreallocarray(prices->of, (size_t)prices->count + 1,
				   sizeof(*prices->of));
	prices->of[prices->count++] = price;
	return 0;
}

int
prices_read(struct prices **ret_prices, const char *path, struct error *err)
{
	auto_prices struct prices *prices = xcalloc(1, sizeof(*prices));
	auto_free char *text = NULL;
	char *rest;
	int number = 0;

	if (read_text(&text, path, err) < 0)
		return -1;
	rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct error line_error = NO_ERROR;

		number++;
		if (parse_line(prices, line, &line_error) < 0)
			return fail_as(err, EXIT_USAGE, "bad_prices",
				       "%s:%d: %s", path, number,
				       line_error.text);
	}
	*ret_prices = take(prices);
	return 0;
}

/* --- What it comes to ----------------------------------------------------- */

/* "-20261126", or nothing. */
static bool
is_date_or_end(const char *text)
{
	return *text == '\0' || (strlen(text) == 9 && *text == '-' &&
				 strspn(text + 1, "0123456789") == 8);
}

static const struct price *
find_price(const struct prices *prices, const char *model)
{
	static const char route[] = "anthropic.";

	if (strncmp(model, route, strlen(route)) == 0)
		model += strlen(route);
	for (int i = 0; i < prices->count; i++) {
		const char *name = prices->of[i].model;
		size_t size = strlen(name);

		if (strncmp(model, name, size) == 0 &&
		    is_date_or_end(model + size))
			return &prices->of[i];
	}
	return NULL;
}

/* Four products of 2^40 tokens and 10^12 fit in 128 bits with ease. */
int64_t
prices_cost(const struct prices *prices, const char *model,
	    const struct usage *usage)
{
	const struct price *price = find_price(prices, model);
	const int64_t tokens[RATES] = {
		[RATE_INPUT] = usage->input,
		[RATE_OUTPUT] = usage->output,
		[RATE_CACHE_WRITE] = usage->cache_write,
		[RATE_CACHE_READ] = usage->cache_read,
	};
	__int128 total = 0;
	bool is_long;

	if (price == NULL)
		return -1;
	for (int i = 0; i < RATES; i++)
		if (tokens[i] < 0 || tokens[i] > TOKENS_MAX)
			return INT64_MAX;
	is_long = usage->input + usage->cache_write + usage->cache_read >
		  price->over;
	for (int i = 0; i < RATES; i++)
		total += (__int128)tokens[i] * price->rates[is_long][i];
	total = (total + MILLION - 1) / MILLION;
	return total > INT64_MAX ? INT64_MAX : (int64_t)total;
}
