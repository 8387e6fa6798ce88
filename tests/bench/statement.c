/*
 * What understanding DDL costs: reading a statement, rendering it, and reading
 * the rendering again.
 *
 * usage: statement < STATEMENTS
 *
 * Each statement ends with a NUL; those that aren't understood are left out.
 * Prints processor time, and beside it what the parser alone takes, which is
 * needed twice.
 */
#include <pg_query.h>

#include "pgmend.h"
#include "tests/bench/clock.h"
#include "policy/statement.h"

#define ROUNDS 15
#define AT_ONCE 1000 /* statements in one process */

struct statements {
	char **sql;
	int count;
};

static double
quantile(double *seconds, int count, int percent)
{
	qsort(seconds, (size_t)count, sizeof(*seconds), compare_seconds);
	return seconds[(count - 1) * percent / 100];
}

/* All that pgmend does with a text before it knows the table. */
static bool
understand(const char *sql)
{
	auto_statement struct statement *statement = NULL;
	auto_free char *rendered = NULL;
	struct refusal refusal = {.floor = NULL};

	return statement_parse(&statement, sql, strlen(sql), &refusal) &&
	       statement_render(&rendered, statement, &refusal);
}

static bool
parse(const char *sql)
{
	PgQueryProtobufParseResult result = pg_query_parse_protobuf(sql);
	bool parsed = result.error == NULL;

	pg_query_free_protobuf_parse_result(result);
	return parsed;
}

static void
add_statement(struct statements *all, const char *sql)
{
	if (!understand(sql))
		return;
	all->sql = xreallocarray(all->sql, (size_t)all->count + 1,
				 sizeof(*all->sql));
	all->sql[all->count++] = xstrdup(sql);
}

static struct statements
read_statements(FILE *in)
{
	struct statements all = {.sql = NULL};
	auto_free char *sql = NULL;
	size_t size = 0;

	while (getdelim(&sql, &size, '\0', in) > 0)
		add_statement(&all, sql);
	return all;
}

/* The median of each statement's rounds; none may fail. */
static double *
time_each(const struct statements *all, bool (*work)(const char *))
{
	double *medians = xcalloc((size_t)all->count, sizeof(*medians));

	for (int i = 0; i < all->count; i++) {
		double seconds[ROUNDS];

		for (int round = 0; round < ROUNDS; round++) {
			double start = now_seconds();

			if (!work(all->sql[i]))
				exit(1);
			seconds[round] = now_seconds() - start;
		}
		medians[i] = quantile(seconds, ROUNDS, 50);
	}
	return medians;
}

static double
time_many(const struct statements *all)
{
	double start = now_seconds();

	for (int i = 0; i < AT_ONCE; i++)
		if (!understand(all->sql[i % all->count]))
			exit(1);
	return now_seconds() - start;
}

int
main(void)
{
	struct statements all = read_statements(stdin);
	auto_free double *whole = NULL, *parser = NULL;
	double typical, alone;

	if (all.count == 0)
		return 1;
	whole = time_each(&all, understand);
	parser = time_each(&all, parse);
	typical = quantile(whole, all.count, 50);
	alone = quantile(parser, all.count, 50);
	printf("understanding a statement, of %3d    %8.1f us median, %.1f us "
	       "at 95 %%\n",
	       all.count, typical * 1e6, quantile(whole, all.count, 95) * 1e6);
	printf("the parser alone                    %8.1f us median, "
	       "1/%.1f of that\n",
	       alone * 1e6, typical / alone);
	printf("%d statements in one process      %8.1f ms\n", AT_ONCE,
	       time_many(&all) * 1e3);
	for (int i = 0; i < all.count; i++)
		free(all.sql[i]);
	free(all.sql);
	return 0;
}
