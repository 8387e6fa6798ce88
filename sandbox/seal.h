/*
 * seal.h - what a worker does to itself before it says READY.
 *
 * Warm up memory and libraries, pivot into an empty read-only root, drop every
 * capability, Landlock, close the limits, then the filter that the supervisor
 * passed in. After seal() only read(0), write(1), poll, exit and the clock are
 * left, for the courier also its slots; memory comes from the warmed-up arena
 * alone.
 *
 * A worker wakes up with descriptors 0 to 2, its slots from 3 on, and behind
 * them the filter program, which is closed by seal().
 */
#ifndef SANDBOX_SEAL_H
#define SANDBOX_SEAL_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* What differs between the workers; jail_attest() reads it back. */
struct seal_profile {
	int descriptors;   /* that it holds: its limit, so no free one */
	size_t arena;	   /* all the memory it can ever allocate; untouched
			    * pages cost nothing */
	size_t memory;	   /* its limit of address space, program included */
	bool keeps_secret; /* its memory stays out of swap and dumps */
};

/* The agent has no slots, the courier has POST_SLOTS; NULL for any other. */
const struct seal_profile *seal_profile(int slots);

#define SEAL_LIMIT_CPU_SECONDS 60

/* How many user namespaces there may be below that of whoever reads it. */
#define SEAL_NESTING "/proc/sys/user/max_user_namespaces"

/* What a worker says instead of READY when it couldn't seal itself; followed
 * by the reason code and the sentence. */
#define SEAL_FAILED "UNSEALED"

/*
 * Seals the process and writes the READY frame with a report of what can't be
 * seen from outside: "READY landlock=ABI mdwe=0|1 dumpable=0 keyring=SERIAL
 * nesting=0|1". A layer that the kernel doesn't have is reported, not required:
 * the supervisor decides.
 * On failure the SEAL_FAILED frame has been written, and the caller exits.
 */
int seal(struct error *err);

/*
 * The same for the courier. `libraries` is called when the arena is there and
 * files, descriptors and calls are, too: for whatever libraries want of them.
 */
typedef int seal_warm_up(void *context, struct error *err);

int seal_courier(seal_warm_up *libraries, void *context, struct error *err);

/* Writes the SEAL_FAILED frame; for the steps before the worker's exec. */
void seal_report_failure(int out, const struct error *err);

#endif
