#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_holdings.h"
#include "supervisor/database.h"

#include "holdings_sql.h"

static char *
copy(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

int
holdings_read(struct holdings *ret_holdings, struct database *database,
	      const struct catalog *catalog, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	struct holdings holdings;
	const char *parameter = catalog->tree;

	if (database_run(database, holdings_sql, 1, &parameter, &rows, err) < 0)
		return fail_in(err, "read what belongs to the table");
	holdings.count = rows_count(rows);
	holdings.items =
		xcalloc((size_t)holdings.count, sizeof(*holdings.items));
	for (int i = 0; i < holdings.count; i++)
		holdings.items[i] = (struct holding){
			.kind = xstrdup(rows_text(rows, i, 0)),
			.oid = xstrdup(rows_text(rows, i, 1)),
			.name = copy(rows_text(rows, i, 2)),
			.file = copy(rows_text(rows, i, 3)),
		};
	*ret_holdings = holdings;
	return 0;
}

void
holdings_free(struct holdings *holdings)
{
	for (int i = 0; i < holdings->count; i++) {
		free(holdings->items[i].kind);
		free(holdings->items[i].oid);
		free(holdings->items[i].name);
		free(holdings->items[i].file);
	}
	free(holdings->items);
	*holdings = (struct holdings){.count = 0};
}

const struct holding *
holdings_find(const struct holdings *holdings, const char *name)
{
	for (int i = 0; i < holdings->count; i++)
		if (same_text(holdings->items[i].name, name))
			return &holdings->items[i];
	return NULL;
}

void
holdings_write(FILE *out, const struct holdings *holdings, bool neighbours,
	       bool is_first)
{
	for (int i = 0; i < holdings->count; i++) {
		const struct holding *item = &holdings->items[i];

		if ((strcmp(item->kind, "neighbour") == 0) != neighbours)
			continue;
		fprintf(out, "%s%s", is_first ? "" : ",", item->oid);
		is_first = false;
	}
}
