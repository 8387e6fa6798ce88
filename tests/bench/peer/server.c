/*
 * server.c - a Messages API without any latency, for the benchmark.
 *
 *     server CHAIN.pem KEY.pem REPLY...
 *
 * Listens on a free port of the loopback, prints it, and answers each request
 * over TLS with one of the files: the first to a conversation that has no
 * answer yet, the second to one with one answer, and so on. A thread for each
 * connection. Ends with its standard input.
 */
#include "pgmend.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

#define REQUEST_MAX (1 << 20)
#define REPLIES_MAX 8

struct server {
	SSL_CTX *tls;
	int listener;
	int reply_count;
	char *replies[REPLIES_MAX]; /* whole, with headers */
};

struct connection {
	const struct server *server;
	int fd;
};

static char *
read_reply(const char *path)
{
	FILE *file = fopen(path, "re");
	char *reply = NULL;
	size_t size = 0;

	if (file == NULL || getdelim(&reply, &size, EOF, file) < 0)
		return NULL;
	fclose(file);
	return xprintf("HTTP/1.1 200 OK\r\n"
		       "content-type: text/event-stream; charset=utf-8\r\n"
		       "content-length: %zu\r\n\r\n%s",
		       strlen(reply), reply);
}

/* The size of a whole request, or 0 while it isn't all there. */
static size_t
whole_request(const char *text, size_t size)
{
	static const char name[] = "content-length: ";
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, name);
	size_t whole;

	if (end == NULL || length == NULL || length > end)
		return 0;
	whole = (size_t)(end - text) + 4 +
		strtoul(length + strlen(name), NULL, 10);
	return size >= whole ? whole : 0;
}

/* False at the end of the connection. The buffer is empty again afterwards: no
 * client sends a second request before the first is answered. */
static bool
read_request(SSL *tls, char *buffer)
{
	size_t size = 0;

	buffer[0] = '\0';
	while (whole_request(buffer, size) == 0) {
		int count = SSL_read(tls, buffer + size,
				     (int)(REQUEST_MAX - 1 - size));

		if (count <= 0)
			return false;
		size += (size_t)count;
		buffer[size] = '\0';
	}
	return true;
}

static int
count_answers(const char *request)
{
	static const char answer[] = "\"role\":\"assistant\"";
	int count = 0;

	while ((request = strstr(request, answer)) != NULL) {
		request += strlen(answer);
		count++;
	}
	return count;
}

static void *
serve(void *argument)
{
	struct connection *connection = argument;
	const struct server *server = connection->server;
	SSL *tls = SSL_new(server->tls);
	auto_free char *buffer = xcalloc(1, REQUEST_MAX);

	SSL_set_fd(tls, connection->fd);
	if (SSL_accept(tls) == 1)
		while (read_request(tls, buffer)) {
			const char *reply =
				server->replies[count_answers(buffer) %
						server->reply_count];

			SSL_write(tls, reply, (int)strlen(reply));
		}
	SSL_free(tls);
	close(connection->fd);
	free(connection);
	return NULL;
}

static void *
accept_all(void *argument)
{
	struct server *server = argument;

	for (;;) {
		struct connection *connection = xcalloc(1, sizeof(*connection));
		pthread_t thread;
		int yes = 1;

		connection->server = server;
		connection->fd =
			accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes,
			   sizeof(yes));
		if (pthread_create(&thread, NULL, serve, connection) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

/* Returns the port, or 0. */
static int
listen_somewhere(struct server *server)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (struct sockaddr *)&address, size) < 0 ||
	    listen(server->listener, 16) < 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address, &size) <
		    0)
		return 0;
	return ntohs(address.sin_port);
}

int
main(int argc, char **argv)
{
	struct server server = {.tls = SSL_CTX_new(TLS_server_method())};
	pthread_t thread;

	if (argc < 4 || argc > 3 + REPLIES_MAX ||
	    SSL_CTX_use_certificate_chain_file(server.tls, argv[1]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(server.tls, argv[2],
					SSL_FILETYPE_PEM) != 1)
		return 2;
	for (int i = 3; i < argc; i++) {
		server.replies[server.reply_count] = read_reply(argv[i]);
		if (server.replies[server.reply_count++] == NULL)
			return 2;
	}
	printf("%d\n", listen_somewhere(&server));
	fflush(stdout);
	if (pthread_create(&thread, NULL, accept_all, &server) != 0)
		return 1;
	while (getchar() != EOF)
		;
	return 0;
}
