/*
 * digest.h - SHA-256 and HMAC-SHA-256; the only user of libcrypto.
 *
 * Used for policy hashes, plan hashes, fingerprints and the audit chain's MAC.
 */
#ifndef POLICY_DIGEST_H
#define POLICY_DIGEST_H

#include <stddef.h>
#include <stdio.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

struct digest {
	unsigned char bytes[DIGEST_SIZE];
};

struct digest digest_of(const void *bytes, size_t size);
struct digest
digest_mac(const void *key, size_t key_size, const void *bytes, size_t size);
/* Lower-case hex, terminated. */
void digest_hex(char ret_hex[DIGEST_HEX_SIZE], const struct digest *digest);

/* Name and version of the library, as "pgmend --version" prints it. */
void digest_write_version(FILE *out);

#endif
