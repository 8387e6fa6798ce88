/*
 * configuration_keys.h - the keys of pgmend.conf, and what each may hold.
 */
#ifndef SUPERVISOR_CONFIGURATION_KEYS_H
#define SUPERVISOR_CONFIGURATION_KEYS_H

struct configuration;
struct error;
struct pipeline;

/*
 * Sets one key of a pipeline, or of the top level when `pipeline` is NULL.
 * Paths are resolved against the folder of configuration->path. The error says
 * what is wrong with the line; the caller says which line.
 */
int configuration_set(struct configuration *configuration,
		      struct pipeline *pipeline, const char *name,
		      const char *value, struct error *err);

#endif
