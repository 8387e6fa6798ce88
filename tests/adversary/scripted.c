/*
 * scripted.c - a worker that seals itself properly and then does what a test
 * wrote for it (script.h), as the agent or, by its name, as the courier.
 */
#include "pgmend.h"
#include "sandbox/seal.h"
#include "tests/adversary/script.h"

int
main(int argc, char **argv)
{
	auto_free char *script = script_read();
	struct error err = NO_ERROR;
	int status = same_text(argv[0], "pgmend-courier")
			     ? seal_courier(NULL, NULL, &err)
			     : seal(&err);

	if (status < 0)
		return 1;
	script_play(script);
	return 0;
}
