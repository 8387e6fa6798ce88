#include <arpa/inet.h>

#include "supervisor/configuration.h"
#include "supervisor/endpoint.h"
#include "tests/supervisor/endpoint_environment.h"

/* --- Addresses ------------------------------------------------------------ */

static const struct {
	const char *given, *url;
} addresses[] = {
	{NULL, "https://api.anthropic.com/v1/messages"},
	{"", "https://api.anthropic.com/v1/messages"},
	{"https://gateway.example", "https://gateway.example/v1/messages"},
	{"https://gateway.example/", "https://gateway.example/v1/messages"},
	{"HTTPS://Gateway.Example:443", "https://gateway.example/v1/messages"},
	{"https://gateway.example:8443/team/a/",
	 "https://gateway.example:8443/team/a/v1/messages"},
	{"https://bedrock-mantle.eu-west-1.api.aws/anthropic",
	 "https://bedrock-mantle.eu-west-1.api.aws/anthropic/v1/messages"},
	{"https://[2001:DB8::1]:8443",
	 "https://[2001:db8::1]:8443/v1/messages"},
	{"http://localhost:11434", "http://localhost:11434/v1/messages"},
	{"http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/messages"},
	{"http://[::1]", "http://[::1]/v1/messages"},
};

static const char *const bad_addresses[] = {
	"gateway.example",
	"ftp://gateway.example",
	"http://gateway.example",
	"http://128.0.0.1",
	"http://127.0.0.1.example",
	"http://localhost.example",
	"http://0x7f000001",
	"https://user:hunter2@gateway.example",
	"https://gateway.example@evil.example",
	"https://gateway.example?key=1",
	"https://gateway.example/#x",
	"https://",
	"https:///v1",
	"https://-x.example",
	"https://.example",
	"https://gate way.example",
	"https://gateway.example:0",
	"https://gateway.example:65536",
	"https://gateway.example:",
	"https://gateway.example:443x",
	"https://gateway.example/a/../b",
	"https://gateway.example/.",
	"https://gateway.example//a",
	"https://gateway.example/%2e%2e",
	"https://gateway.example/a\\b",
	"https://gateway.example/a\r\nx: y",
	"https://g\xc3\xa4teway.example",
	"https://[::1",
	"https://[gateway]",
};

static void
reads_addresses(void)
{
	struct configuration configuration = {.path = NULL};

	for (size_t i = 0; i < array_size(addresses); i++) {
		auto_endpoint struct endpoint *endpoint = NULL;
		struct error err = NO_ERROR;
		auto_free char *name =
			xprintf("reads the address '%s'",
				addresses[i].given ? addresses[i].given : "-");

		if (addresses[i].given != NULL)
			setenv(BASE, addresses[i].given, 1);
		if (endpoint_read(&endpoint, &configuration, &err) < 0)
			printf("# %s\n", err.text);
		test_text(name, endpoint == NULL ? NULL : endpoint->url,
			  addresses[i].url);
		unsetenv(BASE);
	}
}

static void
refuses_addresses(void)
{
	struct configuration configuration = {.path = NULL};

	for (size_t i = 0; i < array_size(bad_addresses); i++) {
		auto_endpoint struct endpoint *endpoint = NULL;
		struct error err = NO_ERROR;
		auto_free char *name = xprintf("refuses address %zu, %.20s", i,
					       bad_addresses[i]);

		name[strcspn(name, "\r\n")] = '\0';
		setenv(BASE, bad_addresses[i], 1);
		test(name, endpoint_read(&endpoint, &configuration, &err) < 0 &&
				   err.reason == EXIT_USAGE &&
				   strstr(err.text, "hunter2") == NULL);
		unsetenv(BASE);
	}
}

/* --- Settings ------------------------------------------------------------- */

