#include "pgmend.h"
#include "policy/keys.h"

#define SLOTS_MIN 64
#define ALIGNMENT sizeof(void *)

/* Eight bytes at a time; only the quality of the spread matters here, since
 * every hit is compared. */
static uint64_t
hash_of(const char *bytes, size_t size)
{
	uint64_t hash = size;

	while (size > 0) {
		uint64_t word = 0;
		size_t step = size < sizeof(word) ? size : sizeof(word);

		memcpy(&word, bytes, step);
		hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 29;
		bytes += step;
		size -= step;
	}
	return hash;
}

static int *
slot_of(const struct keys *keys, const void *bytes, size_t size, uint64_t hash)
{
	int mask = keys->slot_count - 1;
	int at = (int)(hash & (uint64_t)mask);

	for (;; at = (at + 1) & mask) {
		int *slot = &keys->slots[at];
		const struct key *key;

		if (*slot < 0)
			return slot;
		key = &keys->of[*slot];
		if (key->hash == hash && key->size == size &&
		    (size == 0 ||
		     memcmp(keys->bytes + key->at, bytes, size) == 0))
			return slot;
	}
}

static void
free_slots(struct keys *keys)
{
	for (int i = 0; i < keys->slot_count; i++)
		keys->slots[i] = -1;
}

static void
grow_slots(struct keys *keys)
{
	keys->slot_count =
		keys->slot_count == 0 ? SLOTS_MIN : 2 * keys->slot_count;
	keys->slots = xreallocarray(keys->slots, (size_t)keys->slot_count,
				    sizeof(*keys->slots));
	free_slots(keys);
	for (int i = 0; i < keys->count; i++) {
		const struct key *key = &keys->of[i];

		*slot_of(keys, keys->bytes + key->at, key->size, key->hash) = i;
	}
}

static void
append(struct keys *keys, const void *bytes, size_t size, uint64_t hash)
{
	size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	if (keys->bytes == NULL || keys->room - keys->used < padded) {
		keys->room = 2 * keys->room + padded + SLOTS_MIN;
		keys->bytes = xreallocarray(keys->bytes, keys->room, 1);
	}
	if (keys->count == keys->key_room) {
		keys->key_room = 2 * keys->key_room + SLOTS_MIN;
		keys->of = xreallocarray(keys->of, (size_t)keys->key_room,
					 sizeof(*keys->of));
	}
	if (size > 0)
		memcpy(keys->bytes + keys->used, bytes, size);
	keys->of[keys->count++] =
		(struct key){.at = keys->used, .size = size, .hash = hash};
	keys->used += padded;
}

int
keys_add(struct keys *keys, const void *bytes, size_t size)
{
	uint64_t hash = hash_of(bytes, size);
	int *slot;

	if (2 * keys->count >= keys->slot_count)
		grow_slots(keys);
	slot = slot_of(keys, bytes, size, hash);
	if (*slot < 0) {
		*slot = keys->count;
		append(keys, bytes, size, hash);
	}
	return *slot;
}

const void *
keys_bytes(const struct keys *keys, int index)
{
	return keys->bytes + keys->of[index].at;
}

size_t
keys_size(const struct keys *keys, int index)
{
	return keys->of[index].size;
}

void
keys_clear(struct keys *keys)
{
	keys->used = 0;
	keys->count = 0;
	free_slots(keys);
}

void
keys_release(struct keys *keys)
{
	free(keys->bytes);
	free(keys->of);
	free(keys->slots);
	*keys = (struct keys)NO_KEYS;
}

size_t
bits_words(int count)
{
	return ((size_t)count + 63) / 64;
}

void
bits_set(uint64_t *bits, int bit)
{
	bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

int
bits_test(const uint64_t *bits, int bit)
{
	return (int)(bits[bit / 64] >> bit % 64 & 1);
}

int
bits_next(const uint64_t *bits, int count, int from)
{
	for (int word = from / 64; word * 64 < count; word++) {
		uint64_t left = bits[word];

		if (word == from / 64)
			left &= ~UINT64_C(0) << from % 64;
		if (left != 0)
			return word * 64 + __builtin_ctzll(left);
	}
	return count;
}
