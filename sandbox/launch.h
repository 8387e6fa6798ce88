/*
 * launch.h - what a worker's process does between clone and exec.
 *
 * Still the supervisor's code, in the worker's namespaces: it puts the
 * descriptors into their fixed places, takes on the worker's ids, forgets what
 * the supervisor's session left it, and executes the sealed image.
 */
#ifndef SANDBOX_LAUNCH_H
#define SANDBOX_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

struct launch {
	int input, output, errors; /* become 0, 1, 2 */
	const int *slots;	   /* become 3 and so on */
	int slot_count;
	int filter; /* becomes the one behind */
	int image;  /* the program, a sealed memfd */
	int gate;   /* end of file or a byte: the id maps are written */
	const char *name;
	bool is_isolated; /* in namespaces of its own */
	bool is_root;	  /* the supervisor is: drop groups, too */
	uid_t uid;	  /* to take on, as the worker's namespace counts */
	gid_t gid;
};

_Noreturn void launch_worker(const struct launch *launch);

#endif
