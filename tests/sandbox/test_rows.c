/*
 * test_rows.c - every call that a worker's filter allows or answers, made with
 * permitted arguments and with each argument altered in turn, bit by bit; and
 * every other number. Each in a process of its own, with the filter alone.
 *
 * A bit whose change must kill is in the row's mask; the change of any other
 * bit must not.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/test.h"
#include "sandbox/confine.h"
#include "sandbox/filter.h"

#define ARGUMENTS 6
#define DESCRIPTORS 7
#define NUMBER_MAX 512 /* above every call that any kernel has */
#define LOW 0xffffffffUL
#define ALL UINT64_MAX
#define NOT(bits) (LOW & ~(uint64_t)(bits))

/* Some memory for calls to write to, zeroed, so that poll() is told of
 * descriptor 0, which is at its end. */
static char memory[256];
#define MEMORY (long)memory

struct permitted {
	const char *name;
	long number;
	long arguments[ARGUMENTS];
	uint64_t kills[ARGUMENTS];
};

static const struct permitted agent_calls[] = {
	{"read", SYS_read, {0, MEMORY, 1}, {LOW}},
	{"write", SYS_write, {1, MEMORY, 1}, {LOW}},
	{"poll", SYS_poll, {MEMORY, 1, 0}, {0, NOT(3)}},
	{"restart_syscall", SYS_restart_syscall, {0}, {0}},
	{"exit_group", SYS_exit_group, {0}, {0}},
	{"clock_gettime", SYS_clock_gettime, {1, MEMORY}, {NOT(1)}},
	{"brk", SYS_brk, {0}, {0}},
	{"mmap", SYS_mmap, {0, 4096, 3, 0x22, -1, 0}, {0}},
};

/* Of the slots 3 to 6 each has neighbours among them. */
static const struct permitted courier_calls[] = {
	{"read", SYS_read, {0, MEMORY, 1}, {LOW}},
	{"write", SYS_write, {1, MEMORY, 1}, {LOW}},
	{"recvfrom, slot 3",
	 SYS_recvfrom,
	 {3, MEMORY, 1},
	 {LOW, 0, 0, NOT(MSG_NOSIGNAL | MSG_PEEK), ALL}},
	{"recvfrom, slot 4",
	 SYS_recvfrom,
	 {4, MEMORY, 1},
	 {NOT(3), 0, 0, NOT(MSG_NOSIGNAL | MSG_PEEK), ALL}},
	{"recvfrom, slot 5",
	 SYS_recvfrom,
	 {5, MEMORY, 1},
	 {NOT(1), 0, 0, NOT(MSG_NOSIGNAL | MSG_PEEK), ALL}},
	{"recvfrom, slot 6",
	 SYS_recvfrom,
	 {6, MEMORY, 1},
	 {NOT(2), 0, 0, NOT(MSG_NOSIGNAL | MSG_PEEK), ALL}},
	{"sendto, slot 3",
	 SYS_sendto,
	 {3, MEMORY, 1},
	 {LOW, 0, 0, NOT(MSG_NOSIGNAL), ALL}},
	{"sendto, slot 4",
	 SYS_sendto,
	 {4, MEMORY, 1},
	 {NOT(3), 0, 0, NOT(MSG_NOSIGNAL), ALL}},
	{"sendto, slot 5",
	 SYS_sendto,
	 {5, MEMORY, 1},
	 {NOT(1), 0, 0, NOT(MSG_NOSIGNAL), ALL}},
	{"sendto, slot 6",
	 SYS_sendto,
	 {6, MEMORY, 1},
	 {NOT(2), 0, 0, NOT(MSG_NOSIGNAL), ALL}},
	{"poll", SYS_poll, {MEMORY, 1, 0}, {0, NOT(7)}},
	{"getrandom", SYS_getrandom, {MEMORY, 1, 0}, {0, 0, LOW}},
	{"clock_gettime", SYS_clock_gettime, {1, MEMORY}, {NOT(1)}},
	{"getpid", SYS_getpid, {0}, {0}},
	/* F_GETFL is 3, F_SETFL is 4: three bits apart. */
	{"fcntl F_GETFL, slot 3", SYS_fcntl, {3, F_GETFL}, {LOW, LOW}},
	{"fcntl F_GETFL, slot 4", SYS_fcntl, {4, F_GETFL}, {NOT(3), LOW}},
	{"fcntl F_GETFL, slot 6", SYS_fcntl, {6, F_GETFL}, {NOT(2), LOW}},
	{"fcntl F_SETFL, slot 3",
	 SYS_fcntl,
	 {3, F_SETFL, O_RDWR | O_NONBLOCK},
	 {LOW, LOW, LOW}},
	{"fcntl F_SETFL, slot 4",
	 SYS_fcntl,
	 {4, F_SETFL, O_RDWR | O_NONBLOCK},
	 {NOT(3), LOW, LOW}},
	{"fcntl F_SETFL, slot 6",
	 SYS_fcntl,
	 {6, F_SETFL, O_RDWR | O_NONBLOCK},
	 {NOT(2), LOW, LOW}},
	{"getsockopt SO_ERROR, slot 3",
	 SYS_getsockopt,
	 {3, SOL_SOCKET, SO_ERROR, MEMORY, MEMORY + 64},
	 {LOW, LOW, LOW}},
	{"getsockopt SO_ERROR, slot 4",
	 SYS_getsockopt,
	 {4, SOL_SOCKET, SO_ERROR, MEMORY, MEMORY + 64},
	 {NOT(3), LOW, LOW}},
	{"getsockopt SO_ERROR, slot 6",
	 SYS_getsockopt,
	 {6, SOL_SOCKET, SO_ERROR, MEMORY, MEMORY + 64},
	 {NOT(2), LOW, LOW}},
	{"restart_syscall", SYS_restart_syscall, {0}, {0}},
	{"exit_group", SYS_exit_group, {0}, {0}},
	{"connect", SYS_connect, {3, MEMORY, 16}, {0}},
	{"brk", SYS_brk, {0}, {0}},
	{"mmap", SYS_mmap, {0, 4096, 3, 0x22, -1, 0}, {0}},
};

