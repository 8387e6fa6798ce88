/*
 * faulty.h - the supervisor's half of the jail with one fault in it: a step of
 * launch.c left out, or one of the calls of jail.c and image.c that no table
 * lists made less than it should be.
 *
 * These are the product's own sources, compiled once more with names of theirs
 * moved away; the product itself can't be told to leave out anything.
 */
#ifndef TESTS_FAULTY_FAULTY_H
#define TESTS_FAULTY_FAULTY_H

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is wrong with the next worker; "" for nothing. */
static const char *fault = "";

/* How long a worker that waits for nothing is given to run ahead. */
#define AHEAD_US 100000

static bool
is_fault(const char *name)
{
	return strcmp(fault, name) == 0;
}

/* --- Calls that no table lists -------------------------------------------- */

static const struct {
	const char *name;
	unsigned long flag;
} fault_namespaces[] = {
	{"user namespace", CLONE_NEWUSER},     {"mount namespace", CLONE_NEWNS},
	{"pid namespace", CLONE_NEWPID},       {"net namespace", CLONE_NEWNET},
	{"ipc namespace", CLONE_NEWIPC},       {"uts namespace", CLONE_NEWUTS},
	{"cgroup namespace", CLONE_NEWCGROUP},
};

#define FAULT_NAMESPACES (sizeof(fault_namespaces) / sizeof(*fault_namespaces))

static long
faulty_clone(struct clone_args *arguments, size_t size)
{
	long pid;

	for (size_t i = 0; i < FAULT_NAMESPACES; i++)
		if (is_fault(fault_namespaces[i].name))
			arguments->flags &= ~fault_namespaces[i].flag;
	pid = syscall(SYS_clone3, arguments, size);
	if (pid > 0 && is_fault("gate"))
		usleep(AHEAD_US);
	return pid;
}

static long
faulty_syscall(long number, ...)
{
	long with[5];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 5; i++)
		with[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_clone3)
		return faulty_clone((struct clone_args *)with[0],
				    (size_t)with[1]);
	if (number == SYS_execveat && is_fault("environment"))
		with[3] = (long)environ;
	return syscall(number, with[0], with[1], with[2], with[3], with[4]);
}

/* What is written there goes nowhere. */
static int
faulty_openat(int folder, const char *name, int flags)
{
	if (is_fault("maps") && strstr(name, "_map") != NULL)
		return open("/dev/null", flags);
	return openat(folder, name, flags);
}

/* Two ids, where it should be one. */
static ssize_t
faulty_write(int fd, const void *bytes, size_t size)
{
	static const char two[] = "65534 65534 2";

	if (!is_fault("narrow maps") || !isdigit(*(const unsigned char *)bytes))
		return write(fd, bytes, size);
	return write(fd, two, sizeof(two) - 1) < 0 ? -1 : (ssize_t)size;
}

static int
faulty_fcntl(int fd, int command, int argument)
{
	if (command == F_ADD_SEALS && is_fault("image's seals"))
		return 0;
	return fcntl(fd, command, argument);
}

#define syscall faulty_syscall
#define fcntl faulty_fcntl
#include "sandbox/image.c"
#define launch_worker whole_launch_worker
#include "sandbox/launch.c"
#undef launch_worker

/* --- The table, but for one row ------------------------------------------- */

_Noreturn static void
faulty_launch_worker(const struct launch *launch)
{
	struct error err = NO_ERROR;

	for (size_t i = 0; i < array_size(launch_steps); i++)
		if (!is_fault(launch_steps[i].name) &&
		    launch_steps[i].apply(launch, &err) < 0)
			break;
	err.code = launch->is_isolated ? "sandbox_namespaces" : "sandbox_seal";
	seal_report_failure(1, &err);
	_exit(1);
}

#define launch_worker faulty_launch_worker
#define openat faulty_openat
#define write faulty_write
#define start faulty_start
#include "sandbox/jail.c"
#undef launch_worker
#undef openat
#undef write
#undef start
#undef fcntl
#undef syscall

#endif
