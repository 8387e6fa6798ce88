#include <assert.h>

#include "pgmend.h"
#include "supervisor/database.h"
#include "supervisor/database_rows.h"

struct rows {
	int count, columns;
	char **texts; /* row by row */
	unsigned *types;
	int *modifiers;
};

struct rows *
rows_new(int count, int columns)
{
	struct rows *rows = xcalloc(1, sizeof(*rows));

	rows->count = count;
	rows->columns = columns;
	rows->texts =
		xcalloc((size_t)count * (size_t)columns, sizeof(*rows->texts));
	rows->types = xcalloc((size_t)columns, sizeof(*rows->types));
	rows->modifiers = xcalloc((size_t)columns, sizeof(*rows->modifiers));
	return rows;
}

static char **
cell(const struct rows *rows, int row, int column)
{
	assert(row >= 0 && row < rows->count);
	assert(column >= 0 && column < rows->columns);
	return &rows->texts[(size_t)row * (size_t)rows->columns +
			    (size_t)column];
}

void
rows_set(struct rows *rows, int row, int column, const char *text)
{
	*cell(rows, row, column) = xstrdup(text);
}

void
rows_set_type(struct rows *rows, int column, unsigned type, int modifier)
{
	rows->types[column] = type;
	rows->modifiers[column] = modifier;
}

int
rows_count(const struct rows *rows)
{
	return rows->count;
}

const char *
rows_text(const struct rows *rows, int row, int column)
{
	return *cell(rows, row, column);
}

int64_t
rows_number(const struct rows *rows, int row, int column)
{
	const char *text = rows_text(rows, row, column);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

bool
rows_is_true(const struct rows *rows, int row, int column)
{
	return same_text(rows_text(rows, row, column), "t");
}

unsigned
rows_type(const struct rows *rows, int column)
{
	return rows->types[column];
}

int
rows_type_modifier(const struct rows *rows, int column)
{
	return rows->modifiers[column];
}

void
rows_free(struct rows *rows)
{
	if (rows == NULL)
		return;
	for (int row = 0; row < rows->count; row++)
		for (int column = 0; column < rows->columns; column++)
			free(*cell(rows, row, column));
	free(rows->texts);
	free(rows->types);
	free(rows->modifiers);
	free(rows);
}

void
rows_cleanup(struct rows **rows)
{
	rows_free(*rows);
}
