#include <pthread.h>
#include <signal.h>

#include "sandbox/wire.h"
#include "tests/test.h"

/* A pipe whose far end says what each test wants. */
struct peer {
	int to, from;
	struct wire wire;
	struct error err;
};

static void
peer_open(struct peer *peer)
{
	int ends[2];

	if (pipe(ends) < 0)
		abort();
	*peer = (struct peer){.to = ends[1], .from = ends[0], .err = NO_ERROR};
	wire_init(&peer->wire, peer->from, -1);
}

static void
peer_close(struct peer *peer)
{
	close(peer->from);
	if (peer->to >= 0)
		close(peer->to);
	wire_free(&peer->wire);
}

static void
peer_hang_up(struct peer *peer)
{
	close(take_fd(peer->to));
}

static void
peer_say(struct peer *peer, const char *bytes, size_t size)
{
	if (write(peer->to, bytes, size) != (ssize_t)size)
		abort();
}

/* The next frame, or the reason code of the failure, or "end". */
static const char *
next(struct peer *peer)
{
	const char *frame = NULL;
	size_t size = 0;

	if (wire_read(&peer->wire, WIRE_NO_DEADLINE, &frame, &size,
		      &peer->err) < 0)
		return peer->err.code;
	return frame == NULL ? "end" : frame;
}

static void
reads_frames(void)
{
	struct peer peer;

	peer_open(&peer);
	peer_say(&peer, "one\n\ntwo\nth", 11);
	test_text("reads a frame", next(&peer), "one");
	test_text("reads an empty frame", next(&peer), "");
	test_text("reads the next frame of the same bytes", next(&peer), "two");
	peer_say(&peer, "ree\n", 4);
	test_text("joins the pieces of a frame", next(&peer), "three");
	peer_hang_up(&peer);
	test_text("takes the end of file between frames", next(&peer), "end");
	test_text("takes it again", next(&peer), "end");
	peer_close(&peer);
}

static void
refuses_torn_frame(void)
{
	struct peer peer;

	peer_open(&peer);
	peer_say(&peer, "whole\nhalf", 10);
	peer_hang_up(&peer);
	test_text("reads what came before a torn frame", next(&peer), "whole");
	test_text("refuses a torn frame", next(&peer), "frame_torn");
	test("blames the peer for it", peer.err.reason == EXIT_REFUSED);
	peer_close(&peer);
}

static void
refuses_what_is_no_text(void)
{
	struct peer peer;

	peer_open(&peer);
	peer_say(&peer, "a\xff\n", 3);
	test_text("refuses invalid UTF-8", next(&peer), "frame_encoding");
	peer_close(&peer);

	peer_open(&peer);
	peer_say(&peer, "a\0b\n", 4);
	test_text("refuses NUL in a frame", next(&peer), "frame_encoding");
	peer_close(&peer);
}

/* A thread that writes `size` letters, and a line feed when `is_ended`. */
struct flood {
	int fd;
	size_t size;
	bool is_ended;
};

static void *
flood_write(void *argument)
{
	const struct flood *flood = argument;
	char letters[4096];
	size_t left = flood->size;

	memset(letters, 'a', sizeof(letters));
	while (left > 0) {
		size_t chunk = left < sizeof(letters) ? left : sizeof(letters);
		ssize_t written = write(flood->fd, letters, chunk);

		if (written < 0)
			break;
		left -= (size_t)written;
	}
	if (flood->is_ended)
		left = (size_t)write(flood->fd, "\n", 1);
	close(flood->fd);
	return NULL;
}

static void
reads_a_full_frame(void)
{
	struct peer peer;
	struct flood flood = {.size = WIRE_FRAME_MAX, .is_ended = true};
	pthread_t thread;
	const char *frame = NULL;
	size_t size = 0;

	peer_open(&peer);
	flood.fd = take_fd(peer.to);
	pthread_create(&thread, NULL, flood_write, &flood);
	test("reads a frame of exactly the limit",
	     wire_read(&peer.wire, WIRE_NO_DEADLINE, &frame, &size,
		       &peer.err) == 0 &&
		     size == WIRE_FRAME_MAX && strlen(frame) == size);
	test_text("and the end after it", next(&peer), "end");
	pthread_join(thread, NULL);
	peer_close(&peer);
}

static void
refuses_a_longer_frame(void)
{
	struct peer peer;
	struct flood flood = {.size = WIRE_FRAME_MAX + 1, .is_ended = true};
	pthread_t thread;

	peer_open(&peer);
	flood.fd = take_fd(peer.to);
	pthread_create(&thread, NULL, flood_write, &flood);
	test_text("refuses a frame of one byte more", next(&peer),
		  "frame_too_long");
	close(peer.from);
	peer.from = -1;
	pthread_join(thread, NULL);
	wire_free(&peer.wire);
}

static void
refuses_a_flood(void)
{
	struct peer peer;
	const char *answer = "";
	size_t frames = 0;

	peer_open(&peer);
	peer.wire.received = WIRE_TOTAL_MAX - 10;
	while (strcmp(answer, "wire_flooded") != 0 && frames++ < 10) {
		peer_say(&peer, "abc\n", 4);
		answer = next(&peer);
	}
	test("refuses a flood at the limit of one run", frames == 3);
	peer_close(&peer);
}

static void
keeps_deadlines(void)
{
	struct peer peer;
	const char *frame = NULL;
	size_t size = 0;
	int64_t start = wire_now_ms();

	peer_open(&peer);
	peer_say(&peer, "no end of line", 14);
	test("ends a read at its deadline",
	     wire_read(&peer.wire, start + 50, &frame, &size, &peer.err) < 0 &&
		     same_text(peer.err.code, "worker_silent") &&
		     wire_now_ms() - start >= 50 &&
		     wire_now_ms() - start < 5000);
	peer_say(&peer, "\n", 1);
	test("reads before a deadline",
	     wire_read(&peer.wire, wire_now_ms() + 5000, &frame, &size,
		       &peer.err) == 0 &&
		     same_text(frame, "no end of line"));
	peer_close(&peer);
}

static void
writes_frames(void)
{
	struct peer peer;
	auto_free char *big = xcalloc(1, WIRE_FRAME_MAX + 2);
	char got[8] = "";

	peer_open(&peer);
	peer.wire.out = peer.to;
	test("writes a frame and its line feed",
	     wire_write(&peer.wire, wire_now_ms() + 5000, "one", 3,
			&peer.err) == 0 &&
		     read(peer.from, got, sizeof(got)) == 4 &&
		     memcmp(got, "one\n", 4) == 0);
	test("writes no frame that holds a line feed",
	     wire_write(&peer.wire, WIRE_NO_DEADLINE, "a\nb", 3, &peer.err) <
		     0);
	memset(big, 'a', WIRE_FRAME_MAX + 1);
	test("writes no frame beyond the limit",
	     wire_write(&peer.wire, WIRE_NO_DEADLINE, big, WIRE_FRAME_MAX + 1,
			&peer.err) < 0 &&
		     same_text(peer.err.code, "frame_too_long"));
	test("ends a write to a peer that doesn't read at its deadline",
	     wire_write(&peer.wire, wire_now_ms() + 50, big, WIRE_FRAME_MAX,
			&peer.err) < 0 &&
		     same_text(peer.err.code, "worker_silent"));
	peer_close(&peer);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	reads_frames();
	refuses_torn_frame();
	refuses_what_is_no_text();
	reads_a_full_frame();
	refuses_a_longer_frame();
	refuses_a_flood();
	keeps_deadlines();
	writes_frames();
	return test_end();
}
