/*
 * probe.c - a worker that was taken over: seals itself, then tries the one
 * thing of probes.h that the start frame names, and reports what came of it.
 *
 * Started as "without:STEP,STEP" it leaves those steps of the seal out: so
 * attestation is tried against half-sealed workers, and the layers below the
 * filter are tried on their own. A name that starts with "courier" seals it as
 * the courier is sealed; "courier:tcp" first takes a TCP socket, which the test
 * passes through the first slot, in the place of that slot; "lie:NAME" is one
 * of lies.h. Where it stands in for the agent itself, its name is the line
 * behind "#SCRIPT" (script.h).
 */
/* Its steps one by one; the names that the linked seal.o has are moved away. */
#define seal whole_seal
#define seal_courier whole_seal_of_courier
#define seal_profile profile_of
#define seal_report_failure report_failure
#include "sandbox/seal.c"

#include <netinet/in.h>

#include "tests/adversary/lies.h"
#include "tests/adversary/probes.h"
#include "tests/adversary/script.h"

#define COURIER "courier"
#define WITHOUT "without:"
#define MANY 100000
/* Whoever spins is not waited for as long as the seal would let him. */
#define SPIN_SECONDS 2

/* True when the list of steps after the colon holds this one. */
static bool
is_left_out(const char *name, const char *step)
{
	const char *at = strstr(name, WITHOUT);
	size_t length = strlen(step);

	if (at != NULL)
		at += strlen(WITHOUT);
	for (; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, step, length) == 0 &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* A courier whose slots aren't where they were put. */
static void
mislay_slots(const char *name)
{
	int first = POST_SLOT_DESCRIPTOR;

	if (strcmp(name, COURIER ":lacks a slot") == 0)
		close(first);
	if (strcmp(name, COURIER ":swaps slots") == 0)
		dup2(first, first + 1);
}

/* Whom the TCP socket in the first slot's place is connected to. */
static struct sockaddr_in peer;

/* Receives a socket that no worker is ever given, and puts it into the slot. */
static void
take_tcp_socket(void)
{
	int slot = POST_SLOT_DESCRIPTOR;
	char byte;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	socklen_t size = sizeof(peer);
	int fd;

	if (recvmsg(slot, &message, 0) != 1 || CMSG_FIRSTHDR(&message) == NULL)
		return;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	dup2(fd, slot);
	close(fd);
	getpeername(slot, (struct sockaddr *)&peer, &size);
}

static int
seal_partly(const char *name, struct error *err)
{
	bool is_courier = strncmp(name, COURIER, strlen(COURIER)) == 0;
	struct sealing sealing = {
		.profile = profile_of(is_courier ? POST_SLOTS : 0),
		.dumpable = 1,
	};

	mislay_slots(name);
	if (strncmp(name, COURIER ":tcp", strlen(COURIER ":tcp")) == 0)
		take_tcp_socket();
	lie_tell(name, sealing.profile->descriptors);
	if (confine_limit(RLIMIT_CPU, SPIN_SECONDS, err) < 0)
		return -1;
	for (size_t i = 0; i < array_size(steps); i++)
		if (!is_left_out(name, steps[i].name) &&
		    steps[i].apply(&sealing, err) < 0) {
			err->code = steps[i].code;
			report_failure(WIRE_OUT, err);
			return -1;
		}
	return say_ready(&sealing, err);
}

static long
call_by_interrupt(long number, long argument)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(argument), "c"(0), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static void
execute_stack(void)
{
	volatile unsigned char code[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xc3};

	((void (*)(void))(uintptr_t)code)();
}

static void
write_to(uintptr_t address)
{
	__asm__ volatile("movb $0, (%0)" : : "r"(address) : "memory");
}

static long
write_often(void)
{
	for (int i = 0; i < MANY; i++)
		if (write(WIRE_OUT, "", 0) < 0)
			return -1;
	return 0;
}

static void
drip(void)
{
	while (write(WIRE_OUT, "x", 1) == 1)
		poll(NULL, 0, 1000);
}

static void
flood(void)
{
	while (write(WIRE_OUT, scratch, sizeof(scratch)) > 0)
		continue;
}

/* Leaves the peer that was chosen for it, and dials again on its own. */
static long
dial_again(bool by_fast_open)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (connect(POST_SLOT_DESCRIPTOR, &none, sizeof(none)) < 0 &&
	    !by_fast_open)
		return -1;
	if (!by_fast_open)
		return connect(POST_SLOT_DESCRIPTOR, (struct sockaddr *)&peer,
			       sizeof(peer));
	return sendto(POST_SLOT_DESCRIPTOR, "x", 1, MSG_FASTOPEN,
		      (struct sockaddr *)&peer, sizeof(peer));
}

