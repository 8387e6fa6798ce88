#include "pgmend.h"

#include <limits.h>

#include "supervisor/shared_file.h"

/* Ends the path before its last '/'; false when there is none. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

char *
shared_file(const char *name)
{
	char path[PATH_MAX] = "";
	auto_free char *found = NULL;

	/* BUILD/pgmend: the tree is one folder up. */
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 &&
	    go_up(path) && go_up(path)) {
		found = xprintf("%s/%s", path, name);
		if (access(found, R_OK) == 0)
			return take(found);
	}
	return xprintf("%s/%s", PGMEND_DATADIR, name);
}
