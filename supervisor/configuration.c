/*
 * configuration.c - reads pgmend.conf line by line; configuration_keys.c
 * knows the keys.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/configuration.h"
#include "supervisor/configuration_keys.h"

#define CONFIGURATION_MAX (1024 * 1024)
#define SPACE " \t\r\v\f"

static void
pipeline_release(struct pipeline *pipeline)
{
	for (int i = 0; i < pipeline->table_count; i++)
		free(pipeline->tables[i]);
	free(pipeline->tables);
	free(pipeline->name);
	free(pipeline->role);
	free(pipeline->timezone);
	free(pipeline->datestyle);
	free(pipeline->intervalstyle);
	free(pipeline->search_path);
	free(pipeline->rows);
	free(pipeline->policy);
}

void
configuration_free(struct configuration *configuration)
{
	if (configuration == NULL)
		return;
	for (int i = 0; i < configuration->pipeline_count; i++)
		pipeline_release(&configuration->pipelines[i]);
	free(configuration->pipelines);
	free(configuration->path);
	free(configuration->db);
	free(configuration->user);
	free(configuration->policy);
	free(configuration->policy_signers);
	free(configuration->audit_schema);
	free(configuration->planner);
	free(configuration->api_key_file);
	free(configuration->ca_file);
	free(configuration->base_url);
	free(configuration->auth);
	free(configuration->proxy);
	free(configuration->ca_path);
	free(configuration->prices);
	for (int i = 0; i < configuration->header_count; i++)
		free(configuration->headers[i]);
	free(configuration->headers);
	free(configuration);
}

void
configuration_cleanup(struct configuration **configuration)
{
	configuration_free(*configuration);
}

/* --- The file ------------------------------------------------------------- */

/* Who could write the file could let any pipeline touch any table. */
static int
check_file(const char *path, const struct stat *status, struct error *err)
{
	if (!S_ISREG(status->st_mode))
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: not a regular file", path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: belongs neither to root nor to you", path);
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: others may write to it", path);
	if (status->st_size > CONFIGURATION_MAX)
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: larger than %d bytes", path,
			       CONFIGURATION_MAX);
	return 0;
}

static int
unreadable(struct error *err, const char *path)
{
	return fail_as(err, EXIT_USAGE, "bad_configuration", "%s: %s", path,
		       strerror(errno));
}

/* O_NONBLOCK: a FIFO in the file's place must not keep us waiting. */
static int
read_file(char **ret_text, const char *path, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat status;
	size_t size;

	if (fd < 0 || fstat(fd, &status) < 0)
		return unreadable(err, path);
	if (check_file(path, &status, err) < 0)
		return -1;
	size = (size_t)status.st_size;
	text = xcalloc(1, size + 1);
	if (read(fd, text, size) != (ssize_t)size)
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: changed while it was read", path);
	if (!wire_is_text(text, size))
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: no UTF-8 text", path);
	*ret_text = take(text);
	return 0;
}

/* --- Its lines ------------------------------------------------------------ */

/* Ends the line at a comment, and takes white space off both ends. A '#'
 * within a word is part of the word. */
static char *
trim(char *line)
{
	char *hash = strchr(line, '#');
	size_t size;

	while (hash != NULL && hash != line && strchr(SPACE, hash[-1]) == NULL)
		hash = strchr(hash + 1, '#');
	if (hash != NULL)
		*hash = '\0';
	line += strspn(line, SPACE);
	size = strlen(line);
	while (size > 0 && strchr(SPACE, line[size - 1]) != NULL)
		line[--size] = '\0';
	return line;
}

static int
begin_pipeline(struct configuration *configuration, char *line,
	       struct error *err)
{
	static const char word[] = "[pipeline";
	size_t size = strlen(line);
	int count = configuration->pipeline_count;
	const char *name;

