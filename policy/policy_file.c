#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/policy.h"
#include "policy/policy_file.h"

static int
open_beneath(int root, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
}

/* NULL when nobody but its owner, root or the caller, can have written it. */
static const char *
complain(struct arena *arena, const struct stat *status)
{
	const struct group *group;
	unsigned mode = status->st_mode & 07777;

	if (status->st_uid != 0 && status->st_uid != geteuid())
		return arena_print(arena,
				   "file is owned by uid %u, neither root nor "
				   "the caller",
				   (unsigned)status->st_uid);
	if ((mode & S_IWOTH) != 0)
		return arena_print(
			arena, "file is writable by others (mode %04o)", mode);
	if ((mode & S_IWGRP) == 0)
		return NULL;
	group = getgrgid(status->st_gid);
	if (group == NULL)
		return arena_print(arena,
				   "file is writable by group %u (mode %04o)",
				   (unsigned)status->st_gid, mode);
	return arena_print(arena, "file is writable by group '%s' (mode %04o)",
			   group->gr_name, mode);
}

static int
read_whole(int fd, char *text, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, text + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		done += (size_t)got;
	}
	return 0;
}

int
policy_file_read(struct policy_file *ret_file, struct arena *arena, int root,
		 const char *name, struct error *err)
{
	auto_close int fd = open_beneath(root, name);
	struct policy_file file = {.text = NULL};
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_as(err, EXIT_USAGE, "policy_unreadable", "%s: %s",
			       name,
			       errno == EXDEV || errno == ELOOP
				       ? "leaves the policy root"
				       : strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fail_as(err, EXIT_USAGE, "policy_unreadable",
			       "%s: not a regular file", name);
	if (status.st_size > POLICY_FILE_MAX)
		return fail_as(err, EXIT_USAGE, "policy_unreadable",
			       "%s: larger than %d bytes", name,
			       POLICY_FILE_MAX);
	file.size = (size_t)status.st_size;
	file.text = arena_take(arena, file.size + 1);
	file.mode = status.st_mode & 07777;
	file.complaint = complain(arena, &status);
	if (read_whole(fd, file.text, file.size) < 0)
		return fail_as(err, EXIT_USAGE, "policy_unreadable",
			       "%s: short read", name);
	*ret_file = file;
	return 0;
}
