#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/filter.h"

#define CONDITIONS_MAX 3

/*
 * A call that is let through, or answered without being executed, when every
 * condition holds. A condition compares the bits of one argument: an int
 * argument only has its low 32, and the kernel ignores the others.
 */
struct row {
	int call;
	uint32_t action;
	struct scmp_arg_cmp when[CONDITIONS_MAX];
	const char *why;
};

#define LET(name) .call = SCMP_SYS(name), .action = SCMP_ACT_ALLOW
#define ANSWER(name, error) \
	.call = SCMP_SYS(name), .action = SCMP_ACT_ERRNO(error)

#define LOW_WORD 0xffffffffU
#define BITS(argument, mask, value)                             \
	{                                                       \
		(argument), SCMP_CMP_MASKED_EQ, (mask), (value) \
	}
#define IS(argument, value) BITS(argument, LOW_WORD, value)
#define NONE_OF(argument, mask) BITS(argument, mask, 0)

static const struct row agent_rows[] = {
	{LET(read), .when = {IS(0, 0)}, .why = "frames from the supervisor"},
	{LET(write), .when = {IS(0, 1)}, .why = "frames to the supervisor"},
	{LET(poll), .when = {NONE_OF(1, LOW_WORD & ~3U)},
	 .why = "waiting; at most three descriptors, for it holds no more"},
	{LET(restart_syscall), .why = "the kernel's own continuation of poll "
				      "after stop and continue"},
	{LET(exit_group), .why = "the end"},
	{LET(clock_gettime), .when = {NONE_OF(0, LOW_WORD & ~1U)},
	 .why = "real time and monotonic, where the vDSO can't tell; clocks "
		"made of descriptors and processes are not"},
	{ANSWER(brk, 0),
	 .why = "no growth: 0 is below every break, so malloc fails cleanly"},
	{ANSWER(mmap, ENOMEM), .why = "no growth: malloc fails cleanly"},
};

/* On a slot, descriptors 3 to 6: three rows, for bits can't say it in one. */
#define ON_SLOTS(call, reason, ...)                                            \
	{LET(call), .when = {IS(0, 3), __VA_ARGS__}, .why = reason},           \
		{LET(call), .when = {BITS(0, LOW_WORD & ~1U, 4), __VA_ARGS__}, \
		 .why = reason},                                               \
	{                                                                      \
		LET(call), .when = {IS(0, 6), __VA_ARGS__}, .why = reason      \
	}
#define NULL_POINTER(argument) BITS(argument, UINT64_MAX, 0)

/* A slot is an end of a socket pair. Flags and addresses are checked all the
 * same: on a TCP socket, fast open would connect past Landlock. */
static const struct row courier_rows[] = {
	{LET(read), .when = {IS(0, 0)}, .why = "frames from the supervisor"},
	{LET(write), .when = {IS(0, 1)}, .why = "frames to the supervisor"},
	ON_SLOTS(recvfrom, "ciphertext; curl peeks before it uses a slot again",
		 NONE_OF(3, LOW_WORD & ~(unsigned)(MSG_NOSIGNAL | MSG_PEEK)),
		 NULL_POINTER(4)),
	ON_SLOTS(sendto, "ciphertext to the relay",
		 NONE_OF(3, LOW_WORD & ~(unsigned)MSG_NOSIGNAL),
		 NULL_POINTER(4)),
	{LET(poll), .when = {NONE_OF(1, LOW_WORD & ~7U)},
	 .why = "waiting; at most seven descriptors, for it holds no more"},
	{LET(getrandom), .when = {NONE_OF(2, LOW_WORD)}, .why = "TLS"},
	{LET(clock_gettime), .when = {NONE_OF(0, LOW_WORD & ~1U)},
	 .why = "as the agent's"},
	{LET(getpid), .why = "OpenSSL notices forks"},
	ON_SLOTS(fcntl, "curl adopts a slot", IS(1, F_GETFL)),
	ON_SLOTS(fcntl, "curl adopts a slot", IS(1, F_SETFL),
		 IS(2, O_RDWR | O_NONBLOCK)),
	ON_SLOTS(getsockopt, "curl: did the connect succeed", IS(1, SOL_SOCKET),
		 IS(2, SO_ERROR)),
	{LET(restart_syscall), .why = "stop and continue during poll"},
	{LET(exit_group), .why = "the end"},
	{ANSWER(connect, EINPROGRESS),
	 .why = "curl insists; a slot is connected from the start"},
	{ANSWER(brk, 0),
	 .why = "no growth: 0 is below every break, so malloc fails cleanly"},
	{ANSWER(mmap, ENOMEM), .why = "no growth: malloc fails cleanly"},
};

