#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/seal.h"

#define STREAMS 3 /* descriptors 0, 1 and 2 */

/* A pipe of ours, open in the one direction only. */
static int
inspect_pipe(const struct inspection *worker, int number, struct error *err)
{
	const struct {
		int our_end;
		mode_t direction;
	} expected[STREAMS] = {
		{worker->jail->to_worker, S_IRUSR},
		{worker->jail->from_worker, S_IWUSR},
		{worker->jail->errors, S_IWUSR},
	};
	char path[32];
	struct stat link, seen, own;

	snprintf(path, sizeof(path), "fd/%d", number);
	if (fstatat(worker->jail->proc, path, &link, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(worker->jail->proc, path, &seen, 0) < 0 ||
	    fstat(expected[number].our_end, &own) < 0)
		return fail(err, "%s: %s", path, strerror(errno));
	if (seen.st_dev != own.st_dev || seen.st_ino != own.st_ino)
		return fail(err, "%s is not the supervisor's pipe", path);
	if ((link.st_mode & (S_IRUSR | S_IWUSR)) != expected[number].direction)
		return fail(err, "%s is open in the wrong direction", path);
	return 0;
}

/* The other end of a socket pair of ours, known by its number. */
static int
inspect_slot(const struct inspection *worker, int number, struct error *err)
{
	ino_t expected = worker->jail->slot_inodes[number - STREAMS];
	struct stat seen;
	char path[32];

	snprintf(path, sizeof(path), "fd/%d", number);
	if (fstatat(worker->jail->proc, path, &seen, 0) < 0)
		return fail(err, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(seen.st_mode) || seen.st_ino != expected)
		return fail(err, "%s is not the slot's socket", path);
	return 0;
}

int
inspect_descriptors(const struct inspection *worker,
		    const struct inspection_item *item, struct error *err)
{
	int fd = openat(worker->jail->proc, item->subject,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	int expected = worker->jail->profile->descriptors;
	struct dirent *entry;
	int count = 0;

	if (folder == NULL) {
		close_descriptor(&fd);
		return fail(err, "descriptors: %s", strerror(errno));
	}
	while ((entry = readdir(folder)) != NULL)
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(folder);
	if (count != expected)
		return fail(err, "it holds %d descriptors, not %d", count,
			    expected);
	for (int number = 0; number < expected; number++)
		if ((number < STREAMS ? inspect_pipe(worker, number, err)
				      : inspect_slot(worker, number, err)) < 0)
			return -1;
	return 0;
}
