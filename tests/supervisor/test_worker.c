/*
 * test_worker.c - the agent beside the executable is found, proven, talked to
 * and ended.
 */
#include <signal.h>

#include "tests/identity.h"
#include "supervisor/worker.h"

#define DEADLINE_MS 5000
#define AGENT "tests/supervisor/pgmend-agent"

static void
test_conversation(void)
{
	struct error err = NO_ERROR;
	auto_worker struct worker *worker = NULL;
	int64_t deadline = wire_now_ms() + DEADLINE_MS;
	const char *frame = NULL;
	size_t size;
	pid_t pid;

	if (worker_spawn(&worker, &err) < 0 ||
	    worker_attest(worker, JAIL_REQUIRED_DEFAULT, deadline, &err) < 0) {
		test(identity_name("the agent is spawned and proven"), false);
		printf("# %s\n", err.text);
		return;
	}
	test(identity_name("the agent is spawned and proven"),
	     worker_jail(worker)->achieved == JAIL_REQUIRED_DEFAULT);
	if (wire_write(worker_wire(worker), deadline, "ping", 4, &err) == 0)
		wire_read(worker_wire(worker), deadline, &frame, &size, &err);
	test_text(identity_name("it is talked to"), frame, "ping");

	pid = worker_jail(worker)->pid;
	worker_free(take(worker));
	test(identity_name("a freed worker is gone"),
	     kill(pid, 0) < 0 && errno == ESRCH);
	worker_free(NULL);
}

/* In this test's folder an echoing worker stands in for the agent. */
int
main(int argc, char **argv)
{
	bool is_first =
		geteuid() == 0 || access(identity_built(AGENT), F_OK) < 0;
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (is_first && symlink("../adversary/echo", identity_built(AGENT)) < 0)
		printf("# %s: %s\n", AGENT, strerror(errno));
	status = identity_run(argv, test_conversation);
	if (is_first)
		unlink(identity_built(AGENT));
	return status;
}