	if (strncmp(line, word, strlen(word)) != 0 || line[size - 1] != ']' ||
	    strchr(SPACE, line[strlen(word)]) == NULL)
		return fail(err, "\"%.60s\": [pipeline NAME] wanted", line);
	line[size - 1] = '\0';
	name = trim(line + strlen(word));
	if (*name == '\0')
		return fail(err, "the pipeline has no name");
	if (configuration_pipeline(configuration, name) != NULL)
		return fail(err, "a second pipeline \"%.60s\"", name);
	configuration->pipelines =
		xreallocarray(configuration->pipelines, (size_t)count + 1,
			      sizeof(*configuration->pipelines));
	configuration->pipelines[count] =
		(struct pipeline){.name = xstrdup(name)};
	configuration->pipeline_count++;
	return 0;
}

static int
read_line(struct configuration *configuration, char *line, struct error *err)
{
	int count = configuration->pipeline_count;
	char *equals;

	line = trim(line);
	if (*line == '\0')
		return 0;
	if (*line == '[')
		return begin_pipeline(configuration, line, err);
	equals = strchr(line, '=');
	if (equals == NULL)
		return fail(err, "\"%.60s\": key = value wanted", line);
	*equals = '\0';
	return configuration_set(
		configuration,
		count == 0 ? NULL : &configuration->pipelines[count - 1],
		trim(line), trim(equals + 1), err);
}

/* A pipeline that is bound to nothing is a mistake, not a free hand. */
static int
check_pipelines(const struct configuration *configuration, struct error *err)
{
	for (int i = 0; i < configuration->pipeline_count; i++) {
		const struct pipeline *pipeline = &configuration->pipelines[i];

		if (pipeline->table_count == 0)
			return fail_as(err, EXIT_USAGE, "bad_configuration",
				       "%s: pipeline \"%.60s\" names no tables",
				       configuration->path, pipeline->name);
	}
	return 0;
}

static int
read_lines(struct configuration *configuration, char *text, struct error *err)
{
	int number = 0;

	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		struct error line_error = NO_ERROR;

		number++;
		if (read_line(configuration, line, &line_error) < 0)
			return fail_as(err, EXIT_USAGE, "bad_configuration",
				       "%s:%d: %s", configuration->path, number,
				       line_error.text);
	}
	return check_pipelines(configuration, err);
}

int
configuration_read(struct configuration **ret_configuration, const char *path,
		   struct error *err)
{
	auto_configuration struct configuration *configuration =
		xcalloc(1, sizeof(*configuration));
	bool is_configured = access(CONFIGURATION_DEFAULT, F_OK) == 0;
	auto_free char *text = NULL;

	if (path == NULL && !is_configured) {
		*ret_configuration = take(configuration);
		return 0;
	}
	if (path != NULL && is_configured &&
	    strcmp(path, CONFIGURATION_DEFAULT) != 0)
		return fail_as(err, EXIT_USAGE, "bad_configuration",
			       "%s: refused, since %s exists", path,
			       CONFIGURATION_DEFAULT);
	configuration->path =
		xstrdup(path == NULL ? CONFIGURATION_DEFAULT : path);
	if (read_file(&text, configuration->path, err) < 0 ||
	    read_lines(configuration, text, err) < 0)
		return -1;
	*ret_configuration = take(configuration);
	return 0;
}

/* --- What is asked of it -------------------------------------------------- */

const struct pipeline *
configuration_pipeline(const struct configuration *configuration,
		       const char *name)
{
	for (int i = 0; i < configuration->pipeline_count; i++) {
		if (strcmp(configuration->pipelines[i].name, name) == 0)
			return &configuration->pipelines[i];
	}
	return NULL;
}

/* A name with a point in it can't be bound: the one point of an entry is the
 * border between schema and table. */
bool
pipeline_has_table(const struct pipeline *pipeline, const char *schema,
		   const char *table)
{
	size_t size = strlen(schema);

	for (int i = 0; i < pipeline->table_count; i++) {
		const char *entry = pipeline->tables[i];
		const char *point = strchr(entry, '.');

		if ((size_t)(point - entry) == size &&
		    memcmp(entry, schema, size) == 0 &&
		    strcmp(point + 1, table) == 0)
			return true;
	}
	return false;
}
