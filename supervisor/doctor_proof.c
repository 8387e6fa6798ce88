#include "pgmend.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sandbox/confine.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"
#include "supervisor/doctor.h"
#include "supervisor/lock.h"

#define ABI_WITH_TCP 4
#define SOME_PORT 9

/* How a child can end. */
enum end { END_HELD = 0, END_GAVE_WAY = 1, END_NOT_THERE = 2, END_KILLED };

/* Tries a layer where it harms nobody else: in a process that ends with it. */
static enum end try_in_child(enum end (*attempt)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit((int)attempt());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return END_GAVE_WAY;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return END_KILLED;
	return WIFEXITED(status) ? (enum end)WEXITSTATUS(status) : END_GAVE_WAY;
}

static bool
is_file_refused(const char *path, int flags)
{
	auto_close int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 && errno == EACCES;
}

static bool
is_connection_refused(void)
{
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(SOME_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return fd >= 0 &&
	       connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
	       errno == EACCES;
}

static enum end
try_landlock(void)
{
	struct error err = NO_ERROR;

	if (confine_privileges(&err) < 0 || landlock_restrict(NULL, &err) < 0)
		return END_NOT_THERE;
	if (!is_file_refused("/", O_RDONLY | O_DIRECTORY))
		return END_GAVE_WAY;
	if (landlock_abi() >= ABI_WITH_TCP && !is_connection_refused())
		return END_GAVE_WAY;
	return END_HELD;
}

bool
doctor_proves_landlock(void)
{
	return try_in_child(try_landlock) == END_HELD;
}

/* Data that becomes code, and memory that a neighbour could read. */
static enum end
try_memory(void)
{
	struct error err = NO_ERROR;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	bool is_mdwe;
	void *page;

	if (confine_memory(&is_mdwe, &err) < 0 ||
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return END_GAVE_WAY;
	if (!is_mdwe)
		return END_NOT_THERE;
	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED ||
	    mprotect(page, size, PROT_READ | PROT_EXEC) == 0)
		return END_GAVE_WAY;
	return END_HELD;
}

bool
doctor_proves_memory(bool *ret_is_there)
{
	enum end end = try_in_child(try_memory);

	*ret_is_there = end != END_NOT_THERE;
	return end != END_GAVE_WAY;
}

/* The agent's filter, and a call that isn't among its rows. */
static enum end
try_seccomp(void)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};

	if (filter_compile(&filter, FILTER_AGENT, &err) < 0 ||
	    confine_privileges(&err) < 0 || confine_calls(&filter, &err) < 0)
		return END_NOT_THERE;
	syscall(SYS_getppid);
	return END_GAVE_WAY;
}

bool
doctor_proves_seccomp(void)
{
	return try_in_child(try_seccomp) == END_KILLED;
}

/* The supervisor's own: no file is written or read, no process started. */
static enum end
try_lock(void)
{
	static const unsigned no_ports[] = {0};
	struct lock_terms terms = {
		.tcp_ports = no_ports,
		.may_lack_landlock = true,
	};
	struct error err = NO_ERROR;

	if (lock_self(&terms, &err) < 0)
		return END_NOT_THERE;
	if (!is_file_refused("/dev/null", O_WRONLY))
		return END_GAVE_WAY;
	if (landlock_abi() > 0 && !is_file_refused("/", O_RDONLY | O_DIRECTORY))
		return END_GAVE_WAY;
	syscall(SYS_fork);
	return END_GAVE_WAY;
}

bool
doctor_proves_lock(void)
{
	return try_in_child(try_lock) == END_KILLED;
}
