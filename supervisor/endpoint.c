#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/configuration.h"
#include "supervisor/endpoint.h"
#include "supervisor/endpoint_url.h"

#define CA_FILE_MAX (256 * 1024) /* it goes to the courier in one frame */
#define HEADERS_MAX 32
#define HEADER_SIZE_MAX 1024

void
endpoint_free(struct endpoint *endpoint)
{
	if (endpoint == NULL)
		return;
	for (char **header = endpoint->headers;
	     header != NULL && *header != NULL; header++)
		free(*header);
	free(endpoint->headers);
	free(endpoint->base_url);
	free(endpoint->url);
	free(endpoint->host);
	free(endpoint->auth);
	free(endpoint->ca);
	free(endpoint->ca_path);
	free(endpoint->proxy);
	free(endpoint->dial_host);
	free(endpoint);
}

void
endpoint_cleanup(struct endpoint **endpoint)
{
	endpoint_free(*endpoint);
}

static int
refuse(struct error *err, const char *what, const char *why)
{
	return fail_as(err, EXIT_USAGE, "bad_endpoint", "%s: %s", what, why);
}

/* A variable that is set to nothing isn't set. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* --- Address -------------------------------------------------------------- */

static int
parse(struct url *ret_url, const char *text, const char *what,
      struct error *err)
{
	if (url_parse(ret_url, text, err) < 0) {
		auto_free char *why = xstrdup(err->text);

		return refuse(err, what, why);
	}
	if (!ret_url->is_tls && !host_is_loopback(ret_url->host))
		return refuse(err, what,
			      "http only to this machine itself, or the key "
			      "would travel in the open");
	return 0;
}

/* Who sets the environment must not be able to have a stored key sent
 * elsewhere. */
static int
read_address(struct endpoint *endpoint,
	     const struct configuration *configuration, struct error *err)
{
	const char *given = variable("ANTHROPIC_BASE_URL");
	auto_url struct url configured = {.host = NULL};
	auto_url struct url url = {.host = NULL};

	if (parse(&configured,
		  configuration->base_url != NULL ? configuration->base_url
						  : ENDPOINT_DEFAULT,
		  "base_url", err) < 0)
		return -1;
	if (parse(&url, given != NULL ? given : configured.text,
		  "ANTHROPIC_BASE_URL", err) < 0)
		return -1;
	if (strcmp(url.text, configured.text) != 0 &&
	    endpoint_has_stored_key(configuration))
		return fail_as(err, EXIT_USAGE, "endpoint_differs",
			       "ANTHROPIC_BASE_URL: the stored key is for %s "
			       "and goes nowhere else; set base_url in "
			       "pgmend.conf",
			       configured.text);
	endpoint->url = xprintf("%s/v1/messages", url.text);
	endpoint->base_url = take(url.text);
	endpoint->dial_host = xstrdup(url.host);
	endpoint->host = take(url.host);
	endpoint->port = endpoint->dial_port = url.port;
	endpoint->must_be_loopback = !url.is_tls;
	return 0;
}

/* The proxy sees where to, and ciphertext; so it may be reached by http. */
static int
read_proxy(struct endpoint *endpoint, const struct configuration *configuration,
	   struct error *err)
{
	auto_url struct url url = {.host = NULL};

	if (configuration->proxy == NULL)
		return 0;
	if (url_parse(&url, configuration->proxy, err) < 0 || url.is_tls ||
	    url.has_path)
		return refuse(err, "proxy", "http://HOST:PORT wanted");
	if (endpoint->must_be_loopback)
		return refuse(err, "proxy",
			      "a proxy would read what goes by http");
	free(endpoint->dial_host);
	endpoint->dial_host = take(url.host);
	endpoint->dial_port = url.port;
	endpoint->proxy = xprintf(strchr(endpoint->dial_host, ':') != NULL
					  ? "http://[%s]:%u"
					  : "http://%s:%u",
				  endpoint->dial_host, url.port);
	return 0;
}

/* --- Auth and headers ----------------------------------------------------- */

/* "sigv4 REGION SERVICE" in the courier's form; NULL when it isn't that. */
static char *
parse_sigv4(const char *auth)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-";
	const char *region = auth + strcspn(auth, " ");
	const char *service;
	size_t region_size, service_size;

	region += strspn(region, " ");
	region_size = strspn(region, characters);
	service = region + region_size + strspn(region + region_size, " ");
	service_size = strspn(service, characters);
	if (strncmp(auth, "sigv4 ", 6) != 0 || region_size == 0 ||
	    service == region + region_size || service_size == 0 ||
	    service[service_size] != '\0')
		return NULL;
	return xprintf("aws:amz:%.*s:%s", (int)region_size, region, service);
}

static int
read_auth(struct endpoint *endpoint, const struct configuration *configuration,
	  struct error *err)
{
	const char *auth = configuration->auth;

	if (auth == NULL)
		auth = endpoint_has_only_token(configuration) ? "bearer"
							      : "x-api-key";
	endpoint->auth =
		strcmp(auth, "bearer") == 0 || strcmp(auth, "x-api-key") == 0
			? xstrdup(auth)
			: parse_sigv4(auth);
	if (endpoint->auth == NULL)
		return refuse(err, "auth",
			      "x-api-key, bearer or sigv4 REGION SERVICE "
			      "wanted");
	return 0;
}

