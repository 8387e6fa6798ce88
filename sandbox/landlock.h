/*
 * landlock.h - Landlock for a worker (nothing at all) and for the supervisor
 * (what a reconnect of libpq needs).
 *
 * Every right that the kernel's ABI offers is handled, so that what isn't
 * granted below is refused. Landlock ABI 1 can't tell renames and links apart
 * and counts as none.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdbool.h>

struct error;

#define LANDLOCK_ABI_MIN 2

struct landlock_terms {
	const char *const *read_paths; /* files and folders, NULL-terminated;
					* what doesn't exist is left out */
	const unsigned *tcp_ports;     /* to connect to; ends with 0 */
	bool may_signal; /* processes outside its own domain: its workers */
};

/* The kernel's ABI, or 0 when there is no Landlock worth the name. */
int landlock_abi(void);

/*
 * Restricts this process for good; `terms` NULL grants nothing. Needs
 * no_new_privs. Fails when landlock_abi() is 0.
 */
int landlock_restrict(const struct landlock_terms *terms, struct error *err);

#endif
