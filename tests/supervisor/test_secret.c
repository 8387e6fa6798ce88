#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "supervisor/secret.h"
#include "tests/test.h"

/* Writes a file of that mode into the folder; the caller frees its path. */
static char *
write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char *path = xprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	if (file == NULL)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
	return path;
}

static bool
is_refused(const char *path, const char *why)
{
	auto_secret struct secret secret = {0};
	struct error err = NO_ERROR;

	return secret_read(&secret, "key", path, &err) < 0 &&
	       err.reason == EXIT_UNSAFE && strstr(err.text, why) != NULL;
}

static void
test_files(const char *folder)
{
	auto_free char *good = write_file(folder, "good", "abc \n", 0600);
	auto_free char *open = write_file(folder, "open", "abc", 0640);
	auto_free char *empty = write_file(folder, "empty", "\n", 0600);
	auto_free char *link = xprintf("%s/link", folder);
	auto_free char *missing = xprintf("%s/missing", folder);
	auto_secret struct secret secret = {0};
	struct error err = NO_ERROR;

	test("a secret is read from its file",
	     secret_read(&secret, "key", good, &err) == 0 && secret.size == 3);
	test_text("white space at its end is left out", secret.bytes, "abc");
	test("a file that the group may read is refused",
	     is_refused(open, "its group"));
	test("an empty secret is refused", is_refused(empty, "empty"));
	test("a symbolic link is refused",
	     symlink(good, link) == 0 && is_refused(link, "link"));
	test("a folder is refused", is_refused(folder, "ordinary file"));
	test("a file that is named must be there",
	     is_refused(missing, "No such file"));
}

static void
test_credentials(const char *folder)
{
	auto_free char *given = write_file(folder, "key", "systemd's", 0440);
	auto_free char *other = write_file(folder, "other", "ours", 0600);
	auto_secret struct secret secret = {0}, none = {0};
	struct error err = NO_ERROR;

	test("a credential is there", access(given, R_OK) == 0);
	test("a secret that isn't configured is none",
	     secret_read(&none, "key", NULL, &err) == 0 && none.bytes == NULL);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	secret_read(&secret, "key", other, &err);
	test_text("the service's credential comes first", secret.bytes,
		  "systemd's");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
test_variables(void)
{
	auto_secret struct secret secret = {0}, none = {0};
	auto_free char *long_value = xcalloc(1, SECRET_MAX + 2);
	struct error err = NO_ERROR;
	const char *place;

	memset(long_value, 'x', SECRET_MAX + 1);
	setenv("PGMEND_TEST_SECRET", "abc", 1);
	place = getenv("PGMEND_TEST_SECRET");
	test("a variable is a secret",
	     secret_take_variable(&secret, "PGMEND_TEST_SECRET", &err) == 0 &&
		     secret.size == 3 && same_text(secret.bytes, "abc"));
	test("it is wiped and unset",
	     *place == '\0' && getenv("PGMEND_TEST_SECRET") == NULL);
	test("an unset variable is none",
	     secret_take_variable(&none, "PGMEND_TEST_SECRET", &err) == 0 &&
		     none.bytes == NULL);
	setenv("PGMEND_TEST_SECRET", long_value, 1);
	test("one that is too long is refused, and gone",
	     secret_take_variable(&none, "PGMEND_TEST_SECRET", &err) < 0 &&
		     err.reason == EXIT_USAGE &&
		     getenv("PGMEND_TEST_SECRET") == NULL);
	test("a file that is named counts as stored",
	     secret_is_stored("key", "/nowhere") &&
		     !secret_is_stored("key", NULL));
}

/* --- Where they lie ------------------------------------------------------- */

/* The two letters are among the flags of the map that begins there. */
static bool
has_flag(const char *memory, const char *flag)
{
	auto_stream FILE *maps = fopen("/proc/self/smaps", "re");
	auto_free char *start = xprintf("%lx-", (unsigned long)memory);
	char line[512];
	bool is_there = false;

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		if (strncmp(line, start, strlen(start)) == 0)
			is_there = true;
		else if (is_there && strncmp(line, "VmFlags:", 8) == 0)
			return strstr(line, flag) != NULL;
	}
	return false;
}

/* As a debugger would, or root. */
static bool
can_be_read(const char *memory)
{
	auto_close int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	return pread(fd, &byte, 1, (off_t)memory) == 1;
}

/* A child that touches it dies. */
static bool
is_inherited(const char *memory)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(*(const volatile char *)memory);
	}
	return waitpid(pid, &status, 0) != pid || WIFEXITED(status);
}

static void
test_memory(const char *kind, bool is_hidden)
{
	struct secret secret = {.bytes = secret_buffer()};

	printf("# %s memory\n", kind);
	test("it is as much as a secret needs",
	     secret.bytes[0] == '\0' && secret.bytes[SECRET_MAX] == '\0');
	memset(secret.bytes, 'x', SECRET_MAX);
	test("it is locked", has_flag(secret.bytes, " lo"));
	test("it is left out of dumps", has_flag(secret.bytes, " dd"));
	test("no child inherits it", !is_inherited(secret.bytes));
	test("others can read it only where they can't be kept from it",
	     can_be_read(secret.bytes) == !is_hidden);
	secret_wipe(&secret);
	test("it is gone when it is wiped", secret.bytes == NULL);
}

/* An older kernel, for the rest of this process. */
static bool
forget_hidden_memory(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {array_size(filter), filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* What this system has, and what all have. */
static void
test_memories(void)
{
	if (secret_can_hide())
		test_memory("hidden", true);
	if (!forget_hidden_memory())
		abort();
	test("where the call is missing nothing is hidden", !secret_can_hide());
	test_memory("locked", false);
}

int
main(void)
{
	char folder[] = "/tmp/pgmend-secret-XXXXXX";
	static const char *const names[] = {"good", "open", "empty",
					    "link", "key",  "other"};

	if (mkdtemp(folder) == NULL)
		return 1;
	test_files(folder);
	test_credentials(folder);
	test_variables();
	test_memories();
	for (size_t i = 0; i < array_size(names); i++) {
		auto_free char *path = xprintf("%s/%s", folder, names[i]);

		unlink(path);
	}
	rmdir(folder);
	return test_end();
}
