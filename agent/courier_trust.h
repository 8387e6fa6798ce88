/*
 * courier_trust.h - which certificates the courier believes; the only user of
 * OpenSSL on this side.
 *
 * The courier sees no file, and loading a whole bundle of authorities would be
 * the largest single cost of a run: so each issuer is asked for by the hash of
 * its name when a certificate that was presented names it. Whoever answers
 * decides whom the courier trusts, as a file of authorities would.
 */
#ifndef AGENT_COURIER_TRUST_H
#define AGENT_COURIER_TRUST_H

#include <stdbool.h>

struct error;

/* Returns PEM text, empty when there is no such authority; NULL when nobody
 * answers any more. The callee frees. */
typedef char *trust_ask(void *context, const char *hash);

struct trust {
	trust_ask *ask; /* NULL: the authorities are given, nobody is asked */
	void *context;
};

/* Does before the seal what needs more than memory, or time: OpenSSL's own
 * initialisation, and a first half of a handshake with nobody. */
int trust_warm_up(struct error *err);

/* For one connection: an SSL_CTX of OpenSSL's. The trust must outlive it. */
bool trust_attach(void *ssl_context, struct trust *trust);

#endif
