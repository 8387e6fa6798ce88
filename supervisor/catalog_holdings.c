#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_holdings.h"
#include "supervisor/database.h"
#include "supervisor/server_version.h"

#include "holdings_sql.h"

/* What belongs to the table, and what was written to the catalogues. */
static void
take_rows(struct holdings *holdings, const struct rows *rows)
{
	size_t count = (size_t)rows_count(rows);

	holdings->items = xcalloc(count, sizeof(*holdings->items));
	holdings->written = xcalloc(count, sizeof(*holdings->written));
	for (int i = 0; i < rows_count(rows); i++) {
		const struct holding item = {
			.kind = xstrdup(rows_text(rows, i, 0)),
			.oid = xstrdup(rows_text(rows, i, 1)),
			.name = xstrdup(rows_text(rows, i, 2)),
			.file = xstrdup(rows_text(rows, i, 3)),
		};

		if (strcmp(item.kind, "written") == 0)
			holdings->written[holdings->written_count++] = item;
		else
			holdings->items[holdings->count++] = item;
	}
}

int
holdings_read(struct holdings *ret_holdings, struct database *database,
	      const struct catalog *catalog, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = server_version_query(
		holdings_sql, database_server_version(database));
	struct holdings holdings = {.count = 0};
	const char *parameter = catalog->tree;

	if (database_run(database, sql, 1, &parameter, &rows, err) < 0)
		return fail_in(err, "read what belongs to the table");
	take_rows(&holdings, rows);
	*ret_holdings = holdings;
	return 0;
}

static void
items_free(struct holding *items, int count)
{
	for (int i = 0; i < count; i++) {
		free(items[i].kind);
		free(items[i].oid);
		free(items[i].name);
		free(items[i].file);
	}
	free(items);
}

void
holdings_free(struct holdings *holdings)
{
	items_free(holdings->items, holdings->count);
	items_free(holdings->written, holdings->written_count);
	*holdings = (struct holdings){.count = 0};
}

static int64_t
written_by_now(const struct holdings *holdings, const char *catalogue)
{
	for (int i = 0; i < holdings->written_count; i++) {
		const struct holding *item = &holdings->written[i];

		if (same_text(item->name, catalogue))
			return item->file == NULL
				       ? -1
				       : strtoll(item->file, NULL, 10);
	}
	return -1;
}

int64_t
holdings_written(const struct holdings *before, const struct holdings *after,
		 const char *catalogue)
{
	int64_t earlier = written_by_now(before, catalogue);
	int64_t now = written_by_now(after, catalogue);

	return earlier < 0 || now < earlier ? -1 : now - earlier;
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