/* A setting of the configuration, and what the endpoint has of it. */
static const char *
auth_of(const char *auth)
{
	static char text[128];
	struct configuration configuration = {.auth = xstrdup(auth)};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	endpoint_read(&endpoint, &configuration, &err);
	free(configuration.auth);
	snprintf(text, sizeof(text), "%s",
		 endpoint == NULL ? "refused" : endpoint->auth);
	return text;
}

static void
reads_auth(void)
{
	test_text("a key goes by x-api-key", auth_of(NULL), "x-api-key");
	setenv("ANTHROPIC_AUTH_TOKEN", "t", 1);
	test_text("a token goes as bearer", auth_of(NULL), "bearer");
	setenv("ANTHROPIC_API_KEY", "k", 1);
	test_text("a key beside a token wins", auth_of(NULL), "x-api-key");
	test_text("unless the configuration says how", auth_of("bearer"),
		  "bearer");
	clean_environment();
	test_text("reads sigv4", auth_of("sigv4 eu-west-1 bedrock-mantle"),
		  "aws:amz:eu-west-1:bedrock-mantle");
	test_text("refuses sigv4 without a service", auth_of("sigv4 eu-west-1"),
		  "refused");
	test_text("refuses sigv4 with more", auth_of("sigv4 eu-west-1 a:b c"),
		  "refused");
	test_text("refuses other words", auth_of("basic"), "refused");
}

static bool
takes_header(char *line)
{
	struct configuration configuration = {.headers = &line,
					      .header_count = 1};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	return endpoint_read(&endpoint, &configuration, &err) == 0 &&
	       strcmp(endpoint->headers[2], line) == 0 &&
	       endpoint->headers[3] == NULL;
}

static void
reads_headers(void)
{
	char good[] = "anthropic-workspace-id: wrkspc_1";
	char again[] = "X-Api-Key: other";
	char version[] = "anthropic-version: 2023-06-01";
	char two[] = "a: b\r\nc: d";
	char none[] = "no header";
	struct configuration configuration = {.path = NULL};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	test("takes a header line", takes_header(good));
	test("refuses a second key", !takes_header(again));
	test("refuses another version", !takes_header(version));
	test("refuses two headers in one", !takes_header(two));
	test("refuses what is no header", !takes_header(none));
	setenv("ANTHROPIC_CUSTOM_HEADERS", "a: 1\r\nb: 2\n", 1);
	test("takes the environment's lines",
	     endpoint_read(&endpoint, &configuration, &err) == 0 &&
		     same_text(endpoint->headers[0],
			       "content-type: application/json") &&
		     same_text(endpoint->headers[1],
			       "anthropic-version: 2026-10-21") &&
		     same_text(endpoint->headers[2], "a: 1") &&
		     same_text(endpoint->headers[3], "b: 2"));
	clean_environment();
}

static bool
takes_proxy(char *proxy, char *base_url)
{
	struct configuration configuration = {.proxy = proxy,
					      .base_url = base_url};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	return endpoint_read(&endpoint, &configuration, &err) == 0 &&
	       endpoint->proxy != NULL && endpoint->dial_port == 3128 &&
	       strcmp(endpoint->dial_host, "proxy.example") == 0;
}

static void
reads_a_proxy(void)
{
	char good[] = "http://proxy.example:3128/";
	char secure[] = "https://proxy.example:3128";
	char path[] = "http://proxy.example:3128/x";
	char near[] = "http://127.0.0.1:1";
	struct configuration configuration = {.path = NULL};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	test("dials a proxy that is configured", takes_proxy(good, NULL));
	test("refuses other kinds of proxy", !takes_proxy(secure, NULL));
	test("refuses a proxy with a path", !takes_proxy(path, NULL));
	test("refuses a proxy for what isn't encrypted",
	     !takes_proxy(good, near));
	setenv("HTTPS_PROXY", good, 1);
	test("uses no proxy of the environment",
	     endpoint_read(&endpoint, &configuration, &err) == 0 &&
		     endpoint->proxy == NULL);
	unsetenv("HTTPS_PROXY");
}

