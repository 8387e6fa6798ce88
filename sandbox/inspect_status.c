#include <ctype.h>
#include <fcntl.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/proc.h"
#include "sandbox/seal.h"

/* How the kernel writes that there is none. */
#define NO_GROUP " "

static int
expect(const char *what, const char *seen, const char *expected,
       struct error *err)
{
	if (strcmp(seen, expected) == 0)
		return 0;
	return fail(err, "%s is \"%s\", not \"%s\"", what, seen, expected);
}

static int
read_own(char ret_value[PROC_VALUE_MAX], const char *subject, struct error *err)
{
	char text[8192];

	if (proc_read(text, sizeof(text), AT_FDCWD, "/proc/self/status", err) <
	    0)
		return -1;
	proc_status(ret_value, text, subject);
	return 0;
}

int
inspect_status(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	char seen[PROC_VALUE_MAX];

	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, item->expected, err);
}

/* Ours, which it inherits (in a container), and the one it installed. */
int
inspect_filters(const struct inspection *worker,
		const struct inspection_item *item, struct error *err)
{
	char own[PROC_VALUE_MAX];
	char seen[PROC_VALUE_MAX];
	char expected[32];

	if (read_own(own, item->subject, err) < 0)
		return -1;
	proc_status(seen, worker->status, item->subject);
	snprintf(expected, sizeof(expected), "%lu", strtoul(own, NULL, 10) + 1);
	return expect(item->subject, seen, expected, err);
}

int
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

/* Root's are left. An ordinary user can't leave his, and gets no more. */
int
inspect_groups(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	char own[PROC_VALUE_MAX];
	char seen[PROC_VALUE_MAX];

	if (read_own(own, item->subject, err) < 0)
		return -1;
	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, geteuid() == 0 ? NO_GROUP : own,
		      err);
}

/* Of the process or its session: its number outside, and 1 inside. */
int
inspect_number(const struct inspection *worker,
	       const struct inspection_item *item, struct error *err)
{
	bool is_isolated = worker->jail->missing_namespaces == 0;
	char seen[PROC_VALUE_MAX];
	char expected[32];

	snprintf(expected, sizeof(expected), "%d%s", worker->jail->pid,
		 is_isolated ? "\t1" : "");
	proc_status(seen, worker->status, item->subject);
	return expect(item->subject, seen, expected, err);
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

int
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
