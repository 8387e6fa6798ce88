/* Inside a wait for the database: what comes in is looked at, and what isn't
 * wanted any more is cancelled. */
#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/database.h"
#include "supervisor/host.h"
#include "supervisor/run.h"

#define CANCEL_MS 500 /* for the server to obey */
#define PROGRESS_MS 1000

static struct database *
connection_of(const struct host *host, enum host_connection connection)
{
	return connection == HOST_WORK ? host->run->work : host->run->records;
}

/* Through the run's other connection: nothing is dialled, and nothing goes
 * unencrypted. */
static void
cancel_statement(struct host *host, enum host_connection waiting)
{
	struct database *other = connection_of(
		host, waiting == HOST_WORK ? HOST_RECORDS : HOST_WORK);
	struct error ignored = NO_ERROR;
	char pid[24];
	const char *parameter = pid;

	/* One that was lost, and couldn't be made again. */
	if (other == NULL)
		return;
	snprintf(pid, sizeof(pid), "%d",
		 database_backend_pid(connection_of(host, waiting)));
	host->cancelled_at = wire_now_ms();
	host->is_cancelling = true;
	database_run(other,
		     "SELECT pg_catalog.pg_cancel_backend("
		     "$1::pg_catalog.int4)",
		     1, &parameter, NULL, &ignored);
	host->is_cancelling = false;
}

/* A server that doesn't even obey is given up on. */
static void
abandon_late(struct host *host, struct database *database)
{
	if (host->cancelled_at != 0 && host->has_ended &&
	    wire_now_ms() > host->cancelled_at + CANCEL_MS)
		database_abandon(database);
}

/* The records of a change are written to the end. */
static bool
may_cancel(const struct host *host, enum host_connection waiting)
{
	return waiting == HOST_WORK || !host->is_applying;
}

void
host_look(void *context, bool is_final)
{
	const struct watched *watched = context;
	struct host *host = watched->host;

	if (host->is_cancelling) {
		abandon_late(host, connection_of(host, watched->connection));
		return;
	}
	host_receive(host);
	if (host_is_over(host))
		host->run->is_cancelled = true;
	if (wire_now_ms() > host->progress_at + PROGRESS_MS)
		host_tell_progress(host, "waiting for the database");
	if (is_final || !host->run->is_cancelled ||
	    !may_cancel(host, watched->connection))
		return;
	if (host->cancelled_at == 0)
		cancel_statement(host, watched->connection);
	abandon_late(host, connection_of(host, watched->connection));
}
