#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/image.h"

/* Linux 6.3: says that the file may be executed, or that it may not. */
#define MAY_NOT_EXECUTE 0x8U
#define MAY_EXECUTE 0x10U

static int
create(const char *name, unsigned intent)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | intent);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd;
}

static int
seal_content(int fd, struct error *err)
{
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return fail(err, "seal: %s", strerror(errno));
	return 0;
}

int
image_load(int *ret_fd, const char *path, struct error *err)
{
	auto_close int file = open(path, O_RDONLY | O_CLOEXEC);
	auto_close int fd = create("pgmend-worker", MAY_EXECUTE);
	struct stat status;
	off_t copied = 0;

	if (file < 0 || fstat(file, &status) < 0)
		return fail(err, "%s: %s", path, strerror(errno));
	if (fd < 0)
		return fail(err, "memfd: %s", strerror(errno));
	while (copied < status.st_size) {
		ssize_t size = sendfile(fd, file, NULL,
					(size_t)(status.st_size - copied));

		if (size <= 0)
			return fail(err, "copy %s: %s", path,
				    size == 0 ? "it shrank" : strerror(errno));
		copied += size;
	}
	if (seal_content(fd, err) < 0)
		return -1;
	*ret_fd = take_fd(fd);
	return 0;
}

int
image_from_bytes(int *ret_fd, const void *bytes, size_t size, struct error *err)
{
	auto_close int fd = create("filter", MAY_NOT_EXECUTE);

	if (fd < 0)
		return fail(err, "memfd: %s", strerror(errno));
	if (write(fd, bytes, size) != (ssize_t)size)
		return fail(err, "memfd: %s", strerror(errno));
	if (seal_content(fd, err) < 0)
		return -1;
	*ret_fd = take_fd(fd);
	return 0;
}
