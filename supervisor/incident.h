/*
 * incident.h - the incident, version 1 (interfaces.md): read once, checked
 * whole, untrusted for ever.
 *
 * It steers what is looked at, never what is allowed. Payloads stay spans of
 * the text, so that their numbers keep every digit. Anything unreadable or
 * outside the limits is EXIT_BAD_INCIDENT with a sentence that quotes the
 * offending member.
 */
#ifndef SUPERVISOR_INCIDENT_H
#define SUPERVISOR_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/json.h"

struct error;

#define INCIDENT_MAX (256 * 1024)
#define INCIDENT_ID_MAX 256
#define INCIDENT_MESSAGE_MAX 8192

enum incident_rows { ROWS_UNSET, ROWS_KEEP, ROWS_PROVE };

struct incident {
	char *text; /* the whole document; everything below is from it */
	size_t size;
	struct json *json;
	char hash[65]; /* SHA-256 of the text, hex */
	char *id;
	char *source_kind, *source_name, *source_run, *source_task, *source_url;
	char *occurred_at;
	char *sqlstate, *message; /* at least one of the two */
	char *detail, *hint, *context, *schema, *table, *column, *datatype,
		*constraint, *class, *stacktrace;
	char *sql;     /* NULL: nothing to replay */
	char **params; /* payload key of $1, $2, ...; NULL when not given */
	int param_count;
	int *payloads; /* nodes of json: one object a failed record */
	int payload_count;
	enum incident_rows rows;
	int extra; /* node of `x`, or JSON_NONE */
};

/* Reads a file, or standard input for "-". */
int incident_read(struct incident **ret_incident, const char *path,
		  struct error *err);
/* The same from memory; copies the text. */
int incident_parse(struct incident **ret_incident, const char *text,
		   size_t size, struct error *err);
void incident_free(struct incident *incident);
void incident_cleanup(struct incident **incident);
#define auto_incident __attribute__((cleanup(incident_cleanup)))

/* keep or prove: as said, else by source.kind (interfaces.md). */
enum incident_rows incident_rows_default(const struct incident *incident);

/* Hex SHA-256 of one payload's canonical bytes: members in document order,
 * insignificant white space removed. The text has passed the scanner. */
void payload_hash(char ret_hex[65], const char *text, size_t size);
/* The same of a node of the incident. */
void incident_payload_hash(char ret_hex[65], const struct incident *incident,
			   int payload);

#endif
