#include "pgmend.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/file_replace.h"

static int
unwritable(struct error *err, const char *path, const char *why)
{
	return fail_as(err, EXIT_USAGE, "unwritable", "%s: %s", path, why);
}

static int
write_whole(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

/* As the one that it takes the place of. */
static int
fill(int fd, const struct stat *old, const void *bytes, size_t size)
{
	struct stat own;

	if (fstat(fd, &own) < 0 || write_whole(fd, bytes, size) < 0)
		return -1;
	if ((own.st_uid != old->st_uid || own.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		return -1;
	return fchmod(fd, old->st_mode & 07777) < 0 || fsync(fd) < 0 ? -1 : 0;
}

int
file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
	     struct error *err)
{
	auto_free char *draft = xprintf("%s.XXXXXX", path);
	struct stat old = {.st_mode = S_IFREG | mode,
			   .st_uid = geteuid(),
			   .st_gid = getegid()};
	auto_close int fd = -1;

	if (lstat(path, &old) < 0 && errno != ENOENT)
		return unwritable(err, path, strerror(errno));
	if (!S_ISREG(old.st_mode))
		return unwritable(err, path, "not a regular file");
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return unwritable(err, path, strerror(errno));
	if (fill(fd, &old, bytes, size) < 0 || rename(draft, path) < 0) {
		const char *why = strerror(errno);

		unlink(draft);
		return unwritable(err, path, why);
	}
	return 0;
}
