/*
 * test_lock.c - the supervisor's lock on itself: what a run still needs goes
 * on, everything else fails or kills. Each act in a process of its own.
 */
#include <linux/filter.h>
#include <poll.h>

#include "tests/identity.h"
#include "tests/supervisor/acts.h"
#include "sandbox/filter.h"
#include "sandbox/proc.h"

#define KILLED (-SIGSYS)
/* Where Landlock has no rules for ports, it is reached (test_lock_older.c). */
#ifndef UNLISTED_PORT
#define UNLISTED_PORT EACCES
#endif

/* A listener on a port of the loopback; it lives as long as this program. */
static in_port_t
listen_somewhere(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return 0;
	return ntohs(address.sin_port);
}

/* What comes of each: 0, an errno, or KILLED. */
static const struct {
	const char *name;
	int outcome;
	int (*act)(struct scene *scene);
} acts[] = {
	{"a listed file is read", 0, read_listed},
	{"users are looked up", 0, look_up_user},
	{"hosts are looked up", 0, look_up_host},
	{"the local time is told", 0, tell_time},
	{"a listed port is connected to", 0, connect_listed},
	{"a socket of this machine is connected to", 0, connect_unix},
	{"an open file is written and made durable", 0, write_open_file},
	{"memory is taken and given back", 0, use_memory},
	{"a worker from before is talked to", 0, talk_to_worker},
	{"a worker from before is ended and reaped", 0, end_worker},
	{"a second lock fails", EPERM, lock_again},
	{"a fork kills", KILLED, start_process},
	{"a thread kills", KILLED, start_thread},
	{"an exec kills", KILLED, execute},
	{"tracing kills", KILLED, trace_parent},
	{"listening kills", KILLED, listen_here},
	{"binding kills", KILLED, bind_here},
	{"accepting kills", KILLED, accept_here},
	{"opening for writing fails", EACCES, open_for_writing},
	{"opening for both fails", EACCES, open_for_both},
	{"creating a file kills", KILLED, create_file},
	{"truncating a file kills", KILLED, truncate_file},
	{"removing a file kills", KILLED, remove_file},
	{"reading a file that isn't listed fails", EACCES, read_unlisted},
	{"listing a folder that isn't listed fails", EACCES, list_unlisted},
	{"connecting to a port that isn't listed fails, if ports are ruled",
	 UNLISTED_PORT, connect_unlisted},
	{"connecting by fast open kills", KILLED, connect_by_fast_open},
	{"a multipath socket kills", KILLED, connect_by_multipath},
	{"a netlink socket is refused", EAFNOSUPPORT, open_netlink},
	{"a packet socket kills", KILLED, open_packet_socket},
	{"signalling by number kills", KILLED, signal_by_number},
	{"mapping executable memory fails", EACCES, map_executable},
	{"making memory executable kills", KILLED, make_executable},
	{"becoming dumpable fails", EPERM, become_dumpable},
	{"changing the uid kills", KILLED, become_root},
};

static bool
prepare(struct scene *ret_scene)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	struct jail_program program = {
		.path = identity_built("tests/adversary/echo"),
		.name = "echo",
		.filter = &filter,
	};

	ret_scene->jail = (struct jail)NO_JAIL;
	ret_scene->output = fileno(tmpfile());
	if (filter_compile(&filter, FILTER_AGENT, &err) < 0 ||
	    jail_spawn(&ret_scene->jail, &program, &err) < 0 ||
	    jail_attest(&ret_scene->jail, &filter, JAIL_REQUIRED_DEFAULT,
			wire_now_ms() + DEADLINE_MS, &err) < 0)
		printf("# %s\n", err.text);
	filter_free(&filter);
	return ret_scene->jail.achieved != 0;
}

/* In the process that is to be locked: 0, an errno, or dead. */
_Noreturn static void
lock_and_act(int number, struct scene *scene)
{
	static const char *const paths[] = {
		"/etc/passwd",	  "/etc/group",	      "/etc/hosts",
		"/etc/host.conf", "/etc/resolv.conf", "/etc/nsswitch.conf",
		"/etc/localtime", "/nonexistent",     NULL};
	const unsigned ports[] = {scene->open_port, 0};
	struct lock_terms terms = {.read_paths = paths, .tcp_ports = ports};
	struct error err = NO_ERROR;

	if (!prepare(scene))
		_exit(200);
	if (lock_self(&terms, &err) < 0)
		_exit(201);
	errno = 0;
	_exit(acts[number].act(scene) < 0 ? errno : 0);
}

static int
outcome(int number, struct scene *scene)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		lock_and_act(number, scene);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A locked process as others see it; it waits until it is killed. */
static void
test_status(struct scene *scene)
{
	char status[8192];
	char path[64];
	struct error err = NO_ERROR;
	int ready[2];
	char byte = 0;
	pid_t pid;
	struct lock_terms terms = {0};

	fflush(stdout);
	if (pipe(ready) < 0 || (pid = fork()) < 0)
		return;
	if (pid == 0) {
		if (lock_self(&terms, &err) == 0 && write(ready[1], "", 1) == 1)
			poll(NULL, 0, -1);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		byte = 1;
	close(ready[0]);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (proc_read(status, sizeof(status), AT_FDCWD, path, &err) < 0)
		status[0] = '\0';
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	test(identity_name("a locked process shows as locked"),
	     byte == 0 && strstr(status, "\nNoNewPrivs:\t1\n") != NULL &&
		     strstr(status, "\nSeccomp:\t2\n") != NULL &&
		     strstr(status, "\nCapEff:\t0000000000000000\n") != NULL &&
		     strstr(status, "\nCapPrm:\t0000000000000000\n") != NULL);
}

static void
run_suite(void)
{
	struct scene scene = {
		.open_port = listen_somewhere(),
		.other_port = listen_somewhere(),
	};

	for (size_t i = 0; i < array_size(acts); i++) {
		int seen = outcome((int)i, &scene);

		test(identity_name(acts[i].name), seen == acts[i].outcome);
		if (seen != acts[i].outcome)
			printf("# came to %d\n", seen);
	}
	test_status(&scene);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, run_suite);
}
