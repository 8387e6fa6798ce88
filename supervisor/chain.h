/*
 * chain.h - one event of the audit chain: its hash and its MAC (audit.h has
 * the formulas). Pure; the database's append() computes the same.
 */
#ifndef SUPERVISOR_CHAIN_H
#define SUPERVISOR_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/digest.h"

struct event {
	int64_t seq, at_us;
	int run_seq;
	const char *run_id, *actor, *kind, *body; /* borrowed */
	struct digest prev_hash, hash, mac;
	bool has_mac;
};

/* An event whose run id is no UUID has the hash and MAC of sixteen zero bytes
 * there, which nothing stored can match. */
struct digest event_hash(const struct event *event);
struct digest
event_mac(const struct event *event, const void *key, size_t key_size);

/* The hash before the first event. */
struct digest chain_genesis(const char *chain_id);

bool digest_same(const struct digest *left, const struct digest *right);
/* False when the text isn't a digest in lower-case hex. */
bool digest_parse(struct digest *ret_digest, const char *hex);

/* JSON with everything beyond ASCII as \uXXXX; the caller frees it. */
char *json_ascii(const char *json);

#endif
