/*
 * unsealed.c - a worker that says READY, and has done nothing for it; started
 * as "twice" it says so twice. Whatever it is told it writes into the file that
 * its script names: what a test finds there has been disclosed.
 */
#include "pgmend.h"
#include "sandbox/wire.h"
#include "tests/adversary/script.h"

#define READY WIRE_READY " landlock=7 mdwe=1 dumpable=0\n"

int
main(int argc, char **argv)
{
	const char *ready = same_text(argv[0], "twice") ? READY READY : READY;
	auto_free char *path = script_read();
	auto_close int fd = -1;
	char byte;

	path[strcspn(path, "\n")] = '\0';
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (write(WIRE_OUT, ready, strlen(ready)) < 0)
		return 1;
	while (read(WIRE_IN, &byte, 1) == 1)
		if (write(fd, &byte, 1) < 0)
			continue;
	return 0;
}
