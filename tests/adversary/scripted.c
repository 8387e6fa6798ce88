/*
 * scripted.c - a worker that seals itself properly and then says what a test
 * wrote for it.
 *
 * The script is appended to the program: a line "#SCRIPT", then one frame a
 * line. It is read from the program's own image before the seal, since nothing
 * can be opened after it. The answer to each frame is read and thrown away.
 * A line "!exit" ends the worker, "!abort" kills it, "!silence" reads for ever,
 * "!torn TEXT" writes half a frame and ends.
 */
#include "pgmend.h"

#include <fcntl.h>

#include "sandbox/seal.h"
#include "sandbox/wire.h"

#define SCRIPT_MAX (2 << 20)

static const char mark[] = "\n#SCRIPT\n";

/* The text behind the last mark in the program's image; owned. */
static char *
read_script(void)
{
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_free char *image = xcalloc(1, SCRIPT_MAX + 1);
	size_t size = 0;
	ssize_t got;

	while (fd >= 0 && size < SCRIPT_MAX &&
	       (got = read(fd, image + size, SCRIPT_MAX - size)) > 0)
		size += (size_t)got;
	for (size_t i = size; i-- > 0;)
		if (i + sizeof(mark) - 1 <= size &&
		    memcmp(image + i, mark, sizeof(mark) - 1) == 0)
			return xstrdup(image + i + sizeof(mark) - 1);
	return xstrdup("");
}

/* Reads until the supervisor ends the conversation. */
static void
read_for_ever(struct wire *wire)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t size;

	while (wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, &err) == 0 &&
	       frame != NULL)
		continue;
}

/* One line of the script; false when it ends the worker. */
static bool
play(struct wire *wire, const char *line)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t size;

	if (strcmp(line, "!exit") == 0)
		return false;
	if (strcmp(line, "!abort") == 0)
		__builtin_trap();
	if (strncmp(line, "!torn ", 6) == 0)
		return write(WIRE_OUT, line + 6, strlen(line + 6)) < 0;
	if (strcmp(line, "!silence") == 0) {
		read_for_ever(wire);
		return false;
	}
	return wire_write(wire, WIRE_NO_DEADLINE, line, strlen(line), &err) ==
		       0 &&
	       wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, &err) == 0 &&
	       frame != NULL;
}

int
main(void)
{
	auto_free char *script = read_script();
	struct error err = NO_ERROR;
	struct wire wire;
	const char *frame;
	size_t size;
	bool goes_on = true;

	if (seal(&err) < 0)
		return 1;
	wire_init(&wire, WIRE_IN, WIRE_OUT);
	if (wire_read(&wire, WIRE_NO_DEADLINE, &frame, &size, &err) < 0)
		return 1;
	for (char *line = script, *end; goes_on && *line != '\0';
	     line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		goes_on = play(&wire, line);
	}
	return 0;
}