static long
perform_special(enum special special)
{
	struct timespec now;
	void *volatile memory; /* else the compiler answers for malloc */

	switch (special) {
	case SPECIAL_MALLOC:
		memory = malloc(256UL << 20);
		return memory == NULL ? -1 : 0;
	case SPECIAL_ABORT:
		abort();
	case SPECIAL_EXECUTE_STACK:
		execute_stack();
		return 0;
	case SPECIAL_WRITE_TEXT:
		write_to((uintptr_t)write_often);
		return 0;
	case SPECIAL_WRITE_NULL:
		write_to(0);
		return 0;
	case SPECIAL_MANY_WRITES:
		return write_often();
	case SPECIAL_CLOCK:
		return clock_gettime(CLOCK_REALTIME, &now);
	case SPECIAL_INT80_GETPID:
		return call_by_interrupt(20, 0);
	case SPECIAL_INT80_EXECVE:
		return call_by_interrupt(11, 0);
	case SPECIAL_SYSENTER:
		__asm__ volatile("sysenter" : : "a"(20) : "memory");
		return 0;
	case SPECIAL_VSYSCALL:
		return ((long (*)(long *))0xffffffffff600400)(NULL);
	case SPECIAL_HALF_FRAME:
		_exit(write(WIRE_OUT, "half", 4) == 4 ? 0 : 1);
	case SPECIAL_RECONNECT:
		return dial_again(false);
	case SPECIAL_FAST_OPEN:
		return dial_again(true);
	case SPECIAL_FLOOD:
		flood();
		return 0;
	case SPECIAL_DRIP:
		drip();
		return 0;
	case SPECIAL_SPIN:
		for (;;)
			__asm__ volatile("pause");
	case SPECIAL_NONE:
		break;
	}
	return 0;
}

/* "S", or "E" and the errno; the worst outcomes report themselves. */
static void
perform(const struct probe *probe, char *ret_outcome, size_t size)
{
	const long *with = probe->arguments;
	long result;

	errno = 0;
	if (probe->special != SPECIAL_NONE)
		result = perform_special(probe->special);
	else
		result = syscall(probe->number, with[0], with[1], with[2],
				 with[3], with[4], with[5]);
	if (result < 0)
		snprintf(ret_outcome, size, "E%d", errno);
	else
		snprintf(ret_outcome, size, "S");
}

int
main(int argc, char **argv)
{
	auto_free char *script = script_read();
	struct error err = NO_ERROR;
	char outcome[32] = "unknown probe";
	struct wire wire;
	const char *name;
	size_t size;

	if (seal_partly(script[0] == '\0' ? argv[0] : script, &err) < 0)
		return 1;
	wire_init(&wire, WIRE_IN, WIRE_OUT);
	if (wire_read(&wire, WIRE_NO_DEADLINE, &name, &size, &err) < 0 ||
	    name == NULL)
		return 1;
	for (size_t i = 0; i < array_size(probes); i++)
		if (strcmp(probes[i].name, name) == 0)
			perform(&probes[i], outcome, sizeof(outcome));
	return wire_write(&wire, WIRE_NO_DEADLINE, outcome, strlen(outcome),
			  &err) < 0;
}
