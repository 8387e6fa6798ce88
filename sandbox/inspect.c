#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/proc.h"
#include "sandbox/readback.h"
#include "sandbox/seal.h"

#define NO_CAPABILITY "0000000000000000"

static int
expect(const char *what, const char *seen, const char *expected,
       struct error *err)
{
	if (strcmp(seen, expected) == 0)
		return 0;
	return fail(err, "%s is \"%s\", not \"%s\"", what, seen, expected);
}

static int
inspect_status(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	char seen[PROC_VALUE_MAX];

	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, item->expected, err);
}

/* Ours, which it inherits (in a container), and the one it installed. */
static int
inspect_filters(const struct inspection *worker,
		const struct inspection_item *item, struct error *err)
{
	char own_status[sizeof(worker->status)];
	char own[PROC_VALUE_MAX];
	char seen[PROC_VALUE_MAX];
	char expected[32];

	if (proc_read(own_status, sizeof(own_status), AT_FDCWD,
		      "/proc/self/status", err) < 0)
		return -1;
	proc_status(own, own_status, item->subject);
	proc_status(seen, worker->status, item->subject);
	snprintf(expected, sizeof(expected), "%lu", strtoul(own, NULL, 10) + 1);
	return expect(item->subject, seen, expected, err);
}

static int
inspect_ids(const struct inspection *worker, const struct inspection_item *item,
	    struct error *err)
{
	unsigned id = strcmp(item->subject, "Uid") == 0 ? worker->jail->uid
							: worker->jail->gid;
	char seen[PROC_VALUE_MAX];
	char expected[64];

	snprintf(expected, sizeof(expected), "%u\t%u\t%u\t%u", id, id, id, id);
	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, expected, err);
}

static int
inspect_pid(const struct inspection *worker, const struct inspection_item *item,
	    struct error *err)
{
	char seen[PROC_VALUE_MAX];
	char expected[32];

	snprintf(expected, sizeof(expected), "%d\t1", worker->jail->pid);
	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, expected, err);
}

static int
inspect_namespace(const struct inspection *worker,
		  const struct inspection_item *item, struct error *err)
{
	char own_path[64];
	struct stat own, seen;

	snprintf(own_path, sizeof(own_path), "/proc/self/%s", item->subject);
	if (stat(own_path, &own) < 0 ||
	    fstatat(worker->jail->proc, item->subject, &seen, 0) < 0)
		return fail(err, "%s: %s", item->subject, strerror(errno));
	if (own.st_dev == seen.st_dev && own.st_ino == seen.st_ino)
		return fail(err, "%s is the supervisor's own", item->subject);
	return 0;
}

