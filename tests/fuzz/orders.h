/*
 * orders.h - the catalogue of one small table, app.orders, for targets that are
 * about an incident.
 */
#ifndef TESTS_FUZZ_ORDERS_H
#define TESTS_FUZZ_ORDERS_H

#include "supervisor/catalog.h"

static struct column orders_columns[] = {
	{.name = (char[]){"id"}, .type = (char[]){"integer"}},
	{.name = (char[]){"note"}, .type = (char[]){"text"}},
};

static const struct catalog orders = {
	.schema = (char[]){"app"},
	.table = (char[]){"orders"},
	.kind = 'r',
	.columns = orders_columns,
	.column_count = 2,
};

#endif
