/*
 * worker.h - a worker as the supervisor sees it: spawned, attested, talked to
 * by frames, ended.
 *
 * Workers are found beside the executable in a build tree, else in libexecdir;
 * no option or variable changes that.
 */
#ifndef SUPERVISOR_WORKER_H
#define SUPERVISOR_WORKER_H

#include <stdint.h>
#include <stdio.h>

#include "sandbox/jail.h"
#include "sandbox/wire.h"

struct worker;

/* Where the worker of that name lies; the caller frees. */
int worker_find(char **ret_path, const char *name, struct error *err);

/* Spawns pgmend-agent; it seals itself while the caller goes on. */
int worker_spawn(struct worker **ret_worker, struct error *err);
/* Blocks until READY, attests. EXIT_UNSAFE when it isn't proven. */
int worker_attest(struct worker *worker, unsigned required, int64_t deadline,
		  struct error *err);
/* Kills, reaps, frees; NULL is fine. */
void worker_free(struct worker *worker);
void worker_cleanup(struct worker **worker);
#define auto_worker __attribute__((cleanup(worker_cleanup)))

struct wire *worker_wire(struct worker *worker);
const struct jail *worker_jail(const struct worker *worker);

#endif
