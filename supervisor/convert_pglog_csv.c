#include "pgmend.h"
#include "supervisor/convert_draft.h"
#include "supervisor/convert_pglog.h"

/* Newer servers add columns at the end: 23 with PostgreSQL 9.0, the process's
 * kind with 13, leader and query id with 14. */
#define COLUMNS_MIN 23
#define COLUMNS_MAX 26

static const struct {
	enum pglog_field field;
	int column;
} columns[] = {
	{PGLOG_TIMESTAMP, 0},	 {PGLOG_USER, 1},     {PGLOG_DATABASE, 2},
	{PGLOG_SQLSTATE, 12},	 {PGLOG_MESSAGE, 13}, {PGLOG_DETAIL, 14},
	{PGLOG_HINT, 15},	 {PGLOG_CONTEXT, 18}, {PGLOG_STATEMENT, 19},
	{PGLOG_APPLICATION, 22},
};

/* Decodes one field; NULL when its quotes don't end where the field does. */
static char *
next_field(const char **cursor)
{
	const char *at = *cursor;
	auto_free char *field = NULL;
	bool is_quoted = *at == '"';
	size_t used = 0;

	if (!is_quoted) {
		*cursor = at + strcspn(at, ",");
		return xstrndup(at, (size_t)(*cursor - at));
	}
	field = xcalloc(1, strlen(at) + 1);
	for (at++; *at != '\0' && (*at != '"' || at[1] == '"'); at++) {
		field[used++] = *at;
		at += *at == '"';
	}
	if (*at != '"' || (at[1] != ',' && at[1] != '\0'))
		return NULL;
	*cursor = at + 1;
	return take(field);
}

int
pglog_read_csv(struct pglog *pglog, const char *text, struct error *err)
{
	const char *cursor = text;
	int count = 0;

	for (;; cursor++) {
		auto_free char *field = next_field(&cursor);

		if (field == NULL || count == COLUMNS_MAX)
			break;
		for (size_t i = 0; i < array_size(columns); i++)
			if (columns[i].column == count)
				pglog->fields[columns[i].field] = take(field);
		count++;
		if (*cursor == '\0' && count >= COLUMNS_MIN)
			return 0;
		if (*cursor == '\0')
			break;
	}
	return convert_refuse(err,
			      "neither a line of jsonlog nor of csvlog, which "
			      "has %d to %d fields: field %d, '%.40s'",
			      COLUMNS_MIN, COLUMNS_MAX, count + 1, cursor);
}