static const struct worker {
	const char *name;
	enum filter_profile profile;
	const struct permitted *calls;
	size_t count;
} workers[] = {
	{"agent", FILTER_AGENT, agent_calls, array_size(agent_calls)},
	{"courier", FILTER_COURIER, courier_calls, array_size(courier_calls)},
};

/* Moves a descriptor to where nothing of the worker's is. */
static int
move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTORS);

	if (moved < 0)
		abort();
	close(fd);
	return moved;
}

/* Descriptors 0 to 6 as a worker holds them, at their end or inert, so that
 * nothing waits. */
static void
hold_descriptors(void)
{
	int nothing = move_up(open("/dev/null", O_RDWR));
	int ends[2];

	if (pipe(ends) < 0)
		abort();
	ends[0] = move_up(ends[0]);
	close(ends[1]);
	dup2(ends[0], 0);
	dup2(nothing, 1);
	for (int fd = 3; fd < DESCRIPTORS; fd++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			abort();
		ends[0] = move_up(ends[0]);
		close(ends[1]);
		dup2(ends[0], fd);
	}
}

/* In a process of its own, which nobody comes back from. */
_Noreturn static void
make_call(const struct filter *filter, long number, const long *with)
{
	struct error err = NO_ERROR;

	if (confine_privileges(&err) < 0 || confine_calls(filter, &err) < 0)
		_exit(200);
	syscall(number, with[0], with[1], with[2], with[3], with[4], with[5]);
	for (;;)
		syscall(SYS_exit_group, 0);
}

/* Did the filter kill it? -1 when it couldn't be tried. */
static int
is_killed(const struct filter *filter, long number, const long *with)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		make_call(filter, number, with);
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 200))
		return -1;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static bool
is_as_told(const struct permitted *call, const struct filter *filter,
	   int argument, int bit)
{
	long with[ARGUMENTS];
	bool must_die = call->kills[argument] >> bit & 1;
	int killed;

	memcpy(with, call->arguments, sizeof(with));
	with[argument] ^= (long)(1UL << bit);
	killed = is_killed(filter, call->number, with);
	if (killed == must_die)
		return true;
	printf("# %s, argument %d with bit %d changed: %s\n", call->name,
	       argument, bit, killed > 0 ? "killed" : "let through");
	return false;
}

static void
test_call(const struct worker *worker, const struct permitted *call,
	  const struct filter *filter, int *count)
{
	char name[120];
	bool is_right = is_killed(filter, call->number, call->arguments) == 0;

	snprintf(name, sizeof(name), "%s: %s may be made", worker->name,
		 call->name);
	test(name, is_right);
	is_right = true;
	/* Of an argument that nobody looks at some bits are enough. */
	for (int argument = 0; argument < ARGUMENTS; argument++)
		for (int bit = 0; bit < 64;
		     bit += call->kills[argument] != 0 ? 1 : 21, ++*count)
			is_right &= is_as_told(call, filter, argument, bit);
	snprintf(name, sizeof(name), "%s: %s only with these arguments",
		 worker->name, call->name);
	test(name, is_right);
}

static bool
is_listed(const struct worker *worker, long number)
{
	for (size_t i = 0; i < worker->count; i++)
		if (worker->calls[i].number == number)
			return true;
	return false;
}

/* Linux lets these two pass every filter: they fail on their own. */
static bool
is_exempt(long number)
{
	const long uretprobe = 335, uprobe = 336;

	return number == uretprobe || number == uprobe;
}

/* No row is without a test, and no number is let through but by a row. */
static void
test_others(const struct worker *worker, const struct filter *filter)
{
	static const long none[ARGUMENTS];
	size_t listed = 0;
	bool is_dead = true;
	char name[120];

	for (long number = 0; number < NUMBER_MAX; number++) {
		if (is_listed(worker, number))
			listed++;
		else if (!is_exempt(number))
			is_dead &= is_killed(filter, number, none) == 1;
	}
	snprintf(name, sizeof(name), "%s: every other number kills",
		 worker->name);
	test(name, is_dead);
	snprintf(name, sizeof(name), "%s: every call of the table is tried",
		 worker->name);
	test(name, listed == filter_calls(worker->profile));
}

static void
test_worker(const struct worker *worker)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	int count = 0;

	if (filter_compile(&filter, worker->profile, &err) < 0)
		abort();
	for (size_t i = 0; i < worker->count; i++)
		test_call(worker, &worker->calls[i], &filter, &count);
	test_others(worker, &filter);
	filter_free(&filter);
	printf("# %s: %d altered calls, %d other numbers\n", worker->name,
	       count, NUMBER_MAX);
}

int
main(void)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, DESCRIPTORS);

	signal(SIGPIPE, SIG_IGN);
	hold_descriptors();
	/* The tests' own words go where they always went; what is buffered
	 * when a process is forked would be said twice. */
	stdout = fdopen(out, "w");
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < array_size(workers); i++)
		test_worker(&workers[i]);
	return test_end();
}
