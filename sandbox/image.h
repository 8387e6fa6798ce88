/*
 * image.h - bytes in a memfd that nobody can change any more.
 *
 * What a worker runs and what it is handed are fixed before it starts: the
 * file on disk may change afterwards, the sealed copy can't.
 */
#ifndef SANDBOX_IMAGE_H
#define SANDBOX_IMAGE_H

#include <stddef.h>

struct error;

/* A sealed copy of the program at `path`; the caller closes the descriptor. */
int image_load(int *ret_fd, const char *path, struct error *err);

/* The bytes, sealed; the caller closes the descriptor. */
int image_from_bytes(int *ret_fd, const void *bytes, size_t size,
		     struct error *err);

#endif
