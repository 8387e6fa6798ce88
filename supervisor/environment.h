/*
 * environment.h - heal starts over with an allow-listed environment.
 *
 * Nothing that steers the loader, the allocator, OpenSSL or libpq's session
 * (LD_*, MALLOC_*, OPENSSL_*, PGOPTIONS, ...) reaches the process that holds
 * the credential.
 */
#ifndef SUPERVISOR_ENVIRONMENT_H
#define SUPERVISOR_ENVIRONMENT_H

struct error;

/* Executes the program again when its environment holds anything else than the
 * list; returns when it is clean already. */
int environment_restart(char **argv, struct error *err);

#endif
