/*
 * keys.h - a set of byte strings, each with the number of its arrival: how the
 * linter finds out that it has seen something before. Private to policy/.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct key {
	size_t at, size; /* within `bytes` */
	uint64_t hash;
};

struct keys {
	char *bytes;
	size_t used, room;
	struct key *of;
	int count, key_room;
	int *slots; /* open addressing; -1 is free */
	int slot_count;
};

#define NO_KEYS   \
	{         \
		0 \
	}

/* The key's number; the set grew when that is the count before the call. */
int keys_add(struct keys *keys, const void *bytes, size_t size);

/* Borrowed until the next key is added. Aligned for any type. */
const void *keys_bytes(const struct keys *keys, int index);
size_t keys_size(const struct keys *keys, int index);

/* Forgets all keys, and keeps the memory for the next ones. */
void keys_clear(struct keys *keys);

void keys_release(struct keys *keys);
#define auto_keys __attribute__((cleanup(keys_release)))

/* --- Sets of small numbers, as keys --------------------------------------- */

/* How many words hold a bit for each number below `count`. */
size_t bits_words(int count);
void bits_set(uint64_t *bits, int bit);
int bits_test(const uint64_t *bits, int bit);
/* The first bit from `from` on that is set; `count` when none is. */
int bits_next(const uint64_t *bits, int count, int from);

#endif
