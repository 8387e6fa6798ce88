/*
 * incident.c - where incidents come from, and what is known of a good one;
 * incident_members.c holds the rules.
 */
#include <fcntl.h>

#include "pgmend.h"
#include "policy/digest.h"
#include "supervisor/incident.h"

static int
unreadable(struct error *err, const char *path)
{
	return fail_as(err, EXIT_BAD_INCIDENT, "bad_incident", "%s: %s", path,
		       strerror(errno));
}

/* Reads until the end of file, or until one byte more than the limit. */
static int
read_whole(int fd, const char *path, char *text, size_t *ret_size,
	   struct error *err)
{
	size_t size = 0;
	ssize_t got = 1;

	while (got != 0 && size <= INCIDENT_MAX) {
		got = read(fd, text + size, INCIDENT_MAX + 1 - size);
		if (got < 0 && errno != EINTR)
			return unreadable(err, path);
		size += got > 0 ? (size_t)got : 0;
	}
	*ret_size = size;
	return 0;
}

int
incident_read(struct incident **ret_incident, const char *path,
	      struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	auto_close int fd =
		is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	auto_free char *text = xcalloc(1, INCIDENT_MAX + 1);
	size_t size = 0;

	if (fd < 0)
		return unreadable(err, path);
	if (read_whole(fd, path, text, &size, err) < 0)
		return -1;
	if (incident_parse(ret_incident, text, size, err) < 0)
		return fail_in(err, "%s", is_input ? "standard input" : path);
	return 0;
}

void
incident_free(struct incident *incident)
{
	if (incident == NULL)
		return;
	for (int i = 0; i < incident->param_count; i++)
		free(incident->params[i]);
	free(incident->params);
	free(incident->payloads);
	free(incident->id);
	free(incident->source_kind);
	free(incident->source_name);
	free(incident->source_run);
	free(incident->source_task);
	free(incident->source_url);
	free(incident->occurred_at);
	free(incident->sqlstate);
	free(incident->message);
	free(incident->detail);
	free(incident->hint);
	free(incident->context);
	free(incident->schema);
	free(incident->table);
	free(incident->column);
	free(incident->datatype);
	free(incident->constraint);
	free(incident->class);
	free(incident->stacktrace);
	free(incident->sql);
	json_free(incident->json);
	free(incident->text);
	free(incident);
}

void
incident_cleanup(struct incident **incident)
{
	incident_free(*incident);
}

enum incident_rows
incident_rows_default(const struct incident *incident)
{
	/* These retry the batch that failed: a kept row would come twice. */
	static const char *const retrying[] = {"airflow", "dagster", "dbt",
					       "copy"};

	if (incident->rows != ROWS_UNSET)
		return incident->rows;
	for (size_t i = 0; i < array_size(retrying); i++) {
		if (strcmp(incident->source_kind, retrying[i]) == 0)
			return ROWS_PROVE;
	}
	return ROWS_KEEP;
}

void
payload_hash(char ret_hex[65], const char *text, size_t size)
{
	auto_free char *bytes = NULL;
	struct digest digest;
	size_t written;
	FILE *out = xmemstream(&bytes, &written);

	json_write_compact(out, text, size);
	fclose(out);
	digest = digest_of(bytes, written);
	digest_hex(ret_hex, &digest);
}

void
incident_payload_hash(char ret_hex[65], const struct incident *incident,
		      int payload)
{
	size_t size;
	const char *text = json_raw(incident->json, payload, &size);

	payload_hash(ret_hex, text, size);
}
