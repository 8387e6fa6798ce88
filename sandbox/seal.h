/*
 * seal.h - what a worker does to itself before it says READY.
 *
 * Warm up memory, pivot into an empty read-only root, drop every capability,
 * Landlock, close the limits, then the filter that the supervisor passed in.
 * After seal() only read(0), write(1), poll, exit and the clock are left, and
 * memory comes from the warmed-up arena alone.
 */
#ifndef SANDBOX_SEAL_H
#define SANDBOX_SEAL_H

struct error;

/* Descriptor on which a worker finds its filter program; closed by seal(). */
#define SEAL_FILTER_DESCRIPTOR 3

/* All the memory that a sealed worker can ever allocate: a few frames, and the
 * trees parsed from them. Untouched pages cost nothing. */
#define SEAL_ARENA_BYTES (64UL << 20)

/* The limits of a sealed worker; jail_attest() reads them back. */
#define SEAL_LIMIT_DESCRIPTORS 3 /* exactly those it holds: no free slot */
#define SEAL_LIMIT_CPU_SECONDS 60
#define SEAL_LIMIT_MEMORY_BYTES (SEAL_ARENA_BYTES + (64UL << 20))

/* What a worker says instead of READY when it couldn't seal itself; followed
 * by the reason code and the sentence. */
#define SEAL_FAILED "UNSEALED"

/*
 * Seals the process and writes the READY frame with a report of what can't be
 * seen from outside: "READY landlock=ABI mdwe=0|1 dumpable=0". A layer that
 * the kernel doesn't have is reported, not required: the supervisor decides.
 * On failure the SEAL_FAILED frame has been written, and the caller exits.
 */
int seal(struct error *err);

/* Writes the SEAL_FAILED frame; for the steps before the worker's exec. */
void seal_report_failure(int out, const struct error *err);

#endif
