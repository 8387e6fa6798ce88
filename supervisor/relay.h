/*
 * relay.h - the courier's connections: the supervisor dials the one fixed
 * address when the first byte comes out of a slot, and passes ciphertext on.
 *
 * Nothing is interpreted. Each slot is dialled once; when either side closes,
 * the other is closed too and the slot is spent. Buffers are bounded: a side
 * that doesn't read stops the other from being read.
 */
#ifndef SUPERVISOR_RELAY_H
#define SUPERVISOR_RELAY_H

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sandbox/post.h"

struct error;

/* Where to: resolved before the lock. */
struct relay_target {
	struct sockaddr_storage address;
	socklen_t size;
};

#define RELAY_BUFFER 65536
#define RELAY_TOTAL_MAX (64 << 20) /* bytes of one run, both directions */
#define RELAY_POLLS_MAX (2 * POST_SLOTS)

struct relay_slot {
	int inside;  /* owned: our end of the courier's socketpair */
	int outside; /* owned: the dialled socket, -1 before the first byte */
	char *up, *down; /* owned: RELAY_BUFFER each, courier to API and back */
	size_t up_used, down_used;
	int is_connecting, is_spent;
	int is_closing; /* the outside is gone; what came from it is passed on
			 * before the inside goes, too */
};

struct relay {
	const struct relay_target *target; /* borrowed */
	struct relay_slot slots[POST_SLOTS];
	int64_t total;
	int has_heard; /* the connection that was dialled last has said
			* something */
};

/* Takes the slots' descriptors out of the array. */
void relay_init(struct relay *relay, int slots[POST_SLOTS],
		const struct relay_target *target);
void relay_free(struct relay *relay);

/* Fills in what to wait for; returns how many entries, at most
 * RELAY_POLLS_MAX. */
int relay_prepare(const struct relay *relay, struct pollfd *polls);
/* Acts on what poll() found in exactly these entries. A connection that can't
 * be made or breaks is the courier's to notice; only a flood is an error:
 * EXIT_REFUSED, courier_flooded. */
int relay_step(struct relay *relay, const struct pollfd *polls, int count,
	       struct error *err);

#endif
