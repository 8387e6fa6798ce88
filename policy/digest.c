#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "pgmend.h"
#include "policy/digest.h"

/* Failing to hash is failing to prove anything: there is no way on. */
struct digest
digest_of(const void *bytes, size_t size)
{
	struct digest digest;

	if (EVP_Digest(bytes, size, digest.bytes, NULL, EVP_sha256(), NULL) !=
	    1)
		abort();
	return digest;
}

struct digest
digest_mac(const void *key, size_t key_size, const void *bytes, size_t size)
{
	struct digest digest;

	if (HMAC(EVP_sha256(), key, (int)key_size, bytes, size, digest.bytes,
		 NULL) == NULL)
		abort();
	return digest;
}

void
digest_hex(char ret_hex[DIGEST_HEX_SIZE], const struct digest *digest)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_SIZE; i++) {
		ret_hex[2 * i] = digits[digest->bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest->bytes[i] & 0x0F];
	}
	ret_hex[2 * DIGEST_SIZE] = '\0';
}

void
digest_write_version(FILE *out)
{
	fputs(OpenSSL_version(OPENSSL_VERSION), out);
}