/* What we set ourselves, and what says who speaks or how long. */
static bool
is_ours(const char *line, size_t size)
{
	static const char *const ours[] = {
		"authorization",
		"anthropic-version",
		"connection",
		"content-encoding",
		"content-length",
		"content-type",
		"expect",
		"host",
		"proxy-authorization",
		"transfer-encoding",
		"upgrade",
		"x-api-key",
	};

	for (size_t i = 0; i < array_size(ours); i++)
		if (strlen(ours[i]) == size &&
		    strncasecmp(ours[i], line, size) == 0)
			return true;
	return false;
}

/* "name: value" of printable ASCII. */
static bool
is_header(const char *line)
{
	size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
	size_t size = strlen(line);

	if (name == 0 || line[name] != ':' || size > HEADER_SIZE_MAX ||
	    is_ours(line, name))
		return false;
	for (const char *c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return true;
}

static int
add_header(struct endpoint *endpoint, const char *line, struct error *err)
{
	int count = 0;

	while (endpoint->headers[count] != NULL)
		count++;
	if (!is_header(line))
		return refuse(err, "header",
			      "\"name: value\" wanted, and none that pgmend "
			      "sets itself");
	if (count == HEADERS_MAX)
		return refuse(err, "header", "too many");
	endpoint->headers[count] = xstrdup(line);
	return 0;
}

static int
read_headers(struct endpoint *endpoint,
	     const struct configuration *configuration, struct error *err)
{
	auto_free char *more = xstrdup(variable("ANTHROPIC_CUSTOM_HEADERS"));
	char *rest = more;

	endpoint->headers =
		xcalloc(HEADERS_MAX + 1, sizeof(*endpoint->headers));
	endpoint->headers[0] = xstrdup("content-type: application/json");
	endpoint->headers[1] = xstrdup("anthropic-version: " ANTHROPIC_VERSION);
	for (int i = 0; i < configuration->header_count; i++)
		if (add_header(endpoint, configuration->headers[i], err) < 0)
			return -1;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		line[strcspn(line, "\r")] = '\0';
		if (*line != '\0' && add_header(endpoint, line, err) < 0)
			return -1;
	}
	return 0;
}

/* --- Certificates --------------------------------------------------------- */

static int
read_ca(struct endpoint *endpoint, const struct configuration *configuration,
	struct error *err)
{
	const char *given = variable("PGMEND_CA_FILE");
	const char *path = given != NULL ? given : configuration->ca_file;
	auto_close int fd =
		path == NULL ? -1
			     : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat status;

	if (path == NULL)
		return 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return refuse(err, path, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > CA_FILE_MAX)
		return refuse(err, path, "no file of certificates");
	if ((status.st_uid != 0 && status.st_uid != geteuid()) ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(err, path, "others may write to it");
	text = xcalloc(1, (size_t)status.st_size + 1);
	if (read(fd, text, (size_t)status.st_size) != status.st_size)
		return refuse(err, path, "changed while it was read");
	if (!wire_is_text(text, (size_t)status.st_size) ||
	    strstr(text, "-----BEGIN CERTIFICATE-----") == NULL)
		return refuse(err, path, "no certificate in PEM form");
	endpoint->ca = take(text);
	return 0;
}

unsigned
endpoint_dialled_port(const struct endpoint *endpoint)
{
	return endpoint->dial_port;
}

const char **
endpoint_files(const struct endpoint *endpoint)
{
	const char **files = xcalloc(4, sizeof(*files));

	files[0] = endpoint->ca_path;
	files[1] = "/usr/share/ca-certificates";
	files[2] = "/usr/local/share/ca-certificates";
	return files;
}

/* --- The whole ------------------------------------------------------------ */

int
endpoint_read(struct endpoint **ret_endpoint,
	      const struct configuration *configuration, struct error *err)
{
	auto_endpoint struct endpoint *endpoint = xcalloc(1, sizeof(*endpoint));

	if (read_address(endpoint, configuration, err) < 0 ||
	    read_proxy(endpoint, configuration, err) < 0 ||
	    read_auth(endpoint, configuration, err) < 0 ||
	    read_headers(endpoint, configuration, err) < 0 ||
	    read_ca(endpoint, configuration, err) < 0)
		return -1;
	endpoint->ca_path =
		xstrdup(configuration->ca_path != NULL ? configuration->ca_path
						       : ENDPOINT_CA_PATH);
	*ret_endpoint = take(endpoint);
	return 0;
}

/* Whatever "localhost" is made to mean, plain http stays on this machine. */
static bool
is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

int
endpoint_resolve(struct endpoint *endpoint, struct error *err)
{
	/* The one address that is dialled: servers of this machine are most
	 * often only on the older one. */
	bool is_local = strcmp(endpoint->dial_host, "localhost") == 0;
	struct addrinfo hints = {.ai_family = is_local ? AF_INET : AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM};
	auto_free char *port = xprintf("%u", endpoint->dial_port);
	struct addrinfo *found;
	int status = getaddrinfo(endpoint->dial_host, port, &hints, &found);
	bool is_near;

	if (status != 0)
		return fail_as(err, EXIT_TEMPFAIL, "endpoint_unresolved",
			       "look up '%s': %s", endpoint->dial_host,
			       gai_strerror(status));
	is_near = is_loopback(found->ai_addr);
	memcpy(&endpoint->target.address, found->ai_addr, found->ai_addrlen);
	endpoint->target.size = found->ai_addrlen;
	freeaddrinfo(found);
	if (endpoint->must_be_loopback && !is_near)
		return refuse(err, "base_url", "http only to this machine");
	return 0;
}
