/*
 * Frames, however their bytes arrive: they come out as a reader of the whole
 * would cut them, and go through the door again unchanged.
 */
#include "sandbox/wire.h"
#include "tests/fuzz/fuzz.h"

struct arrival {
	struct wire wire;
	const char *expected; /* what hasn't come out yet */
	size_t size;
};

/* A frame is what stands before the next LF, and text. */
static void
check_frame(struct arrival *arrival, const char *frame, size_t size)
{
	const char *end = memchr(arrival->expected, '\n', arrival->size);
	struct error err = NO_ERROR;

	claim(end != NULL && size == (size_t)(end - arrival->expected));
	claim(memcmp(frame, arrival->expected, size) == 0);
	claim(frame[size] == '\0' && wire_is_text(frame, size));
	claim(wire_write(&arrival->wire, WIRE_NO_DEADLINE, frame, size, &err) ==
	      0);
	arrival->expected = end + 1;
	arrival->size -= size + 1;
}

/* False when the peer broke the rules. */
static bool
read_frames(struct arrival *arrival)
{
	struct wire *wire = &arrival->wire;
	struct error err = NO_ERROR;
	const char *frame = NULL;
	size_t size = 0;
	bool was_here;

	do {
		was_here = wire_has_frame(wire);
		if (wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, &err) < 0)
			break;
		claim(frame != NULL || !was_here);
		if (frame != NULL)
			check_frame(arrival, frame, size);
	} while (frame != NULL);
	if (*err.text == '\0')
		return true;
	claim(err.reason == EXIT_REFUSED);
	/* The rest of a torn frame is still to come. */
	return strcmp(err.code, "frame_torn") == 0;
}

/* The first byte says how much arrives at a time. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size == 0 ? 1 : 1 + (size_t)data[0] * 16;
	const char *bytes = (const char *)data + (size > 0);
	size_t left = size - (size > 0);
	auto_close int in = fuzz_file("", 0);
	auto_close int out = fuzz_file("", 0);
	auto_free char *written = NULL;
	size_t written_size, arrived = 0;
	struct arrival arrival = {.expected = bytes, .size = left};
	bool is_good = true;

	wire_init(&arrival.wire, in, out);
	while (is_good && arrived < left) {
		size_t part = left - arrived < step ? left - arrived : step;

		if (pwrite(in, bytes + arrived, part, (off_t)arrived) !=
		    (ssize_t)part)
			abort();
		arrived += part;
		is_good = read_frames(&arrival);
	}
	if (is_good)
		claim(memchr(arrival.expected, '\n', arrival.size) == NULL);
	written = fuzz_written(out, &written_size);
	claim(written_size == (size_t)(arrival.expected - bytes));
	claim(memcmp(written, bytes, written_size) == 0);
	wire_free(&arrival.wire);
	return 0;
}
