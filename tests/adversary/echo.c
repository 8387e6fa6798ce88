/*
 * echo.c - a well-behaved worker: seals itself, then sends every frame back.
 */
#include "pgmend.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

int
main(void)
{
	struct error err = NO_ERROR;
	struct wire wire;
	const char *frame;
	size_t size;

	if (seal(&err) < 0)
		return 1;
	wire_init(&wire, WIRE_IN, WIRE_OUT);
	while (wire_read(&wire, WIRE_NO_DEADLINE, &frame, &size, &err) == 0 &&
	       frame != NULL)
		if (wire_write(&wire, WIRE_NO_DEADLINE, frame, size, &err) < 0)
			return 1;
	return 0;
}
