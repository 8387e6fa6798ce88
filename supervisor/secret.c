#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "supervisor/secret.h"

/* A secret and its end, in whole pages. */
#define BUFFER_SIZE (2UL * SECRET_MAX)

/* --- Where secrets lie ---------------------------------------------------- */

static void *
map_hidden(void)
{
	auto_close int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, BUFFER_SIZE) < 0)
		return MAP_FAILED;
	return mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
}

/* Locked as far as the limit goes; a secret in swap beats no secret. */
static void *
map_locked(void)
{
	void *memory = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	mlock2(memory, BUFFER_SIZE, 0);
	return memory;
}

char *
secret_buffer(void)
{
	void *memory = map_hidden();

	if (memory == MAP_FAILED)
		memory = map_locked();
	madvise(memory, BUFFER_SIZE, MADV_DONTFORK);
	madvise(memory, BUFFER_SIZE, MADV_DONTDUMP);
	return memory;
}

bool
secret_can_hide(void)
{
	void *memory = map_hidden();

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, BUFFER_SIZE);
	return true;
}

void
secret_wipe(struct secret *secret)
{
	if (secret->bytes == NULL)
		return;
	explicit_bzero(secret->bytes, BUFFER_SIZE);
	munmap(secret->bytes, BUFFER_SIZE);
	secret->bytes = NULL;
}

/* --- Where they come from ------------------------------------------------- */

static int
refuse_file(const char *path, const char *why, struct error *err)
{
	return fail_as(err, EXIT_UNSAFE, "secret_unsafe", "secret file %s: %s",
		       path, why);
}

/* What of a file's mode isn't allowed. systemd gives a service its credentials
 * by an access list, whose mask shows as the group's right to read. */
#define FORBIDDEN (S_IRWXG | S_IRWXO)
#define FORBIDDEN_TO_CREDENTIALS (S_IWGRP | S_IXGRP | S_IRWXO)

static int
check_file(int fd, const char *path, mode_t forbidden, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse_file(path, strerror(errno), err);
	if (!S_ISREG(st.st_mode))
		return refuse_file(path, "not an ordinary file", err);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return refuse_file(path, "owned by somebody else", err);
	if ((st.st_mode & forbidden) != 0)
		return refuse_file(path, "open to its group or to others", err);
	if (st.st_size > SECRET_MAX)
		return refuse_file(path, "too large for a secret", err);
	return 0;
}

static bool
is_space(char character)
{
	return character == '\n' || character == '\r' || character == ' ' ||
	       character == '\t';
}

static int
read_file(struct secret *ret_secret, const char *path, mode_t forbidden,
	  struct error *err)
{
	auto_close int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	auto_secret struct secret secret = {0};
	ssize_t size;

	if (fd < 0)
		return refuse_file(path, strerror(errno), err);
	if (check_file(fd, path, forbidden, err) < 0)
		return -1;
	secret.bytes = secret_buffer();
	size = read(fd, secret.bytes, SECRET_MAX);
	if (size < 0)
		return refuse_file(path, strerror(errno), err);
	secret.size = (size_t)size;
	while (secret.size > 0 && is_space(secret.bytes[secret.size - 1]))
		secret.bytes[--secret.size] = '\0';
	if (secret.size == 0)
		return refuse_file(path, "empty", err);
	ret_secret->size = secret.size;
	ret_secret->bytes = take(secret.bytes);
	return 0;
}

int
secret_read(struct secret *ret_secret, const char *name, const char *file,
	    struct error *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	auto_free char *path =
		folder == NULL ? NULL : xprintf("%s/%s", folder, name);

	if (path != NULL && access(path, F_OK) == 0)
		return read_file(ret_secret, path, FORBIDDEN_TO_CREDENTIALS,
				 err);
	if (file != NULL)
		return read_file(ret_secret, file, FORBIDDEN, err);
	*ret_secret = (struct secret){0};
	return 0;
}

bool
secret_is_stored(const char *name, const char *file)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	auto_free char *path =
		folder == NULL ? NULL : xprintf("%s/%s", folder, name);

	return file != NULL || (path != NULL && access(path, F_OK) == 0);
}

/* Where the variable stood is what /proc/PID/environ shows, and what a core
 * dump would hold. */
int
secret_take_variable(struct secret *ret_secret, const char *variable,
		     struct error *err)
{
	struct secret secret = {0};
	char *value = getenv(variable);
	size_t size = value == NULL ? 0 : strlen(value);
	bool fits = size <= SECRET_MAX;

	if (size > 0 && fits) {
		secret.bytes = secret_buffer();
		secret.size = size;
		memcpy(secret.bytes, value, size);
	}
	if (value != NULL)
		explicit_bzero(value, size);
	unsetenv(variable);
	if (!fits)
		return fail_as(err, EXIT_USAGE, "bad_secret",
			       "%s is too long for a secret", variable);
	*ret_secret = secret;
	return 0;
}
