#include <linux/filter.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pgmend.h"
#include "sandbox/filter.h"
#include "sandbox/readback.h"

static long
trace(int request, pid_t pid, uintptr_t address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

/* PTRACE_SEIZE sends no signal: after the detachment the interrupted read
 * starts over as if nothing had happened. */
static int
stop(pid_t pid, struct error *err)
{
	int status;

	if (trace(PTRACE_INTERRUPT, pid, 0, NULL) < 0 ||
	    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return fail(err, "it doesn't stop");
	return 0;
}

static int
compare(pid_t pid, const struct filter *filter, struct error *err)
{
	auto_free struct sock_filter *seen = NULL;
	long count = trace(PTRACE_SECCOMP_GET_FILTER, pid, 0, NULL);

	/* EACCES: we have a filter ourselves; EIO: not in this kernel. */
	if (count < 0 && (errno == EACCES || errno == EIO || errno == EINVAL))
		return 0;
	if (count != filter->count)
		return fail(err, "its filter has %ld instructions, not %u",
			    count, filter->count);
	seen = xcalloc((size_t)count, sizeof(*seen));
	if (trace(PTRACE_SECCOMP_GET_FILTER, pid, 0, seen) != count ||
	    memcmp(seen, filter->instructions, (size_t)count * sizeof(*seen)) !=
		    0)
		return fail(err, "its filter is not the one it was handed");
	return 0;
}

int
readback_compare(pid_t pid, const struct filter *filter, struct error *err)
{
	int status;

	if (geteuid() != 0)
		return 0;
	/* Hosts may forbid tracing altogether; the worker can't. */
	if (trace(PTRACE_SEIZE, pid, 0, NULL) < 0)
		return errno == EPERM ? 0
				      : fail(err, "trace: %s", strerror(errno));
	if (stop(pid, err) < 0)
		return -1;
	status = compare(pid, filter, err);
	if (trace(PTRACE_DETACH, pid, 0, NULL) < 0 && status == 0)
		return fail(err, "detach: %s", strerror(errno));
	return status;
}
