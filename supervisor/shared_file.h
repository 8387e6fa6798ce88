/*
 * shared_file.h - files that come with pgmend: the default policy, the prices.
 */
#ifndef SUPERVISOR_SHARED_FILE_H
#define SUPERVISOR_SHARED_FILE_H

/* The path of such a file, as "policies/default.policy": beside the build tree
 * that the program stands in, else where it was installed. No option or
 * variable changes that. The caller frees it. */
char *shared_file(const char *name);

#endif