#define OPENS_FOR_MORE \
	(O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const struct row supervisor_rows[] = {
	/* Files: only those that Landlock lists, only for reading. */
	{LET(openat), .when = {NONE_OF(2, OPENS_FOR_MORE)},
	 .why = "service files, CA files, hosts, passwd, time zones: reading"},
	{ANSWER(openat, EACCES), .when = {BITS(2, O_ACCMODE, O_WRONLY)},
	 .why = "nothing is opened for writing, whoever asks"},
	{ANSWER(openat, EACCES), .when = {BITS(2, O_ACCMODE, O_RDWR)},
	 .why = "nothing is opened for writing, whoever asks"},
	{LET(read), .why = "files, pipes and sockets that are open"},
	{LET(readv), .why = "answers of name services"},
	{LET(pread64), .why = "file formats with an index"},
	{LET(lseek), .why = "stdio; the replay file"},
	{LET(close), .why = "descriptors end"},
	{LET(fstat), .why = "stdio sizes its buffers"},
	{LET(newfstatat), .why = "libpq checks key and password files"},
	{LET(stat), .why = "the same, older libraries"},
	{LET(access), .why = "libraries probe for files"},
	{LET(faccessat), .why = "libraries probe for files"},
	{LET(faccessat2), .why = "libraries probe for files"},
	{LET(readlink), .why = "libraries resolve configured paths"},
	{LET(getdents64), .why = "folders of certificates and service files"},
	{LET(fcntl), .when = {NONE_OF(1, LOW_WORD & ~7U)},
	 .why = "flags of sockets; locks on files that are open"},
	{ANSWER(fcntl, EINVAL), .when = {BITS(1, LOW_WORD & ~7U, 1024)},
	 .why = "no leases, no notifications, no pipe sizes"},
	{LET(ioctl), .when = {IS(1, TCGETS)}, .why = "stdio: is it a terminal"},
	{LET(ioctl), .when = {IS(1, FIONREAD)}, .why = "the resolver"},
	{ANSWER(ioctl, ENOTTY), .when = {IS(1, TIOCGWINSZ)},
	 .why = "nobody needs the size of the terminal"},

	/* What is already open and writable stays so. */
	{LET(write), .why = "output, workers, the rejected file"},
	{LET(writev), .why = "stdio of the C library's messages"},
	{LET(fsync), .why = "the rejected file is durable before the commit"},
	{LET(fdatasync), .why = "the same"},

	/* The database and the API, through sockets that can only call out. */
	{LET(socket), .when = {IS(0, AF_UNIX), IS(2, 0)},
	 .why = "the database on this machine; name services"},
	{LET(socket), .when = {IS(0, AF_INET), IS(2, 0)},
	 .why = "the database"},
	{LET(socket), .when = {IS(0, AF_INET6), IS(2, 0)},
	 .why = "the database"},
	{LET(socket), .when = {IS(0, AF_INET), IS(2, IPPROTO_TCP)},
	 .why = "the database; MPTCP and SCTP would slip past Landlock"},
	{LET(socket), .when = {IS(0, AF_INET6), IS(2, IPPROTO_TCP)},
	 .why = "the database"},
	{LET(socket), .when = {IS(0, AF_INET), IS(2, IPPROTO_UDP)},
	 .why = "name lookups"},
	{LET(socket), .when = {IS(0, AF_INET6), IS(2, IPPROTO_UDP)},
	 .why = "name lookups"},
	{ANSWER(socket, EAFNOSUPPORT), .when = {IS(0, AF_NETLINK)},
	 .why = "getaddrinfo asks for the interfaces and does without"},
	{LET(connect), .why = "TCP ports are Landlock's business"},
	{LET(getsockname), .why = "libpq and address selection"},
	{LET(getpeername), .why = "libpq"},
	{LET(getsockopt), .why = "libpq: did the connect succeed"},
	{LET(setsockopt), .why = "libpq: keep-alive and no delay"},
	{LET(sendto), .when = {NONE_OF(3, MSG_FASTOPEN)},
	 .why = "libpq; fast open would connect past Landlock"},
	{LET(recvfrom), .why = "libpq"},
	{LET(sendmsg), .when = {NONE_OF(2, MSG_FASTOPEN)},
	 .why = "name services"},
	{LET(sendmmsg), .when = {NONE_OF(3, MSG_FASTOPEN)},
	 .why = "the resolver's pair of questions"},
	{LET(recvmsg), .why = "name services"},
	{LET(shutdown), .why = "the end of TLS"},
	{LET(poll), .why = "deadlines on everything"},
	{LET(ppoll), .why = "the same"},
	{LET(select), .why = "libpq waits for a connection"},
	{LET(pselect6), .why = "the same"},

	/* Memory: never executable. */
	{LET(brk), .why = "malloc"},
	{LET(mmap), .when = {NONE_OF(2, PROT_EXEC)}, .why = "malloc"},
	{ANSWER(mmap, EACCES), .when = {BITS(2, PROT_EXEC, PROT_EXEC)},
	 .why = "no library is loaded from now on; the loader copes"},
	{LET(mprotect), .when = {NONE_OF(2, PROT_EXEC)}, .why = "malloc"},
	{LET(mremap), .why = "realloc"},
	{LET(munmap), .why = "free"},
	{LET(madvise), .why = "free; secrets left out of dumps"},
	{LET(mlock), .why = "secrets"},
	{LET(munlock), .why = "secrets"},

	/* Workers: ended, and that is all. */
	{LET(pidfd_send_signal),
	 .why = "ends a worker; only descriptors from before the lock"},
	{LET(waitid), .why = "reaps a worker"},

	/* Time and chance. */
	{LET(clock_gettime), .why = "deadlines, where the vDSO can't tell"},
	{LET(gettimeofday), .why = "the same"},
	{LET(time), .why = "the same"},
	{LET(clock_nanosleep), .why = "pauses between retries"},
	{LET(nanosleep), .why = "the same"},
	{LET(getrandom), .why = "TLS, SCRAM, identifiers"},

	/* Of itself. */
	{LET(getpid), .why = "OpenSSL notices forks"},
	{LET(gettid), .why = "the same"},
	{LET(getuid), .why = "libpq: who am I"},
	{LET(geteuid), .why = "libpq: who am I"},
	{LET(getgid), .why = "libraries ask"},
	{LET(getegid), .why = "libraries ask"},
	{LET(uname), .why = "the resolver: the host's name"},
	{LET(sysinfo), .why = "qsort sizes its memory"},
	{LET(sched_getaffinity), .why = "malloc and OpenSSL count processors"},
	{LET(sched_yield), .why = "locks of libraries"},
	{LET(getrlimit), .why = "libraries ask"},
	{LET(prlimit64), .when = {BITS(2, UINT64_MAX, 0)},
	 .why = "the same: reading only"},
	{ANSWER(prctl, EPERM), .why = "a second lock fails instead of dying"},

	/* Threads and signals of libraries; no thread is ever started. */
	{LET(futex), .why = "locks of libraries"},
	{LET(rt_sigaction), .why = "libpq and the signal flag"},
	{LET(rt_sigprocmask), .why = "libpq holds SIGPIPE back"},
	{LET(rt_sigpending), .why = "the same"},
	{LET(rt_sigtimedwait), .why = "the same"},
	{LET(rt_sigreturn), .why = "the end of a signal handler"},
	{LET(sigaltstack), .why = "the end of a thread under a sanitizer"},
	{LET(restart_syscall), .why = "stop and continue during a wait"},
	{LET(exit_group), .why = "the end"},
};

static const struct {
	const char *name;
	const struct row *rows;
	size_t count;
} profiles[FILTER_PROFILES] = {
	[FILTER_AGENT] = {"agent", agent_rows, array_size(agent_rows)},
	[FILTER_COURIER] = {"courier", courier_rows, array_size(courier_rows)},
	[FILTER_SUPERVISOR] = {"supervisor", supervisor_rows,
			       array_size(supervisor_rows)},
};

static void
context_cleanup(scmp_filter_ctx *context)
{
	if (*context != NULL)
		seccomp_release(*context);
}
#define auto_context __attribute__((cleanup(context_cleanup)))

static unsigned
count_conditions(const struct row *row)
{
	unsigned count = 0;

	while (count < CONDITIONS_MAX && row->when[count].op != 0)
		count++;
	return count;
}

static int
add_rows(scmp_filter_ctx context, enum filter_profile profile,
	 struct error *err)
{
	for (size_t i = 0; i < profiles[profile].count; i++) {
		const struct row *row = &profiles[profile].rows[i];
		int status = seccomp_rule_add_array(
			context, row->action, row->call, count_conditions(row),
			row->when);

		if (status < 0)
			return fail(err, "%s filter, row %zu: %s",
				    profiles[profile].name, i,
				    strerror(-status));
	}
	return 0;
}

/* libseccomp 2.5 writes to a descriptor only. */
static int export(struct filter *ret_filter, scmp_filter_ctx context,
		  struct error *err)
{
	auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat status;
	struct filter filter;
	int failed;

	if (fd < 0)
		return fail(err, "memfd: %s", strerror(errno));
	failed = seccomp_export_bpf(context, fd);
	if (failed < 0)
		return fail(err, "export filter: %s", strerror(-failed));
	if (fstat(fd, &status) < 0)
		return fail(err, "export filter: %s", strerror(errno));

	filter.count = (unsigned short)((size_t)status.st_size /
					sizeof(*filter.instructions));
	filter.instructions = xcalloc(1, (size_t)status.st_size);
	if (pread(fd, filter.instructions, (size_t)status.st_size, 0) !=
	    status.st_size) {
		filter_free(&filter);
		return fail(err, "export filter: short read");
	}
	*ret_filter = filter;
	return 0;
}

int
filter_compile(struct filter *ret_filter, enum filter_profile profile,
	       struct error *err)
{
	auto_context scmp_filter_ctx context =
		seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (context == NULL)
		return fail(err, "libseccomp doesn't start");
	/* int 0x80 and x32 die the same death. */
	if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH,
			     SCMP_ACT_KILL_PROCESS) < 0)
		return fail(err, "libseccomp can't kill foreign calls");
	if (add_rows(context, profile, err) < 0)
		return -1;
	return export(ret_filter, context, err);
}

