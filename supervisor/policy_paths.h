/*
 * policy_paths.h - the FILE|DIR... of a verb's command line: of a folder, each
 * *.policy in it, in the order of their names.
 */
#ifndef SUPERVISOR_POLICY_PATHS_H
#define SUPERVISOR_POLICY_PATHS_H

struct error;

#define POLICY_PATHS_MAX 256

struct policy_paths {
	char *of[POLICY_PATHS_MAX];
	int count;
};

/* A folder without any, and more files than that, are EXIT_USAGE. */
int policy_paths_add(struct policy_paths *paths, const char *path,
		     struct error *err);
void policy_paths_release(struct policy_paths *paths);
#define auto_policy_paths __attribute__((cleanup(policy_paths_release)))

#endif
