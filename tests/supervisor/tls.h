/*
 * tls.h - tests/tls_server.py as a C test sees it: started, its ports by name,
 * its certificates in a temporary folder, ended.
 */
#ifndef TESTS_SUPERVISOR_TLS_H
#define TESTS_SUPERVISOR_TLS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "pgmend.h"
#include "supervisor/endpoint.h"

struct tls {
	pid_t pid;
	int input; /* the server ends with it */
	char folder[64];
	char ports[512];
};

static struct tls tls;

_Noreturn static void
tls_execute(const char *folder, int input, int output)
{
	if (dup2(input, 0) == 0 && dup2(output, 1) == 1)
		execlp("python3", "python3", "tests/tls_server.py", folder,
		       NULL);
	_exit(127);
}

/* False when it doesn't start. */
static bool
tls_start(void)
{
	int input[2], output[2];
	ssize_t size = 0, got;

	snprintf(tls.folder, sizeof(tls.folder), "/tmp/pgmend-tls-XXXXXX");
	fflush(stdout);
	if (mkdtemp(tls.folder) == NULL || pipe2(input, O_CLOEXEC) < 0 ||
	    pipe2(output, O_CLOEXEC) < 0 || (tls.pid = fork()) < 0)
		return false;
	if (tls.pid == 0)
		tls_execute(tls.folder, input[0], output[1]);
	close(input[0]);
	close(output[1]);
	tls.input = input[1];
	while (memchr(tls.ports, '\n', (size_t)size) == NULL &&
	       (got = read(output[0], tls.ports + size,
			   sizeof(tls.ports) - 1 - (size_t)size)) > 0)
		size += got;
	close(output[0]);
	return size > 0;
}

static void
tls_end(void)
{
	auto_free char *folder = xstrdup(tls.folder);
	pid_t pid;

	close(tls.input);
	waitpid(tls.pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", folder, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

/* 0 for a name that isn't there. */
static unsigned
tls_port(const char *name)
{
	auto_free char *start = xprintf("%s=", name);
	const char *at = strstr(tls.ports, start);

	return at == NULL ? 0 : (unsigned)strtoul(at + strlen(start), NULL, 10);
}

/* A file of the server's folder; empty when it isn't there. The caller frees.
 */
static char *
tls_read(const char *name)
{
	auto_free char *path = xprintf("%s/%s", tls.folder, name);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = xcalloc(1, 16384);

	if (fd >= 0 && read(fd, text, 16383) < 0)
		text[0] = '\0';
	return text;
}

/* Where this name is served: the caller releases it with tls_release(). */
static struct endpoint
tls_endpoint(const char *name, const char *path)
{
	static const char *const headers[] = {"content-type: application/json",
					      "anthropic-version: 2026-10-21",
					      NULL};
	bool is_plain = strcmp(name, "plain") == 0;
	struct endpoint endpoint = {
		.port = tls_port(name),
		.auth = xstrdup("x-api-key"),
		.headers = (char **)headers,
	};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)endpoint.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	endpoint.url =
		xprintf("%s://127.0.0.1:%u%s", is_plain ? "http" : "https",
			endpoint.port, path);
	memcpy(&endpoint.target.address, &address, sizeof(address));
	endpoint.target.size = sizeof(address);
	return endpoint;
}

static void
tls_release(struct endpoint *endpoint)
{
	free(endpoint->url);
	free(endpoint->auth);
	free(endpoint->ca);
	free(endpoint->proxy);
}

#endif
