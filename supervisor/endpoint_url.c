#include <arpa/inet.h>

#include "pgmend.h"
#include "supervisor/endpoint_url.h"

#define URL_MAX 2048 /* characters */
#define HOST_MAX 253
#define PORT_MAX 65535

static const char host_characters[] = "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-.";
static const char path_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~!$&'()*+,;=:/";

static const struct scheme {
	const char *prefix;
	unsigned port;
	bool is_tls;
} schemes[] = {
	{"https://", 443, true},
	{"http://", 80, false},
};

void
url_release(struct url *url)
{
	free(url->host);
	free(url->text);
	*url = (struct url){0};
}

bool
host_is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcmp(host, "localhost") == 0;
}

static char *
lower_copy(const char *text, size_t size)
{
	char *copy = xstrndup(text, size);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

/* Up to the port, the path or the end; returns its size as written, or 0. */
static size_t
read_host(char **ret_host, const char *text)
{
	bool is_bracketed = *text == '[';
	size_t size = strcspn(text, is_bracketed ? "]" : ":/");
	auto_free char *host = NULL;
	struct in6_addr six;

	if (is_bracketed) {
		if (text[size] != ']')
			return 0;
		host = lower_copy(text + 1, size - 1);
		if (inet_pton(AF_INET6, host, &six) != 1)
			return 0;
		*ret_host = take(host);
		return size + 1;
	}
	host = lower_copy(text, size);
	if (size == 0 || size > HOST_MAX ||
	    strspn(host, host_characters) != size || *host == '-' ||
	    *host == '.')
		return 0;
	*ret_host = take(host);
	return size;
}

/* ":8443" before a path or the end; returns its size, 0 when it's none. */
static size_t
read_port(unsigned *ret_port, const char *text)
{
	size_t digits = strspn(text + 1, "0123456789");
	unsigned long port = strtoul(text + 1, NULL, 10);

	if (digits == 0 || digits > 5 || port == 0 || port > PORT_MAX)
		return 0;
	*ret_port = (unsigned)port;
	return 1 + digits;
}

/* A "." or ".." in a path is walked by some readers and kept by others. */
static bool
is_plain_path(const char *path)
{
	if (*path != '\0' && *path != '/')
		return false;
	if (strspn(path, path_characters) != strlen(path) ||
	    strstr(path, "//") != NULL)
		return false;
	for (const char *at = path; (at = strstr(at, "/.")) != NULL; at++) {
		size_t points = strspn(at + 1, ".");

		if (points <= 2 &&
		    (at[1 + points] == '/' || at[1 + points] == '\0'))
			return false;
	}
	return true;
}

static char *
write_url(const struct scheme *scheme, const struct url *url, const char *path)
{
	auto_free char *port = url->port == scheme->port
				       ? xstrdup("")
				       : xprintf(":%u", url->port);
	bool is_bracketed = strchr(url->host, ':') != NULL;
	size_t size = strlen(path);

	if (size > 0 && path[size - 1] == '/')
		size--;
	return xprintf("%s%s%s%s%s%.*s", scheme->prefix,
		       is_bracketed ? "[" : "", url->host,
		       is_bracketed ? "]" : "", port, (int)size, path);
}

static const struct scheme *
find_scheme(const char *text)
{
	for (size_t i = 0; i < array_size(schemes); i++)
		if (strncasecmp(text, schemes[i].prefix,
				strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

int
url_parse(struct url *ret_url, const char *text, struct error *err)
{
	const struct scheme *scheme = find_scheme(text);
	auto_url struct url url = {.host = NULL};
	size_t size;

	if (scheme == NULL || strlen(text) > URL_MAX)
		return fail(err, "an address begins with https://");
	text += strlen(scheme->prefix);
	if (strchr(text, '@') != NULL)
		return fail(err, "an address holds no user and no password");
	if (strpbrk(text, "?#") != NULL)
		return fail(err, "an address has no query and no fragment");
	size = read_host(&url.host, text);
	if (size == 0)
		return fail(err, "no possible name of a host");
	text += size;
	url.port = scheme->port;
	if (*text == ':') {
		size = read_port(&url.port, text);
		if (size == 0)
			return fail(err, "no possible port");
		text += size;
	}
	if (!is_plain_path(text))
		return fail(err, "no plain path");
	url.is_tls = scheme->is_tls;
	url.has_path = strlen(text) > 1;
	url.text = write_url(scheme, &url, text);
	*ret_url = url;
	url = (struct url){0};
	return 0;
}