/* The first name in the folder that isn't dot or dot-dot. */
static int
inspect_root(const struct inspection *worker,
	     const struct inspection_item *item, struct error *err)
{
	int fd = openat(worker->jail->proc, item->subject,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (folder == NULL) {
		close_descriptor(&fd);
		return fail(err, "root: %s", strerror(errno));
	}
	while (status == 0 && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			status = fail(err, "root holds \"%.80s\"",
				      entry->d_name);
	closedir(folder);
	return status;
}

static int
inspect_working_folder(const struct inspection *worker,
		       const struct inspection_item *item, struct error *err)
{
	struct stat root, seen;

	if (fstatat(worker->jail->proc, "root", &root, 0) < 0 ||
	    fstatat(worker->jail->proc, item->subject, &seen, 0) < 0)
		return fail(err, "%s: %s", item->subject, strerror(errno));
	if (root.st_dev != seen.st_dev || root.st_ino != seen.st_ino)
		return fail(err, "%s is not the root", item->subject);
	return 0;
}

static int
inspect_mounts(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	char text[1024];
	const char *end;

	if (proc_read(text, sizeof(text), worker->jail->proc, item->subject,
		      err) < 0)
		return -1;
	end = strchr(text, '\n');
	if (end == NULL || end[1] != '\0')
		return fail(err, "%s has more than one line", item->subject);
	if (strstr(text, item->expected) == NULL)
		return fail(err, "%s is \"%.*s\", without \"%s\"",
			    item->subject, (int)(end - text), text,
			    item->expected);
	return 0;
}

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

static int
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

static int
inspect_image(const struct inspection *worker,
	      const struct inspection_item *item, struct error *err)
{
	struct stat seen, own;

	if (fstatat(worker->jail->proc, item->subject, &seen, 0) < 0 ||
	    fstat(worker->jail->image, &own) < 0)
		return fail(err, "%s: %s", item->subject, strerror(errno));
	if (seen.st_dev != own.st_dev || seen.st_ino != own.st_ino)
		return fail(err, "it runs another program");
	return 0;
}

/* Takes the next number of the line; "unlimited" is none. */
static bool
is_at_most(const char **at, unsigned long long most)
{
	const char *start = *at + strspn(*at, " ");
	char *end;

	if (!isdigit((unsigned char)*start))
		return false;
	if (strtoull(start, &end, 10) > most)
		return false;
	*at = end;
	return true;
}

static int
inspect_limits(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	const struct seal_profile *profile = worker->jail->profile;
	const struct {
		const char *name;
		unsigned long long most;
	} limits[] = {
		{"Max open files", (unsigned)profile->descriptors},
		{"Max processes", 0},
		{"Max file size", 0},
		{"Max core file size", 0},
		{"Max locked memory", 0},
		{"Max msgqueue size", 0},
		{"Max cpu time", SEAL_LIMIT_CPU_SECONDS},
		{"Max address space", profile->memory},
	};

	for (size_t i = 0; i < array_size(limits); i++) {
		char line[PROC_VALUE_MAX];
		const char *at = line;

		proc_line(line, worker->limits, limits[i].name);
		if (!is_at_most(&at, limits[i].most) ||
		    !is_at_most(&at, limits[i].most))
			return fail(err, "%s is \"%s\", not %llu",
				    limits[i].name, line + strspn(line, " "),
				    limits[i].most);
	}
	return 0;
}

/* Nothing that is written can be run. */
static int
inspect_memory(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	auto_close int fd =
		openat(worker->jail->proc, item->subject, O_RDONLY | O_CLOEXEC);
	auto_stream FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	auto_free char *line = NULL;
	size_t size = 0;

	if (maps == NULL)
		return fail(err, "%s: %s", item->subject, strerror(errno));
	fd = -1;
	while (getline(&line, &size, maps) > 0) {
		const char *rights = strchr(line, ' ');

		if (rights == NULL || strlen(rights) < 4)
			return fail(err, "%s can't be read", item->subject);
		if (rights[2] == 'w' && rights[3] == 'x')
			return fail(err, "memory is writable and executable");
	}
	return 0;
}

static int
inspect_program(const struct inspection *worker,
		const struct inspection_item *item, struct error *err)
{
	return readback_compare(worker->jail->pid, worker->filter, err);
}

#define STATUS(name, of_layer, field, value)                                \
	{                                                                   \
		"attestation_" name, of_layer, inspect_status, field, value \
	}
#define CAPABILITIES(layer, field) \
	STATUS("capabilities", layer, field, NO_CAPABILITY)
#define NAMESPACE(name)                                                       \
	{                                                                     \
		"attestation_namespaces", JAIL_NAMESPACES, inspect_namespace, \
			"ns/" name, NULL                                      \
	}

/* The tracer first: reading the filter back makes us one for a moment. */
const struct inspection_item inspection_items[] = {
	STATUS("tracer", JAIL_ATTESTATION, "TracerPid", "0"),
	STATUS("seccomp", JAIL_SECCOMP, "Seccomp", "2"),
	{"attestation_filters", JAIL_SECCOMP, inspect_filters,
	 "Seccomp_filters", NULL},
	STATUS("privileges", JAIL_ATTESTATION, "NoNewPrivs", "1"),
	STATUS("threads", JAIL_ATTESTATION, "Threads", "1"),
	CAPABILITIES(JAIL_ATTESTATION, "CapInh"),
	CAPABILITIES(JAIL_ATTESTATION, "CapPrm"),
	CAPABILITIES(JAIL_ATTESTATION, "CapEff"),
	CAPABILITIES(JAIL_NAMESPACES, "CapBnd"),
	CAPABILITIES(JAIL_ATTESTATION, "CapAmb"),
	{"attestation_ids", JAIL_ATTESTATION, inspect_ids, "Uid", NULL},
	{"attestation_ids", JAIL_ATTESTATION, inspect_ids, "Gid", NULL},
	{"attestation_pid", JAIL_NAMESPACES, inspect_pid, "NSpid", NULL},
	NAMESPACE("user"),
	NAMESPACE("mnt"),
	NAMESPACE("pid"),
	NAMESPACE("net"),
	NAMESPACE("ipc"),
	NAMESPACE("uts"),
	NAMESPACE("cgroup"),
	{"attestation_mounts", JAIL_NAMESPACES, inspect_mounts, "mountinfo",
	 " / / ro,"},
	{"attestation_root", JAIL_NAMESPACES, inspect_root, "root", NULL},
	{"attestation_root", JAIL_NAMESPACES, inspect_working_folder, "cwd",
	 NULL},
	{"attestation_descriptors", JAIL_ATTESTATION, inspect_descriptors, "fd",
	 NULL},
	{"attestation_image", JAIL_ATTESTATION, inspect_image, "exe", NULL},
	{"attestation_limits", JAIL_ATTESTATION, inspect_limits, NULL, NULL},
	{"attestation_memory", JAIL_ATTESTATION, inspect_memory, "maps", NULL},
	{"attestation_filter", JAIL_SECCOMP, inspect_program, NULL, NULL},
};

const size_t inspection_count = array_size(inspection_items);

int
inspection_begin(struct inspection *ret_inspection, const struct jail *jail,
		 const struct filter *filter, struct error *err)
{
	struct inspection inspection = {.jail = jail, .filter = filter};

	if (proc_read(inspection.status, sizeof(inspection.status), jail->proc,
		      "status", err) < 0 ||
	    proc_read(inspection.limits, sizeof(inspection.limits), jail->proc,
		      "limits", err) < 0)
		return -1;
	*ret_inspection = inspection;
	return 0;
}
