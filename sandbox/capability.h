/*
 * capability.h - the supervisor's and the spawned child's capabilities; the
 * only user of libcap.
 */
#ifndef SANDBOX_CAPABILITY_H
#define SANDBOX_CAPABILITY_H

struct error;

/* Keeps only what a worker needs to seal itself, ambient so that it survives
 * execve under a mapped non-root id. */
int capability_keep_for_seal(struct error *err);

/* Empties every set of this process, the bounding set included. */
int capability_drop_all(struct error *err);

#endif
