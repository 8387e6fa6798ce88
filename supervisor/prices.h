/*
 * prices.h - what tokens cost: a table in a file that users can replace.
 *
 * One model a line: name, then USD per million tokens for input, output, cache
 * write and cache read; '#' starts a comment. "over TOKENS" and four prices
 * more are for longer prompts. Prices are exact decimal microdollars per
 * million tokens inside. Whatever is doubtful counts as the dearer.
 */
#ifndef SUPERVISOR_PRICES_H
#define SUPERVISOR_PRICES_H

#include <stdint.h>

struct error;
struct prices;

struct usage {
	int64_t input, output, cache_write, cache_read; /* tokens */
};

/* EXIT_USAGE, with file:line, for a table that can't be read or isn't only its
 * owner's to write. */
int
prices_read(struct prices **ret_prices, const char *path, struct error *err);
void prices_free(struct prices *prices);
void prices_cleanup(struct prices **prices);
#define auto_prices __attribute__((cleanup(prices_cleanup)))

/*
 * Microdollars, rounded up; -1 when the model isn't in the table. A model goes
 * by its name, also with "anthropic." in front and a date ("-20261126") behind.
 * INT64_MAX when the tokens are negative or too many to count.
 */
int64_t prices_cost(const struct prices *prices, const char *model,
		    const struct usage *usage);

#endif
