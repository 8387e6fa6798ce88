/*
 * jail.h - the supervisor's half of a worker's jail: spawn it into fresh
 * namespaces, and prove from outside that it has sealed itself.
 *
 * Order (security.md, "The jail"): image into a sealed memfd, clone3 with new
 * user, mount, pid, net, ipc, uts and cgroup namespaces, id map, fixed
 * descriptors, execveat; then the worker seals itself (seal.h), says READY and
 * blocks in read(0); then jail_attest(). A worker that isn't proven sealed is
 * never sent a byte.
 */
#ifndef SANDBOX_JAIL_H
#define SANDBOX_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/post.h"

struct error;
struct filter;
struct seal_profile;

/* Layers that a policy may require (sandbox.require). */
enum jail_layer {
	JAIL_SECCOMP,
	JAIL_NAMESPACES,
	JAIL_LANDLOCK,
	JAIL_CGROUP,
	JAIL_ATTESTATION,
	JAIL_LAYERS
};

#define JAIL_REQUIRED_DEFAULT                             \
	((1u << JAIL_SECCOMP) | (1u << JAIL_NAMESPACES) | \
	 (1u << JAIL_LANDLOCK) | (1u << JAIL_ATTESTATION))

const char *jail_layer_name(enum jail_layer layer);

struct jail {
	pid_t pid;
	int pidfd;	       /* owned */
	int proc;	       /* owned: /proc/PID as a directory */
	int to_worker;	       /* owned: the write end of the worker's 0 */
	int from_worker;       /* owned: the read end of the worker's 1 */
	int errors;	       /* owned: of its 2; closed once it is proven */
	int image;	       /* owned: the sealed memfd that it runs */
	int slots[POST_SLOTS]; /* owned, until a relay takes them: our ends of
				* the worker's 3 and following */
	ino_t slot_inodes[POST_SLOTS]; /* of the worker's ends */
	const struct seal_profile *profile;
	uid_t uid; /* of the worker, seen from outside */
	gid_t gid;
	int missing_namespaces; /* errno of their refusal, 0 when it has them */
	unsigned achieved;  /* bits of enum jail_layer, proven or reported */
	char report[256];   /* what it said with READY, escaped */
	int64_t started_us; /* on the clock of jail_now_us() */
	int64_t spawn_us;   /* from clone to READY */
	int64_t attest_us;  /* from READY to proven */
};

/* A jail that holds nothing; jail_end() leaves this. */
#define NO_JAIL                                                              \
	{                                                                    \
		.pidfd = -1, .proc = -1, .to_worker = -1, .from_worker = -1, \
		.errors = -1, .image = -1, .slots = {                        \
			-1,                                                  \
			-1,                                                  \
			-1,                                                  \
			-1                                                   \
		}                                                            \
	}

/* What to run in a jail; all borrowed. */
struct jail_program {
	const char *path;
	const char *name;	     /* its argv is { name, NULL } */
	const struct filter *filter; /* that it must install */
	int slots;		     /* socket pairs: 0, or POST_SLOTS */
};

/*
 * Starts the program jailed, with an empty environment.
 * Where the system refuses namespaces the worker starts without them, and
 * jail_attest() decides whether it may be used.
 * On success the caller owns `ret_jail` and ends it with jail_end().
 */
int jail_spawn(struct jail *ret_jail, const struct jail_program *program,
	       struct error *err);

/*
 * Waits for READY until the deadline (wire_now_ms clock) and checks every item
 * of the attestation list. Fails with EXIT_UNSAFE and a code that names the
 * missing item; then nothing may be sent. A layer that isn't in `required` and
 * isn't there is left out of `achieved`.
 */
int jail_attest(struct jail *jail, const struct filter *filter,
		unsigned required, int64_t deadline, struct error *err);

/* Microseconds of CLOCK_MONOTONIC. */
int64_t jail_now_us(void);

/* Kills and reaps the worker and closes everything; harmless twice. */
void jail_end(struct jail *jail);

#endif