void
filter_free(struct filter *filter)
{
	free(filter->instructions);
	*filter = (struct filter){0};
}

/* True when an earlier row of the profile names the same call. */
static bool
is_repeated(enum filter_profile profile, size_t at, bool only_allowed)
{
	const struct row *rows = profiles[profile].rows;

	for (size_t i = 0; i < at; i++)
		if (rows[i].call == rows[at].call &&
		    (!only_allowed || rows[i].action == SCMP_ACT_ALLOW))
			return true;
	return false;
}

size_t
filter_calls(enum filter_profile profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profiles[profile].count; i++)
		count += !is_repeated(profile, i, false);
	return count;
}

size_t
filter_calls_allowed(enum filter_profile profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profiles[profile].count; i++)
		count += profiles[profile].rows[i].action == SCMP_ACT_ALLOW &&
			 !is_repeated(profile, i, true);
	return count;
}

static void
print_conditions(FILE *out, const struct row *row)
{
	for (unsigned i = 0; i < count_conditions(row); i++) {
		const struct scmp_arg_cmp *when = &row->when[i];
		const char *between = i == 0 ? " when" : " and";

		if (when->datum_a == LOW_WORD)
			fprintf(out, "%s argument %u is %lld", between,
				when->arg, (long long)when->datum_b);
		else
			fprintf(out, "%s argument %u & %#llx is %#llx", between,
				when->arg, (unsigned long long)when->datum_a,
				(unsigned long long)when->datum_b);
	}
}

void
filter_print(FILE *out, enum filter_profile profile)
{
	for (size_t i = 0; i < profiles[profile].count; i++) {
		const struct row *row = &profiles[profile].rows[i];
		auto_free char *name = seccomp_syscall_resolve_num_arch(
			SCMP_ARCH_NATIVE, row->call);

		fprintf(out, "%-18s%s", name == NULL ? "?" : name,
			row->action == SCMP_ACT_ALLOW ? "let" : "answered");
		print_conditions(out, row);
		fprintf(out, ": %s\n", row->why);
	}
	fprintf(out, "%-18skills the process\n", "anything else");
}

void
filter_write_version(FILE *out)
{
	const struct scmp_version *version = seccomp_version();

	fprintf(out, "libseccomp %u.%u.%u", version->major, version->minor,
		version->micro);
}
