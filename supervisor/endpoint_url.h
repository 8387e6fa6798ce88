/*
 * endpoint_url.h - the address of an endpoint or of a proxy, read strictly: a
 * scheme, a host, perhaps a port and a path, and nothing that two readers could
 * read in two ways. Errors never quote it, since people put passwords there.
 */
#ifndef SUPERVISOR_ENDPOINT_URL_H
#define SUPERVISOR_ENDPOINT_URL_H

#include <stdbool.h>

struct error;

struct url {
	bool is_tls;
	char *host; /* in lower case; IPv6 without its brackets */
	unsigned port;
	char *text; /* the whole, in one form: "https://host[:port][/path]",
		     * without the scheme's own port and without a '/' at the
		     * end */
	bool has_path;
};

int url_parse(struct url *ret_url, const char *text, struct error *err);
void url_release(struct url *url);
#define auto_url __attribute__((cleanup(url_release)))

/* True for localhost and for addresses of the loopback interface. */
bool host_is_loopback(const char *host);

#endif