static bool
takes_ca(const char *path)
{
	struct configuration configuration = {.path = NULL};
	auto_endpoint struct endpoint *endpoint = NULL;
	struct error err = NO_ERROR;

	setenv("PGMEND_CA_FILE", path, 1);
	return endpoint_read(&endpoint, &configuration, &err) == 0 &&
	       endpoint->ca != NULL;
}

static void
reads_a_ca_file(const char *folder)
{
	auto_free char *path = xprintf("%s/ca.pem", folder);
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nAA==\n"
				  "-----END CERTIFICATE-----\n";

	write_file(path, pem, 0644);
	test("reads a CA file", takes_ca(path));
	write_file(path, pem, 0666);
	test("refuses one that others can write", !takes_ca(path));
	write_file(path, "no certificate\n", 0644);
	test("refuses one without certificates", !takes_ca(path));
	test("refuses a folder", !takes_ca(folder));
	unlink(path);
	test("refuses one that isn't there", !takes_ca(path));
	clean_environment();
}

/* --- Looking up ----------------------------------------------------------- */

static void
looks_up_hosts(void)
{
	struct configuration configuration = {.path = NULL};
	auto_endpoint struct endpoint *near = NULL;
	auto_endpoint struct endpoint *nowhere = NULL;
	const struct sockaddr_in *address;
	struct error err = NO_ERROR;

	setenv(BASE, "http://127.0.0.1:8080", 1);
	test("looks up an address",
	     endpoint_read(&near, &configuration, &err) == 0 &&
		     endpoint_resolve(near, &err) == 0);
	address = (const void *)&near->target.address;
	test("with its port", address->sin_family == AF_INET &&
				      ntohs(address->sin_port) == 8080);
	setenv(BASE, "https://pgmend.invalid", 1);
	test("a host that isn't found is worth another try",
	     endpoint_read(&nowhere, &configuration, &err) == 0 &&
		     endpoint_resolve(nowhere, &err) < 0 &&
		     err.reason == EXIT_TEMPFAIL);
	clean_environment();
}

static void
finds_certificates(const char *folder)
{
	auto_free char *first = xprintf("%s/0a1b2c3d.0", folder);
	auto_free char *second = xprintf("%s/0a1b2c3d.1", folder);
	auto_free char *fourth = xprintf("%s/0a1b2c3d.3", folder);
	auto_free char *own = xprintf("%s/own.pem", folder);
	auto_free char *found = NULL, *none = NULL, *away = NULL, *word = NULL,
		       *pipe = NULL;

	write_file(own, "one\n", 0644);
	if (symlink("own.pem", first) < 0)
		abort();
	write_file(second, "two\n", 0644);
	write_file(fourth, "four\n", 0644);
	found = endpoint_certificates(folder, "0a1b2c3d");
	test_text("finds certificates by hash, up to a gap", found,
		  "one\n\ntwo\n\n");
	none = endpoint_certificates(folder, "ffffffff");
	test_text("finds none where there are none", none, "");
	away = endpoint_certificates(folder, "../../x/");
	test_text("leaves the folder for no hash", away, "");
	word = endpoint_certificates(folder, "0A1B2C3D");
	test_text("wants a hash in lower case", word, "");
	unlink(second);
	if (mkfifo(second, 0600) < 0)
		abort();
	pipe = endpoint_certificates(folder, "0a1b2c3d");
	test_text("doesn't wait for a pipe", pipe, "one\n\n");
	unlink(first);
	unlink(second);
	unlink(fourth);
	unlink(own);
}

int
main(void)
{
	char folder[] = "/tmp/pgmend-endpoint-XXXXXX";

	if (mkdtemp(folder) == NULL)
		abort();
	clean_environment();
	reads_addresses();
	refuses_addresses();
	reads_auth();
	reads_headers();
	reads_a_proxy();
	reads_a_ca_file(folder);
	looks_up_hosts();
	finds_certificates(folder);
	rmdir(folder);
	return test_end();
}
