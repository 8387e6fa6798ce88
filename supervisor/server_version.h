/*
 * server_version.h - what differs between versions of PostgreSQL, 13 to 18.
 *
 * Queries are written for the newest one; what an older one doesn't have yet is
 * marked line by line. Pure. Versions are as the server counts them: 150020.
 */
#ifndef SUPERVISOR_SERVER_VERSION_H
#define SUPERVISOR_SERVER_VERSION_H

#include <stdbool.h>

#define SERVER_VERSION_MIN 130000 /* gen_random_uuid() */
#define SERVER_VERSION_18 180000

/* True for the versions that the tests run with. */
bool server_version_is_tested(int version);

/* True unless it is a catalogue that only a newer version has. */
bool server_version_has(int version, const char *catalogue);

/* The query without the lines that end with "-- since N" where N is a newer
 * version than the server's: "-- since 15". The caller frees it. */
char *server_version_query(const char *sql, int version);

#endif
