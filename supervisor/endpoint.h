/*
 * endpoint.h - where a model is reached, by which route, and how it is proven.
 *
 * From ANTHROPIC_BASE_URL, else the configuration's base_url, else the public
 * API; auth x-api-key (ANTHROPIC_API_KEY, api_key_file, PGMEND_API_KEY_FILE) or
 * bearer (ANTHROPIC_AUTH_TOKEN), or AWS SigV4 where configured. https only,
 * unless the host is loopback. A stored key goes only to the endpoint that it
 * was configured for, whatever the environment says. No proxy but a configured
 * one.
 *
 * In the order of a run: endpoint_read(), endpoint_resolve() and endpoint_key()
 * before the supervisor's lock; endpoint_certificates() behind it.
 */
#ifndef SUPERVISOR_ENDPOINT_H
#define SUPERVISOR_ENDPOINT_H

#include <stdbool.h>

#include "supervisor/relay.h"
#include "supervisor/secret.h"

struct configuration;
struct error;

#define ENDPOINT_DEFAULT "https://api.anthropic.com"
#define ENDPOINT_CA_PATH "/etc/ssl/certs"
#define ENDPOINT_KEY_NAME "api-key" /* in $CREDENTIALS_DIRECTORY */
#define ANTHROPIC_VERSION "2026-10-21"

struct endpoint {
	char *base_url; /* in one form, as policy_model_reaches() compares */
	char *url;	/* with /v1/messages */
	char *host;
	unsigned port;
	char *auth;	 /* as in post.h */
	char **headers;	 /* NULL-terminated */
	char *ca;	 /* PEM text, or NULL: asked for by hash */
	char *ca_path;	 /* the hashed folder */
	char *proxy;	 /* http://host:port, or NULL */
	char *dial_host; /* what the relay dials: the proxy where there is one
			  */
	unsigned dial_port;
	bool must_be_loopback; /* plain http */
	struct relay_target target;
};

/* EXIT_USAGE for what isn't acceptable. Nothing is resolved yet. */
int endpoint_read(struct endpoint **ret_endpoint,
		  const struct configuration *configuration, struct error *err);
/* Looks the host up, before the lock. EXIT_TEMPFAIL when it can't be found. */
int endpoint_resolve(struct endpoint *endpoint, struct error *err);
void endpoint_free(struct endpoint *endpoint);
void endpoint_cleanup(struct endpoint **endpoint);
#define auto_endpoint __attribute__((cleanup(endpoint_cleanup)))

/* The port that the relay dials, for the lock. */
unsigned endpoint_dialled_port(const struct endpoint *endpoint);
/* What the lock must leave readable for endpoint_certificates(): the folder,
 * and where its links lead to. NULL-terminated; borrowed from the endpoint,
 * the array is the caller's to free. */
const char **endpoint_files(const struct endpoint *endpoint);

/* --- endpoint_key.c --------------------------------------------------------
 */

/* True when a key is configured: by file, credential or environment. */
bool endpoint_has_key(const struct configuration *configuration);
/* True when it is one that an operator stored: by file or credential. */
bool endpoint_has_stored_key(const struct configuration *configuration);
/* True when the only key is a token in ANTHROPIC_AUTH_TOKEN. */
bool endpoint_has_only_token(const struct configuration *configuration);

/*
 * Reads the key, and wipes all of them from the environment. For SigV4 it is
 * "ACCESS:SECRET" or "ACCESS:SECRET:TOKEN". EXIT_USAGE when there is none or it
 * can't stand in a header.
 */
int
endpoint_key(struct secret *ret_key, const struct configuration *configuration,
	     const struct endpoint *endpoint, struct error *err);

/* --- endpoint_certificates.c -----------------------------------------------
 */

/* PEM of the CA certificates with this subject hash (8 hex digits), from a
 * hashed folder; "" when there are none. The caller frees. */
char *endpoint_certificates(const char *folder, const char *hash);

#endif
