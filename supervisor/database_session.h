/*
 * database_session.h - what every session of ours has in common, so that one
 * text means one thing: pinned settings, a known backend, no pooler between.
 *
 * The settings are set after connecting and not as start-up options: those
 * would become what RESET goes back to, and the replay needs to read there what
 * the pipeline's role gets at login.
 */
#ifndef SUPERVISOR_DATABASE_SESSION_H
#define SUPERVISOR_DATABASE_SESSION_H

struct database;
struct error;

/* The statement_timeout that is pinned, until somebody sets another. */
#define SESSION_STATEMENT_MS 60000

/* What a backend is called in pg_stat_activity. */
struct backend {
	int pid;
	char start[64]; /* backend_start, as text */
};

/* Asks for the backend. Before the settings are pinned: the query is qualified,
 * and a backend that others share is left as it was. */
int session_backend(struct backend *ret_backend, struct database *database,
		    struct error *err);

/*
 * For a connection whose pid at login isn't its backend's, so that something
 * stands between: `second` is another connection through the same door, and
 * both are open. EXIT_USAGE, pooler, when the first changes its backend, or
 * the two share one.
 */
int session_refuse_shared(struct database *first, struct database *second,
			  struct error *err);

/* Pins the settings. Two round trips. */
int session_pin(struct database *database, struct error *err);

#endif
