/*
 * identity.h - runs a suite as root and as an ordinary user: the jail is built
 * differently for the two, and has to hold for both.
 */
#ifndef TESTS_IDENTITY_H
#define TESTS_IDENTITY_H

#include <grp.h>
#include <limits.h>
#include <sys/wait.h>

#include "tests/test.h"

#define IDENTITY_NOBODY 65534

/* The name of a test, with the identity in front. */
static inline const char *
identity_name(const char *name)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s: %s",
		 geteuid() == 0 ? "as root" : "as an ordinary user", name);
	return text;
}

/* A file of the build folder: this program is tests/FOLDER/NAME in it. */
static inline const char *
identity_built(const char *path)
{
	static char text[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", text, sizeof(text) - 1);

	for (int up = 0; up < 3; up++)
		while (length > 0 && text[--length] != '/')
			continue;
	snprintf(text + length, sizeof(text) - (size_t)length, "/%s", path);
	return text;
}

/* The suite once more, in a fresh program: after a mere setuid() the process
 * isn't dumpable, and couldn't map its worker's ids. */
static inline bool
identity_passes_as_nobody(char **argv)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (setgroups(0, NULL) == 0 &&
		    setresgid(IDENTITY_NOBODY, IDENTITY_NOBODY,
			      IDENTITY_NOBODY) == 0 &&
		    setresuid(IDENTITY_NOBODY, IDENTITY_NOBODY,
			      IDENTITY_NOBODY) == 0)
			execv("/proc/self/exe", argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* main's return value. */
static inline int
identity_run(char **argv, void (*suite)(void))
{
	suite();
	if (geteuid() == 0)
		test("an ordinary user passes the same tests",
		     identity_passes_as_nobody(argv));
	return test_end();
}

#endif
