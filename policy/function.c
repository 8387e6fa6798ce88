#include "pgmend.h"
#include "policy/function.h"

static const struct function_word functions[] = {
	{"now", 0, 0, VOLATILITY_STABLE, false},
	{"transaction_timestamp", 0, 0, VOLATILITY_STABLE, false},
	{"statement_timestamp", 0, 0, VOLATILITY_STABLE, false},
	{"clock_timestamp", 0, 0, VOLATILITY_VOLATILE, false},
	{"gen_random_uuid", 0, 0, VOLATILITY_VOLATILE, false},
	{"lower", 1, 1, VOLATILITY_IMMUTABLE, true},
	{"upper", 1, 1, VOLATILITY_IMMUTABLE, true},
	{"btrim", 1, 2, VOLATILITY_IMMUTABLE, true},
	{"ltrim", 1, 2, VOLATILITY_IMMUTABLE, true},
	{"rtrim", 1, 2, VOLATILITY_IMMUTABLE, true},
	{"length", 1, 1, VOLATILITY_IMMUTABLE, true},
	{"concat", 1, 16, VOLATILITY_STABLE, true},
	{"left", 2, 2, VOLATILITY_IMMUTABLE, true},
	{"right", 2, 2, VOLATILITY_IMMUTABLE, true},
	{"replace", 3, 3, VOLATILITY_IMMUTABLE, true},
	{"substring", 2, 3, VOLATILITY_IMMUTABLE, true},
	{"md5", 1, 1, VOLATILITY_IMMUTABLE, true},
	{"to_timestamp", 1, 2, VOLATILITY_STABLE, true},
	{"to_date", 2, 2, VOLATILITY_STABLE, true},
	{"date_trunc", 2, 3, VOLATILITY_STABLE, true},
	{"make_date", 3, 3, VOLATILITY_IMMUTABLE, true},
};

/* CURRENT_USER and its kin are left out: they name a role. */
static const struct keyword_word keywords[] = {
	{"SVFOP_CURRENT_DATE", "CURRENT_DATE", false},
	{"SVFOP_CURRENT_TIME", "CURRENT_TIME", false},
	{"SVFOP_CURRENT_TIME_N", "CURRENT_TIME", true},
	{"SVFOP_CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", false},
	{"SVFOP_CURRENT_TIMESTAMP_N", "CURRENT_TIMESTAMP", true},
	{"SVFOP_LOCALTIME", "LOCALTIME", false},
	{"SVFOP_LOCALTIME_N", "LOCALTIME", true},
	{"SVFOP_LOCALTIMESTAMP", "LOCALTIMESTAMP", false},
	{"SVFOP_LOCALTIMESTAMP_N", "LOCALTIMESTAMP", true},
};

const struct function_word *
function_find(const char *name)
{
	for (size_t i = 0; i < array_size(functions); i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

const struct keyword_word *
keyword_find(const char *op)
{
	for (size_t i = 0; i < array_size(keywords); i++)
		if (strcmp(keywords[i].op, op) == 0)
			return &keywords[i];
	return NULL;
}
