/*
 * unsealed.c - a worker that says READY, and has done nothing for it; started
 * as "twice" it says so twice.
 */
#include "pgmend.h"
#include "sandbox/wire.h"

#define READY WIRE_READY " landlock=7 mdwe=1 dumpable=0\n"

int
main(int argc, char **argv)
{
	const char *ready = same_text(argv[0], "twice") ? READY READY : READY;
	char byte;

	if (write(WIRE_OUT, ready, strlen(ready)) < 0)
		return 1;
	while (read(WIRE_IN, &byte, 1) == 1)
		continue;
	return 0;
}
