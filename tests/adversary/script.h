/*
 * script.h - what a hostile worker is told to do, and how it does it.
 *
 * The script is appended to the program: a line "#SCRIPT", then one act a line.
 * It is read from the program's own image before the seal, since nothing can be
 * opened after it. A line is a frame, whose answer is read and thrown away, or
 * one of the acts below.
 */
#ifndef TESTS_ADVERSARY_SCRIPT_H
#define TESTS_ADVERSARY_SCRIPT_H

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "pgmend.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"

#define SCRIPT_MAX (16 << 20)

static const char script_mark[] = "\n#SCRIPT\n";

/* The text behind the last mark in the program's image, "" when there is none;
 * the caller frees it. */
static inline char *
script_read(void)
{
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_free char *image = xcalloc(1, SCRIPT_MAX + 1);
	size_t size = 0, length = sizeof(script_mark) - 1;
	ssize_t got;

	while (fd >= 0 && size < SCRIPT_MAX &&
	       (got = read(fd, image + size, SCRIPT_MAX - size)) > 0)
		size += (size_t)got;
	for (size_t i = size; i-- > 0;)
		if (i + length <= size &&
		    memcmp(image + i, script_mark, length) == 0)
			return xstrdup(image + i + length);
	return xstrdup("");
}

/* --- Acts: each false when it ends the worker ----------------------------- */

/* "hear": reads one frame. */
static inline bool
script_hear(struct wire *wire, const char *unused)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t size;

	return wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, &err) == 0 &&
	       frame != NULL;
}

/* "say FRAME": without waiting for an answer, and whatever its length. */
static inline bool
script_say(struct wire *wire, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t written = write(WIRE_OUT, text, size);

		if (written < 0)
			return false;
		text += written;
		size -= (size_t)written;
	}
	return write(WIRE_OUT, "\n", 1) == 1;
}

static inline bool
script_converse(struct wire *wire, const char *line)
{
	return script_say(wire, line) && script_hear(wire, NULL);
}

static inline bool
script_silence(struct wire *wire, const char *unused)
{
	while (script_hear(wire, NULL))
		continue;
	return false;
}

static inline bool
script_exit(struct wire *wire, const char *unused)
{
	return false;
}

static inline bool
script_abort(struct wire *wire, const char *unused)
{
	__builtin_trap();
}

/* "torn TEXT": half a frame, and the end. */
static inline bool
script_torn(struct wire *wire, const char *text)
{
	return write(WIRE_OUT, text, strlen(text)) < 0;
}

static inline int
script_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit == '\0' ? NULL : strchr(digits, digit);

	return at == NULL ? 0 : (int)(at - digits);
}

/* "bytes HEX": whatever they are, and a line feed. */
static inline bool
script_bytes(struct wire *wire, const char *hex)
{
	auto_free char *bytes = xcalloc(1, strlen(hex) / 2 + 1);
	size_t size = 0;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
		bytes[size++] = (char)(script_digit(hex[0]) << 4 |
				       script_digit(hex[1]));
	bytes[size++] = '\n';
	return write(WIRE_OUT, bytes, size) == (ssize_t)size &&
	       script_hear(wire, NULL);
}

/* "flood FRAME": the same again and again, never reading an answer. */
static inline bool
script_flood(struct wire *wire, const char *text)
{
	while (script_say(wire, text))
		continue;
	return false;
}

/* "nag FRAME": the same again and again, reading each answer. */
static inline bool
script_nag(struct wire *wire, const char *text)
{
	while (script_converse(wire, text))
		continue;
	return false;
}

/* "drip TEXT": a byte a second. */
static inline bool
script_drip(struct wire *wire, const char *text)
{
	for (; *text != '\0' && write(WIRE_OUT, text, 1) == 1; text++)
		poll(NULL, 0, 1000);
	return false;
}

static inline bool
script_spin(struct wire *wire, const char *unused)
{
	while (wire != NULL)
		__asm__ volatile("pause");
	return false;
}

/* "send N TEXT": into a slot of the courier. */
static inline bool
script_send(struct wire *wire, const char *text)
{
	int slot = POST_SLOT_DESCRIPTOR + text[0] - '0';

	return send(slot, text + 1, strlen(text + 1), MSG_NOSIGNAL) > 0;
}

/* "pour N TEXT": the same into it, without end; what comes back is read. */
static inline bool
script_pour(struct wire *wire, const char *text)
{
	struct pollfd slot = {.fd = POST_SLOT_DESCRIPTOR + text[0] - '0',
			      .events = POLLIN | POLLOUT};
	char back[4096];

	while (poll(&slot, 1, -1) == 1) {
		if ((slot.revents & POLLIN) &&
		    recv(slot.fd, back, sizeof(back), 0) <= 0)
			break;
		if ((slot.revents & POLLOUT) && !script_send(wire, text))
			break;
	}
	return true;
}

static const struct {
	const char *name;
	bool (*act)(struct wire *wire, const char *text);
} script_acts[] = {
	{"!hear", script_hear},	      {"!say ", script_say},
	{"!silence", script_silence}, {"!exit", script_exit},
	{"!abort", script_abort},     {"!torn ", script_torn},
	{"!bytes ", script_bytes},    {"!flood ", script_flood},
	{"!nag ", script_nag},	      {"!drip ", script_drip},
	{"!spin", script_spin},	      {"!send ", script_send},
	{"!pour ", script_pour},
};

static inline bool
script_act(struct wire *wire, const char *line)
{
	for (size_t i = 0; i < array_size(script_acts); i++) {
		size_t length = strlen(script_acts[i].name);

		if (strncmp(line, script_acts[i].name, length) == 0)
			return script_acts[i].act(wire, line + length);
	}
	return script_converse(wire, line);
}

/* All lines, one after the other, once the first frame has come. */
static inline void
script_play(char *script)
{
	struct wire wire;
	bool goes_on;

	wire_init(&wire, WIRE_IN, WIRE_OUT);
	goes_on = script_hear(&wire, NULL);
	for (char *line = script, *end; goes_on; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		goes_on = script_act(&wire, line);
	}
}

#endif
