/*
 * loader.h - the session that the pipeline itself would have had: its role, and
 * the settings that change what a value means.
 *
 * From the pipeline's configuration where it says so, else what the role gets
 * at login. A setting that nobody configured isn't known for sure: pipelines
 * set their own. Values that depend on it make the replay session_dependent.
 */
#ifndef SUPERVISOR_LOADER_H
#define SUPERVISOR_LOADER_H

#include <stdbool.h>

struct database;
struct error;
struct pipeline;
struct statement_run;

enum loader_setting {
	LOADER_TIMEZONE,
	LOADER_DATESTYLE,
	LOADER_INTERVALSTYLE,
	LOADER_SEARCH_PATH,
	LOADER_SETTINGS
};

struct loader {
	char *role; /* NULL: the login role */
	char *settings[LOADER_SETTINGS];
	bool is_configured[LOADER_SETTINGS];
	char *schemas; /* those of the search_path, as an array literal */
};

/* `pipeline` may be NULL. */
int loader_read(struct loader **ret_loader, struct database *database,
		const struct pipeline *pipeline, struct error *err);
void loader_free(struct loader *loader);
void loader_cleanup(struct loader **loader);
#define auto_loader __attribute__((cleanup(loader_cleanup)))

/* Becomes the loader until the transaction ends, or loader_leave(). */
int loader_enter(const struct loader *loader, struct database *database,
		 struct error *err);

/* Back to the login role and the pinned settings, whatever a trigger did to
 * either: a RESET ROLE inside one undoes SET LOCAL ROLE. */
int loader_leave(struct database *database, struct error *err);

/*
 * The statements of both, to be sent with others. `ret_parameters` is what the
 * first one's values are borrowed in. What loader_enter() says when it fails,
 * loader_say_why() says of a failure of that statement.
 */
void loader_write_enter(struct statement_run *ret_statement,
			const char *ret_parameters[LOADER_SETTINGS + 1],
			const struct loader *loader);
int loader_say_why(const struct loader *loader, const struct database *database,
		   struct error *err);
void loader_write_leave(struct statement_run *ret_statement);

#endif
