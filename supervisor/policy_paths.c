#include <dirent.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "supervisor/policy_paths.h"

static int
is_policy(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 7 &&
	       strcmp(entry->d_name + size - 7, ".policy") == 0;
}

static int
add_path(struct policy_paths *paths, char *path, struct error *err)
{
	if (paths->count == POLICY_PATHS_MAX) {
		free(path);
		return fail_as(err, EXIT_USAGE, "usage",
			       "at most %d files are read at once",
			       POLICY_PATHS_MAX);
	}
	paths->of[paths->count++] = path;
	return 0;
}

static int
add_folder(struct policy_paths *paths, const char *folder, struct error *err)
{
	struct dirent **entries = NULL;
	size_t size = strlen(folder);
	int count = scandir(folder, &entries, is_policy, alphasort);
	int status = 0;

	while (size > 1 && folder[size - 1] == '/')
		size--;
	for (int i = 0; i < count; i++) {
		if (status == 0)
			status = add_path(paths,
					  xprintf("%.*s/%s", (int)size, folder,
						  entries[i]->d_name),
					  err);
		free(entries[i]);
	}
	free(entries);
	if (count <= 0)
		return fail_as(err, EXIT_USAGE, "policy_unreadable",
			       "%s: there is no *.policy here", folder);
	return status;
}

int
policy_paths_add(struct policy_paths *paths, const char *path,
		 struct error *err)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(paths, path, err);
	return add_path(paths, xstrdup(path), err);
}

void
policy_paths_release(struct policy_paths *paths)
{
	for (int i = 0; i < paths->count; i++)
		free(paths->of[i]);
	paths->count = 0;
}
