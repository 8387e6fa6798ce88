/*
 * lock.h - the supervisor's lock on itself, after attestation and before the
 * first byte of the incident reaches a worker.
 *
 * Capabilities none, no_new_privs, not dumpable, MDWE where the kernel has it,
 * NPROC 0, Landlock (read only the files named here, TCP connect only to the
 * ports named here), seccomp without exec, fork, ptrace, listening sockets and
 * opening for writing. Locking can't be undone; a second call fails. From then
 * on a database behind an abstract socket, and workers to come, are out of
 * reach; ending the workers that there are is not.
 */
#ifndef SUPERVISOR_LOCK_H
#define SUPERVISOR_LOCK_H

#include <stdbool.h>

struct error;

struct lock_terms {
	const char *const *read_paths; /* files and folders that a reconnect of
					* libpq needs; NULL-terminated; those
					* that don't exist are left out */
	const unsigned *tcp_ports;     /* ends with 0 */
	bool may_lack_landlock;	       /* the policy doesn't require it */
};

int lock_self(const struct lock_terms *terms, struct error *err);

#endif
