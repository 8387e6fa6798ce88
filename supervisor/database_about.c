/* What is known of a connection without asking the server. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "pgmend.h"
#include "supervisor/database.h"
#include "supervisor/database_connection.h"

const struct diagnostic *
database_diagnostic(const struct database *database)
{
	return &database->diagnostic;
}

void
database_abandon(struct database *database)
{
	shutdown(database->socket, SHUT_RDWR);
}

int
database_backend_pid(const struct database *database)
{
	return database->backend.pid;
}

const char *
database_backend_start(const struct database *database)
{
	return database->backend.start;
}

unsigned
database_tcp_port(const struct database *database)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = sizeof(peer);

	if (getpeername(database->socket, (struct sockaddr *)&peer, &size) < 0)
		return 0;
	if (peer.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&peer)->sin_port);
	if (peer.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&peer)->sin6_port);
	return 0;
}

void
database_watch(struct database *database, const struct watch *watch)
{
	database->watch = watch;
}

void
database_bound(struct database *database, int64_t statement_ms)
{
	database->patience_ms =
		statement_ms > 0 && statement_ms < INT32_MAX - DATABASE_GRACE_MS
			? (int)statement_ms + DATABASE_GRACE_MS
			: -1;
}
