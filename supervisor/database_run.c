#include <netinet/in.h>
#include <sys/socket.h>

#include "pgmend.h"
#include "supervisor/database.h"

int
database_run(struct database *database, const char *sql, int count,
	     const char *const *parameters, struct rows **ret_rows,
	     struct error *err)
{
	const struct statement_run statement = {
		.sql = sql, .count = count, .parameters = parameters};

	return database_run_meanwhile(database, &statement, ret_rows, err);
}

int
database_command(struct database *database, const char *sql, struct error *err)
{
	return database_run(database, sql, 0, NULL, NULL, err);
}

unsigned
database_tcp_port(const struct database *database)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = sizeof(peer);

	if (getpeername(database_socket(database), (struct sockaddr *)&peer,
			&size) < 0)
		return 0;
	if (peer.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&peer)->sin_port);
	if (peer.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&peer)->sin6_port);
	return 0;
}
