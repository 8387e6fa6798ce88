/*
 * wire.h - frames between the supervisor and a worker, and the door's limits.
 *
 * A frame is one line: UTF-8 without NUL, at most WIRE_FRAME_MAX bytes without
 * its LF. Both sides use the same code; only the supervisor has a deadline.
 * End of file inside a frame is an error, end of file between frames is not.
 */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define WIRE_FRAME_MAX (1024 * 1024)	  /* a model body is one frame */
#define WIRE_TOTAL_MAX (16 * 1024 * 1024) /* from one worker in one run */
#define WIRE_REQUESTS_MAX 64 /* requests of one worker in one run */
#define WIRE_PROPOSALS_MAX 16

/* The descriptors that a worker wakes up with. */
enum wire_descriptor { WIRE_IN = 0, WIRE_OUT = 1, WIRE_INERT = 2 };

/* What a sealed worker says first, before it blocks for the start frame. */
#define WIRE_READY "READY"

struct wire {
	int in, out; /* borrowed */
	char *buffer;
	size_t used;
	size_t allocated;
	size_t consumed; /* bytes of the frame that the last read handed out */
	size_t received; /* bytes so far, against WIRE_TOTAL_MAX */
};

/* Milliseconds of CLOCK_MONOTONIC; deadlines are points on this clock. */
int64_t wire_now_ms(void);
#define WIRE_NO_DEADLINE INT64_MAX

void wire_init(struct wire *wire, int in, int out);
void wire_free(struct wire *wire);

/*
 * The next frame without its LF, terminated; valid until the next call.
 * ret_frame is NULL at the end of file between frames. Reason codes:
 * frame_too_long, frame_torn, frame_encoding, wire_flooded, worker_silent.
 * Where a peer is to blame the reason is EXIT_REFUSED.
 */
int wire_read(struct wire *wire, int64_t deadline, const char **ret_frame,
	      size_t *ret_size, struct error *err);

/* True when the next frame is here already: wire_read() won't wait, and poll()
 * needn't tell of it. */
bool wire_has_frame(const struct wire *wire);

/* Writes one frame and its LF; the text must hold no LF. A peer that is gone
 * is worker_gone, provided that the process ignores SIGPIPE. */
int wire_write(struct wire *wire, int64_t deadline, const char *frame,
	       size_t size, struct error *err);

/* True when the bytes are valid UTF-8 without NUL. */
bool wire_is_text(const char *bytes, size_t size);

#endif
