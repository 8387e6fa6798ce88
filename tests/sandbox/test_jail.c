/*
 * test_jail.c - a worker is spawned, proven sealed, talked to and ended; one
 * that hasn't sealed itself at all is never proven to be.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/sandbox/jailing.h"

/* What the worker answers to a frame, or NULL; the caller frees it. */
static char *
converse(struct jail *jail, const char *frame)
{
	struct error err = NO_ERROR;
	struct wire wire;
	const char *answer = NULL;
	char *copy = NULL;
	size_t size;

	wire_init(&wire, jail->from_worker, jail->to_worker);
	if (wire_write(&wire, soon(DEADLINE_MS), frame, strlen(frame), &err) ==
		    0 &&
	    wire_read(&wire, soon(DEADLINE_MS), &answer, &size, &err) == 0)
		copy = xstrdup(answer);
	wire_free(&wire);
	return copy;
}

static void
test_sealed(void)
{
	struct error err = NO_ERROR;
	struct jail jail;
	auto_free char *first = NULL;
	auto_free char *second = NULL;
	int status = start(&jail, identity_built("tests/adversary/echo"),
			   "echo", &err);
	pid_t pid = jail.pid;

	test(identity_name("a sealed worker is proven sealed"), status == 0);
	if (status < 0)
		printf("# %s\n", err.text);
	test(identity_name("every layer that is required is achieved"),
	     jail.achieved == JAIL_REQUIRED_DEFAULT);
	test(identity_name("what can't be seen is reported"),
	     strstr(jail.report, "landlock=") != NULL &&
		     strstr(jail.report, "mdwe=") != NULL &&
		     strstr(jail.report, "dumpable=0") != NULL);
	first = converse(&jail, "{\"a\":1}");
	test_text(identity_name("a proven worker is talked to"), first,
		  "{\"a\":1}");

	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
	second = converse(&jail, "again");
	test_text(identity_name("it goes on after stop and continue"), second,
		  "again");

	jail_end(&jail);
	test(identity_name("an ended worker is gone"),
	     kill(pid, 0) < 0 && errno == ESRCH);
	jail_end(&jail);
	status = start(&jail, identity_built("tests/adversary/probe"),
		       "courier", &err);
	test(identity_name("a sealed courier is proven sealed"), status == 0);
	jail_end(&jail);
	test(identity_name("ending twice is harmless"), jail.pidfd == -1);
}

static void
test_unsealed(void)
{
	const char *unsealed = identity_built("tests/adversary/unsealed");

	test_text(identity_name("a worker that only says READY is refused"),
		  refusal(unsealed, "unsealed"), "attestation_seccomp");
	test_text(identity_name("a worker that says READY twice is refused"),
		  refusal(unsealed, "twice"), "attestation_ready");
	test_text(identity_name("a worker that ends at once is refused"),
		  refusal("/bin/true", "true"), "attestation_ready");
	test_text(identity_name("a worker that says nothing is refused"),
		  refusal("/bin/cat", "silent"), "attestation_ready");
	test_text(identity_name("a program that isn't there is refused"),
		  refusal("/nonexistent/worker", "none"), "sandbox_start");
}

/* A supervisor that starts a worker, tells its number, and waits. The worker is
 * stopped, so that the end of its input can't be what ends it. */
_Noreturn static void
supervise(int out, const char *name)
{
	struct error err = NO_ERROR;
	struct jail jail;

	if (start(&jail, identity_built("tests/adversary/probe"), name, &err) <
	    0)
		_exit(1);
	kill(jail.pid, SIGSTOP);
	if (write(out, &jail.pid, sizeof(jail.pid)) != sizeof(jail.pid))
		_exit(1);
	pause();
	_exit(0);
}

/* As its grandparent we inherit the orphan, and can wait for it. */
static void
test_orphan(const char *name)
{
	int out[2];
	pid_t supervisor, worker = 0;
	int status = 0;
	bool is_reaped = false;
	char text[100];

	fflush(stdout);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || pipe(out) < 0 ||
	    (supervisor = fork()) < 0)
		return;
	if (supervisor == 0)
		supervise(out[1], name);
	close(out[1]);
	if (read(out[0], &worker, sizeof(worker)) != sizeof(worker))
		worker = 0;
	close(out[0]);
	kill(supervisor, SIGKILL);
	waitpid(supervisor, NULL, 0);
	for (int i = 0; worker > 0 && !is_reaped && i < 100; i++) {
		is_reaped = waitpid(worker, &status, WNOHANG) == worker;
		usleep(10000);
	}
	snprintf(text, sizeof(text), "a worker (%s) dies with its supervisor",
		 name);
	test(identity_name(text),
	     is_reaped && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool
write_file(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}

/* A place that gives no namespaces, as restricted containers don't. */
static bool
enter_restricted_place(void)
{
	auto_free char *map = xprintf("%u %u 1", geteuid(), geteuid());

	return unshare(CLONE_NEWUSER) == 0 &&
	       write_file("/proc/self/uid_map", map) &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/gid_map", map) &&
	       write_file("/proc/sys/user/max_user_namespaces", "0");
}

static void
test_without_namespaces(void)
{
	unsigned little = (1u << JAIL_SECCOMP) | (1u << JAIL_LANDLOCK);
	const char *echo = identity_built("tests/adversary/echo");
	struct error err = NO_ERROR;
	struct jail jail;
	int status;

	if (!enter_restricted_place()) {
		test_skip(identity_name("without namespaces"),
			  "user namespaces");
		return;
	}
	test_text(identity_name("where there are no namespaces it is refused"),
		  refusal(echo, "echo"), "sandbox_namespaces");
	status = start_with(&jail, echo, "echo", little, &err);
	test(identity_name("a policy may do without namespaces"),
	     status == 0 && jail.achieved == little);
	jail_end(&jail);
}

/* Nobody comes back from there, so it is tried in a process of its own. */
static void
test_restricted(void)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test_without_namespaces();
		_exit(test_end());
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		test_failures++;
}

static void
run_suite(void)
{
	test_sealed();
	test_unsealed();
	test_orphan("sealed");
	test_orphan("courier");
	test_orphan("without:death signal");
	if (geteuid() != 0)
		test_restricted();
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, run_suite);
}
