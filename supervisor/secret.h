/*
 * secret.h - secrets from files and variables, read once, wiped when freed.
 *
 * $CREDENTIALS_DIRECTORY/NAME comes first (systemd), then the file that the
 * caller was told of. Opened with O_NOFOLLOW; refused when the group or others
 * may read it, or when it is neither ours nor root's. Errors name the file,
 * never what is in it. White space at the end is not part of a secret.
 *
 * They lie in memory of memfd_secret(2): no other process can read it, root's
 * neither, and the kernel itself doesn't map it. Where that isn't to be had it
 * is locked memory. Neither is swapped, dumped, or inherited by a worker. What
 * libpq keeps of a password, and the courier of its key, lies in memory of
 * their own: the supervisor and the courier aren't dumpable, and the courier's
 * is locked.
 */
#ifndef SUPERVISOR_SECRET_H
#define SUPERVISOR_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define SECRET_MAX 4096 /* bytes; a key, not a document */

struct secret {
	char *bytes; /* of secret_buffer(), terminated; NULL: not configured */
	size_t size;
};

/* Room for SECRET_MAX bytes and their end, all zero. */
char *secret_buffer(void);

/* Whether this system has memory that nobody else can read. */
bool secret_can_hide(void);

/* `file` may be NULL. Not configured is no error; unsafe is EXIT_UNSAFE. */
int secret_read(struct secret *ret_secret, const char *name, const char *file,
		struct error *err);

/* True when secret_read() would find one, or try to. */
bool secret_is_stored(const char *name, const char *file);

/* The value of an environment variable, which is wiped there and unset; a
 * secret without bytes when it is unset or empty. EXIT_USAGE when it is too
 * long. */
int secret_take_variable(struct secret *ret_secret, const char *variable,
			 struct error *err);

void secret_wipe(struct secret *secret);
#define auto_secret __attribute__((cleanup(secret_wipe)))

#endif
