/*
 * test_relay.c - slots are dialled when they speak, once; bytes pass in order
 * and in bounds; a side that is gone is told of to the other.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>

#include "tests/test.h"
#include "supervisor/relay.h"

#define ROUNDS_MAX 2000

/* A relay between our own ends of the slots and a listener of ours. */
struct scene {
	struct relay relay;
	struct relay_target target;
	int ends[POST_SLOTS];
	int listener;
	struct error err;
};

static void
set_up(struct scene *scene, bool is_listening)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int slots[POST_SLOTS];

	*scene = (struct scene){.err = NO_ERROR};
	scene->listener =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(scene->listener, (struct sockaddr *)&address, size) < 0 ||
	    (is_listening && listen(scene->listener, 8) < 0) ||
	    getsockname(scene->listener, (struct sockaddr *)&address, &size) <
		    0)
		test("a listener is there", false);
	memcpy(&scene->target.address, &address, size);
	scene->target.size = size;
	for (int i = 0; i < POST_SLOTS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX,
			       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			       pair) < 0)
			test("a socket pair is there", false);
		slots[i] = pair[0];
		scene->ends[i] = pair[1];
	}
	relay_init(&scene->relay, slots, &scene->target);
	for (int i = 0; i < POST_SLOTS; i++)
		if (slots[i] != -1)
			test("the slots are taken", false);
}

static void
tear_down(struct scene *scene)
{
	relay_free(&scene->relay);
	close_descriptor(&scene->listener);
	for (int i = 0; i < POST_SLOTS; i++)
		close_descriptor(&scene->ends[i]);
}

/* One turn; false when nothing happened for a while, or the relay failed. */
static bool
turn(struct scene *scene)
{
	struct pollfd polls[RELAY_POLLS_MAX];
	int count = relay_prepare(&scene->relay, polls);

	return count <= RELAY_POLLS_MAX && poll(polls, (nfds_t)count, 30) > 0 &&
	       relay_step(&scene->relay, polls, count, &scene->err) == 0;
}

static void
settle(struct scene *scene)
{
	for (int i = 0; i < ROUNDS_MAX && turn(scene); i++)
		continue;
}

/* Takes the relay's call; -1 when it hasn't made any. */
static int
answer_call(struct scene *scene)
{
	return accept4(scene->listener, NULL, NULL,
		       SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static const char *
hear(int fd)
{
	static char text[64];
	ssize_t size = recv(fd, text, sizeof(text) - 1, 0);

	if (size < 0)
		return "nothing";
	text[size] = '\0';
	return size == 0 ? "the end" : text;
}

static void
say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		printf("# send: %s\n", strerror(errno));
}

static void
test_passing(void)
{
	struct scene scene;
	auto_close int outside = -1;
	auto_close int second = -1;

	set_up(&scene, true);
	settle(&scene);
	outside = answer_call(&scene);
	test("nobody is dialled before the first byte", outside < 0);
	say(scene.ends[1], "hello");
	settle(&scene);
	outside = answer_call(&scene);
	test_text("what a slot says arrives", hear(outside), "hello");
	say(outside, "well met");
	settle(&scene);
	test_text("what is answered comes back", hear(scene.ends[1]),
		  "well met");
	test_text("and to no other slot", hear(scene.ends[0]), "nothing");
	second = answer_call(&scene);
	test("one slot is one connection", second < 0);

	say(outside, "farewell");
	shutdown(outside, SHUT_RDWR);
	settle(&scene);
	test_text("the last words arrive", hear(scene.ends[1]), "farewell");
	test_text("and then the end", hear(scene.ends[1]), "the end");
	say(scene.ends[1], "again");
	settle(&scene);
	second = answer_call(&scene);
	test("a spent slot isn't dialled again", second < 0);
	say(scene.ends[2], "next");
	settle(&scene);
	second = answer_call(&scene);
	test_text("the next slot is", hear(second), "next");
	shutdown(scene.ends[2], SHUT_RDWR);
	settle(&scene);
	test_text("a slot that is closed closes its connection", hear(second),
		  "the end");
	tear_down(&scene);
}

static void
test_refused(void)
{
	struct scene scene;

	set_up(&scene, false);
	say(scene.ends[0], "hello");
	settle(&scene);
	test_text("who can't be reached is the end", hear(scene.ends[0]),
		  "the end");
	test("and no error", scene.err.text[0] == '\0');
	tear_down(&scene);
}

/* Fills a side while nobody reads the other; returns the bytes taken. */
static size_t
fill(struct scene *scene, int fd)
{
	static char bytes[RELAY_BUFFER];
	size_t taken = 0;
	ssize_t size = 1;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		size = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		taken += size > 0 ? (size_t)size : 0;
		if (!turn(scene) && size < 0)
			break;
	}
	return taken;
}

static size_t
drain(struct scene *scene, int fd)
{
	static char bytes[RELAY_BUFFER];
	size_t got = 0;

	for (int idle = 0; idle < 3;) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);

		got += size > 0 ? (size_t)size : 0;
		idle = size > 0 ? 0 : idle + 1;
		turn(scene);
	}
	return got;
}

static void
test_bounds(void)
{
	struct scene scene;
	auto_close int outside = -1;
	size_t sent;

	set_up(&scene, true);
	say(scene.ends[0], "x");
	settle(&scene);
	outside = answer_call(&scene);
	hear(outside);
	sent = fill(&scene, outside);
	test("who isn't read isn't read from",
	     scene.relay.slots[0].down_used <= RELAY_BUFFER &&
		     sent < RELAY_TOTAL_MAX);
	test("nothing of it is lost", drain(&scene, scene.ends[0]) == sent);
	sent = fill(&scene, scene.ends[0]);
	test("nor in the other direction", drain(&scene, outside) == sent);
	tear_down(&scene);
}

static void
test_flood(void)
{
	struct scene scene;

	set_up(&scene, true);
	scene.relay.total = RELAY_TOTAL_MAX - 3;
	say(scene.ends[0], "1234");
	settle(&scene);
	test_text("a flood is refused", scene.err.code, "courier_flooded");
	test("and ends the run", scene.err.reason == EXIT_REFUSED);
	tear_down(&scene);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_passing();
	test_refused();
	test_bounds();
	test_flood();
	return test_end();
}
