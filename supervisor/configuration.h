/*
 * configuration.h - pgmend.conf: what an operator fixes, pipelines above all,
 * since an incident can't be trusted to say what it may touch.
 *
 * INI form: top-level `key = value` lines (db, user, policy, policy_signers,
 * audit_schema, timeout, planner, and those of the endpoint, below), then
 * [pipeline NAME] sections.
 * '#' at the start of a word starts a comment. Unknown keys and duplicates are
 * errors with file:line and a did-you-mean; a pipeline that names no tables is
 * one too.
 * Relative paths start at the file's folder. Refused unless the file is root's
 * or the caller's and not writable by others.
 */
#ifndef SUPERVISOR_CONFIGURATION_H
#define SUPERVISOR_CONFIGURATION_H

#include <stdbool.h>
#include <stdint.h>

struct error;

#define CONFIGURATION_DEFAULT "/etc/pgmend/pgmend.conf"

struct pipeline {
	char *name;
	char **tables; /* "schema.table" */
	int table_count;
	char *role; /* the replay runs as this role; NULL: the login role */
	char *timezone, *datestyle, *intervalstyle, *search_path; /* or NULL */
	char *rows;   /* "keep", "prove" or NULL */
	char *policy; /* path, resolved against the file's folder; or NULL */
};

struct configuration {
	char *path; /* NULL: there is no file, everything is built-in */
	char *db, *policy, *audit_schema, *planner;
	char *user;	      /* whom a run that root started becomes */
	char *policy_signers; /* who may sign policies; NULL: nobody need to */
	/* Where a model is reached, and how (endpoint.h). */
	char *base_url; /* https://host[:port][/prefix] */
	char *auth;	/* x-api-key, bearer, sigv4 REGION SERVICE */
	char *proxy;	/* http://host:port */
	char *api_key_file, *ca_file;
	char *ca_path;	/* a hashed folder of CA certificates */
	char *prices;	/* a table in the place of the one that comes along */
	char **headers; /* "name: value", one for each `header` line */
	int header_count;
	int64_t timeout_ms; /* 0: not given */
	struct pipeline *pipelines;
	int pipeline_count;
};

/* `path` NULL: the default file, which may be missing. Where the default file
 * exists, another one is refused. Every error is EXIT_USAGE. */
int configuration_read(struct configuration **ret_configuration,
		       const char *path, struct error *err);
void configuration_free(struct configuration *configuration);
void configuration_cleanup(struct configuration **configuration);
#define auto_configuration __attribute__((cleanup(configuration_cleanup)))

/* NULL when there is no such pipeline. */
const struct pipeline *
configuration_pipeline(const struct configuration *configuration,
		       const char *name);
bool pipeline_has_table(const struct pipeline *pipeline, const char *schema,
			const char *table);

/* "90", "90s", "500ms", "2min", "1h" to milliseconds; a bare number is
 * seconds. */
int duration_parse(int64_t *ret_ms, const char *text, struct error *err);

#endif
