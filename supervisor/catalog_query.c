#include "pgmend.h"

#include "supervisor/catalog_query.h"
#include "supervisor/server_version.h"

#define IF "-- if "
#define UNLESS "-- unless "
#define END "-- end"

static bool
starts_with(const char *line, const char *mark)
{
	return strncmp(line, mark, strlen(mark)) == 0;
}

/* The word from `name` to the end of its line. */
static bool
has_kind(const char *kinds, const char *name)
{
	auto_free char *word =
		xprintf(" %.*s ", (int)strcspn(name, "\n"), name);

	return kinds == NULL || strstr(kinds, word) != NULL;
}

static char *
keep_parts(const char *sql, const char *kinds)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);
	bool is_kept = true;

	while (*sql != '\0') {
		size_t length = strcspn(sql, "\n");

		length += sql[length] == '\n';
		if (starts_with(sql, IF))
			is_kept = has_kind(kinds, sql + strlen(IF));
		else if (starts_with(sql, UNLESS))
			is_kept = !has_kind(kinds, sql + strlen(UNLESS));
		else if (starts_with(sql, END))
			is_kept = true;
		else if (is_kept)
			fwrite(sql, 1, length, out);
		sql += length;
	}
	fclose(out);
	return text;
}

char *
catalog_query(const char *sql, int version, const char *kinds)
{
	auto_free char *parts = keep_parts(sql, kinds);

	return server_version_query(parts, version);
}
