/*
 * test_courier_jail.c - what stays where when the courier works: keys, sockets,
 * and the supervisor behind its lock.
 */
#include <dirent.h>
#include <linux/filter.h>

#include "tests/supervisor/posting.h"
#include "supervisor/lock.h"

/* --- What stays where ----------------------------------------------------- */

/* Only pipes, and the slots: socket pairs, which no table of the network
 * knows. */
static bool
holds_no_network(const struct jail *jail)
{
	static const char *const tables[] = {"net/tcp", "net/tcp6", "net/udp",
					     "net/udp6", "net/raw"};
	char text[4096];

	for (size_t i = 0; i < array_size(tables); i++) {
		auto_close int fd =
			openat(jail->proc, tables[i], O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		text[size < 0 ? 0 : size] = '\0';
		if (size > 0 && strchr(text, '\n') != text + size - 1)
			return false;
	}
	return true;
}

static int
count_descriptors(const struct jail *jail)
{
	int fd = openat(jail->proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	int count = 0;

	if (folder == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

#define PIECE 65536
#define MAP_MAX (1UL << 30)

/* A text of which no copy may lie about, so kept with every byte flipped. */
struct needle {
	char flipped[24];
};

static bool
is_needle(const struct needle *needle, const char *bytes)
{
	for (size_t i = 0; i < sizeof(needle->flipped); i++)
		if (bytes[i] != ~needle->flipped[i])
			return false;
	return true;
}

/* Reads a piece of this process's memory; what is read into isn't searched. */
static bool
is_in_piece(const struct needle *needle, int memory, unsigned long at)
{
	static char piece[PIECE + sizeof(needle->flipped)];
	unsigned long own = (unsigned long)piece;
	ssize_t size;

	memset(piece, 0, sizeof(piece));
	if (own < at + sizeof(piece) && at < own + sizeof(piece))
		return false;
	size = pread(memory, piece, sizeof(piece), (off_t)at);
	for (ssize_t i = 0; i + (ssize_t)sizeof(needle->flipped) <= size; i++)
		if (is_needle(needle, piece + i))
			return true;
	return false;
}

static bool
is_in_memory(const struct needle *needle)
{
	auto_stream FILE *maps = fopen("/proc/self/maps", "re");
	auto_close int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512];
	bool is_found = false;

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		char *rest;
		unsigned long at = strtoul(line, &rest, 16);
		unsigned long end = strtoul(rest + 1, &rest, 16);

		/* A sanitizer's shadow is larger than any disk. */
		if (end - at > MAP_MAX || rest[2] != 'w')
			continue;
		for (; at < end; at += PIECE)
			is_found |= is_in_piece(needle, memory, at);
	}
	return is_found;
}

static void
test_key_is_forgotten(void)
{
	struct needle key;
	struct secret secret = {.bytes = secret_buffer(),
				.size = sizeof(key.flipped)};
	auto_free char *copy = NULL;
	struct post post;
	bool is_asked;

	for (size_t i = 0; i < secret.size; i++) {
		secret.bytes[i] = (char)('a' + (i * 7 + (size_t)getpid()) % 26);
		key.flipped[i] = (char)~secret.bytes[i];
	}
	copy = xstrndup(secret.bytes, secret.size);
	test(identity_name("a copy of the key is found by this test"),
	     is_in_memory(&key));
	explicit_bzero(copy, secret.size);
	is_asked = start_with(&post, tls_endpoint("good", "/key"), &secret);
	secret_wipe(&secret);
	is_asked = is_asked && ask(&post);
	test(identity_name("the supervisor has forgotten the key"),
	     is_asked && !is_in_memory(&key));
	for (size_t i = 0; is_asked && i < sizeof(key.flipped); i++)
		is_asked = strlen(post.body) == sizeof(key.flipped) &&
			   post.body[i] ==
				   ~key.flipped[sizeof(key.flipped) - 1 - i];
	test(identity_name("the courier hasn't"), is_asked);
	test(identity_name("the courier holds no socket of the network"),
	     holds_no_network(courier_jail(post.courier)));
	test(identity_name("the courier holds seven descriptors"),
	     count_descriptors(courier_jail(post.courier)) == 7);
	finish(&post);
}

/* --- A courier that goes wrong ----------------------------------------------
 */

static void
test_courier_gone(void)
{
	struct post post;
	bool is_asked = start(&post, "good", "/echo");

	kill(courier_jail(post.courier)->pid, SIGKILL);
	is_asked = is_asked && ask(&post);
	test(identity_name("a courier that dies is an error"),
	     !is_asked && post.err.reason == EXIT_REFUSED &&
		     (strcmp(post.err.code, "courier_died") == 0 ||
		      strcmp(post.err.code, "worker_gone") == 0));
	finish(&post);

	is_asked = start(&post, "good", "/echo");
	kill(courier_jail(post.courier)->pid, SIGSTOP);
	is_asked = is_asked && ask_within(&post, "{}", 100);
	test_text(identity_name("a courier that says nothing is one, too"),
		  outcome(&post, is_asked), "error worker_silent");
	finish(&post);
}

/* Nobody comes back from the lock, so it is tried in a process of its own. */
static void
test_locked(void)
{
	const unsigned ports[] = {tls_port("good"), 0};
	const char *const paths[] = {tls.folder, NULL};
	struct lock_terms terms = {.read_paths = paths, .tcp_ports = ports};
	struct post post;
	int status = 0;
	pid_t pid;
	bool is_asked;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		is_asked = start(&post, "good", "/echo") &&
			   lock_self(&terms, &post.err) == 0 && ask(&post);
		test_text(identity_name("a locked supervisor is served"),
			  outcome(&post, is_asked), "200 {\"a\":[1,2]}");
		finish(&post);
		fflush(stdout);
		_exit(test_end());
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		test_failures++;
}

static void
run_suite(void)
{
	if (!tls_start()) {
		test("the TLS server starts", false);
		return;
	}
	test_key_is_forgotten();
	test_courier_gone();
	test_locked();
	tls_end();
}

int
main(int argc, char **argv)
{
	return posting_main(argv, run_suite);
}
