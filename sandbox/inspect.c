#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/proc.h"
#include "sandbox/readback.h"
#include "sandbox/seal.h"

#define NO_CAPABILITY "0000000000000000"
#define NO_SIGNAL "0000000000000000"

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

/* One id, and it stands for no other than the one that is seen outside. */
static int
inspect_map(const struct inspection *worker, const struct inspection_item *item,
	    struct error *err)
{
	bool is_user = strcmp(item->subject, "uid_map") == 0;
	unsigned outside = is_user ? worker->jail->uid : worker->jail->gid;
	unsigned inside = geteuid() == 0 ? outside : 0;
	char seen[128];
	char expected[64];

	if (proc_read(seen, sizeof(seen), worker->jail->proc, item->subject,
		      err) < 0)
		return -1;
	snprintf(expected, sizeof(expected), "%10u %10u %10u\n", inside,
		 outside, 1U);
	if (strcmp(seen, expected) != 0)
		return fail(err, "%s is \"%s\", not \"%s\"", item->subject,
			    seen, expected);
	return 0;
}

/* No variable came along, whatever the supervisor's own hold. */
static int
inspect_environment(const struct inspection *worker,
		    const struct inspection_item *item, struct error *err)
{
	char seen[2];

	if (proc_read(seen, sizeof(seen), worker->jail->proc, item->subject,
		      err) < 0)
		return -1;
	if (seen[0] != '\0')
		return fail(err, "it has an environment");
	return 0;
}

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

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
	if ((fcntl(worker->jail->image, F_GET_SEALS) & SEALS) != SEALS)
		return fail(err, "its program could be changed");
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
	{"attestation_ids", JAIL_ATTESTATION, inspect_groups, "Groups", NULL},
	{"attestation_ids", JAIL_NAMESPACES, inspect_map, "uid_map", NULL},
	{"attestation_ids", JAIL_NAMESPACES, inspect_map, "gid_map", NULL},
	{"attestation_pid", JAIL_NAMESPACES, inspect_number, "NSpid", NULL},
	{"attestation_session", JAIL_ATTESTATION, inspect_number, "NSsid",
	 NULL},
	STATUS("signals", JAIL_ATTESTATION, "SigBlk", NO_SIGNAL),
	STATUS("signals", JAIL_ATTESTATION, "SigIgn", NO_SIGNAL),
	STATUS("signals", JAIL_ATTESTATION, "SigCgt", NO_SIGNAL),
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
	{"attestation_environment", JAIL_ATTESTATION, inspect_environment,
	 "environ", NULL},
	{"attestation_keyring", JAIL_ATTESTATION, inspect_keyring,
	 "keyring=", NULL},
	{"attestation_nesting", JAIL_NAMESPACES, inspect_nesting,
	 "nesting=", NULL},
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
