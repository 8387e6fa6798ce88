/*
 * acts.h - what a supervisor may want to do after its lock, and what somebody
 * who took it over might: each 0, or -1 with errno.
 */
#ifndef TESTS_SUPERVISOR_ACTS_H
#define TESTS_SUPERVISOR_ACTS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "pgmend.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "supervisor/lock.h"

#define DEADLINE_MS 5000

/* What an act finds when it starts: made before the lock. */
struct scene {
	in_port_t open_port;  /* listed in the terms */
	in_port_t other_port; /* listened on, but not listed */
	int output;	      /* a file that is open for writing */
	struct jail jail;     /* a worker that echoes */
};

static int
connect_to(in_port_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1
		      : connect(fd, (struct sockaddr *)&address,
				sizeof(address));
}

/* --- What must go on ------------------------------------------------------ */

static int
read_listed(struct scene *scene)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
look_up_user(struct scene *scene)
{
	errno = ENOENT;
	return getpwuid(0) == NULL ? -1 : 0;
}

static int
look_up_host(struct scene *scene)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int status = getaddrinfo("localhost", "5432", &hints, &found);

	if (status == 0)
		freeaddrinfo(found);
	return status == 0 ? 0 : -1;
}

static int
tell_time(struct scene *scene)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) == NULL ? -1 : 0;
}

static int
connect_listed(struct scene *scene)
{
	return connect_to(scene->open_port);
}

static int
connect_unix(struct scene *scene)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "/nonexistent/.s.PGSQL.5432"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	return errno == ENOENT ? 0 : -1;
}

static int
write_open_file(struct scene *scene)
{
	return write(scene->output, "result\n", 7) == 7 ? fsync(scene->output)
							: -1;
}

/* Small pieces, large ones, and a sort that asks for the size of memory. */
static int
compare_bytes(const void *left, const void *right)
{
	return *(const char *)left - *(const char *)right;
}

static int
use_memory(struct scene *scene)
{
	size_t size = 8 << 20;
	char *volatile memory = malloc(size);

	if (memory == NULL)
		return -1;
	memset(memory, 1, size);
	qsort(memory, 4096, 1, compare_bytes);
	free(memory);
	return 0;
}

static int
talk_to_worker(struct scene *scene)
{
	struct error err = NO_ERROR;
	struct wire wire;
	const char *frame = NULL;
	size_t size;
	int64_t deadline = wire_now_ms() + DEADLINE_MS;

	wire_init(&wire, scene->jail.from_worker, scene->jail.to_worker);
	if (wire_write(&wire, deadline, "ping", 4, &err) < 0 ||
	    wire_read(&wire, deadline, &frame, &size, &err) < 0)
		return -1;
	return same_text(frame, "ping") ? 0 : -1;
}

/* Ended means reaped: there is no child left to wait for. */
static int
end_worker(struct scene *scene)
{
	siginfo_t end;

	jail_end(&scene->jail);
	if (waitid(P_ALL, 0, &end, WEXITED | WNOHANG) == 0)
		return -1;
	return errno == ECHILD ? 0 : -1;
}

/* --- What must not -------------------------------------------------------- */

static int
lock_again(struct scene *scene)
{
	struct lock_terms terms = {0};
	struct error err = NO_ERROR;

	if (lock_self(&terms, &err) == 0)
		return 0;
	return err.reason == EXIT_UNSAFE ? (errno = EPERM, -1) : 0;
}

static int
start_process(struct scene *scene)
{
	return fork();
}

static int
start_thread(struct scene *scene)
{
	return (int)syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
			    0, 0, 0, 0);
}

static int
execute(struct scene *scene)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
trace_parent(struct scene *scene)
{
	return (int)ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static int
listen_here(struct scene *scene)
{
	return listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

static int
bind_here(struct scene *scene)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	return bind(socket(AF_INET, SOCK_STREAM, 0),
		    (struct sockaddr *)&address, sizeof(address));
}

static int
accept_here(struct scene *scene)
{
	return accept(0, NULL, NULL);
}

static int
open_for_writing(struct scene *scene)
{
	return open("/etc/passwd", O_WRONLY);
}

static int
open_for_both(struct scene *scene)
{
	return open("/etc/passwd", O_RDWR);
}

static int
create_file(struct scene *scene)
{
	return open("/tmp/pgmend-created", O_RDONLY | O_CREAT, 0600);
}

static int
truncate_file(struct scene *scene)
{
	return open("/etc/passwd", O_RDONLY | O_TRUNC);
}

static int
remove_file(struct scene *scene)
{
	return unlink("/nonexistent");
}

static int
read_unlisted(struct scene *scene)
{
	return open("/bin/true", O_RDONLY);
}

static int
list_unlisted(struct scene *scene)
{
	return open("/tmp", O_RDONLY | O_DIRECTORY);
}

static int
connect_unlisted(struct scene *scene)
{
	return connect_to(scene->other_port);
}

static int
connect_by_fast_open(struct scene *scene)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(scene->other_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return (int)sendto(fd, "x", 1, MSG_FASTOPEN,
			   (struct sockaddr *)&address, sizeof(address));
}

static int
connect_by_multipath(struct scene *scene)
{
	return socket(AF_INET, SOCK_STREAM, 262);
}

static int
open_netlink(struct scene *scene)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
open_packet_socket(struct scene *scene)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int
signal_by_number(struct scene *scene)
{
	return kill(getppid(), 0);
}

static int
map_executable(struct scene *scene)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? -1 : 0;
}

static int
make_executable(struct scene *scene)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
become_dumpable(struct scene *scene)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
become_root(struct scene *scene)
{
	return (int)syscall(SYS_setuid, 0);
}

#endif
