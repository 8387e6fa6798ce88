#include "pgmend.h"

#include "supervisor/server_version.h"

#define MARK "-- since "
#define MAJOR(version) ((version) / 10000)

static const int tested[] = {15};

/* Catalogues that version 13 lacks, and the first one with them. */
static const struct {
	const char *name;
	int since;
} newer[] = {
	{"pg_parameter_acl", 15},
	{"pg_publication_namespace", 15},
};

bool
server_version_is_tested(int version)
{
	for (size_t i = 0; i < array_size(tested); i++)
		if (MAJOR(version) == tested[i])
			return true;
	return false;
}

bool
server_version_has(int version, const char *catalogue)
{
	for (size_t i = 0; i < array_size(newer); i++)
		if (strcmp(newer[i].name, catalogue) == 0)
			return MAJOR(version) >= newer[i].since;
	return true;
}

/* The version that a line is for; 0 for any. */
static long
line_since(const char *line, size_t size)
{
	const char *mark = memmem(line, size, MARK, strlen(MARK));

	return mark == NULL ? 0 : strtol(mark + strlen(MARK), NULL, 10);
}

char *
server_version_query(const char *sql, int version)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	while (*sql != '\0') {
		size_t length = strcspn(sql, "\n");

		length += sql[length] == '\n';
		if (line_since(sql, length) <= MAJOR(version))
			fwrite(sql, 1, length, out);
		sql += length;
	}
	fclose(out);
	return text;
}
