/*
 * policy_file.h - opening a policy file so that nobody else had a hand in it.
 *
 * Regular, reached within the policy root by no symlink and no "..", owned by
 * root or the caller, not writable by group or others, read once into the
 * buffer that is both hashed and parsed.
 */
#ifndef POLICY_POLICY_FILE_H
#define POLICY_POLICY_FILE_H

#include <stddef.h>

struct arena;
struct error;

struct policy_file {
	char *text; /* in the arena, terminated */
	size_t size;
	const char *complaint; /* why it can't be trusted, or NULL; E011 */
	unsigned mode;
};

/* `root` is a descriptor of the policy root. Fails where it can't be read. */
int policy_file_read(struct policy_file *ret_file, struct arena *arena,
		     int root, const char *name, struct error *err);

#endif
