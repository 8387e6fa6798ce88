/*
 * probe.c - a worker that was taken over: seals itself, then tries the one
 * thing of probes.h that the start frame names, and reports what came of it.
 *
 * Started as "without:STEP,STEP" it leaves those steps of the seal out: so
 * attestation is tried against half-sealed workers, and the layers below the
 * filter are tried on their own. A name that starts with "courier" seals it as
 * the courier is sealed.
 */
/* Its steps one by one; the names that the linked seal.o has are moved away. */
#define seal whole_seal
#define seal_courier whole_seal_of_courier
#define seal_profile profile_of
#define seal_report_failure report_failure
#include "sandbox/seal.c"

#include "tests/adversary/probes.h"

#define COURIER "courier"
#define WITHOUT "without:"
#define MANY 100000

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

static int
seal_partly(const char *name, struct error *err)
{
	bool is_courier = strncmp(name, COURIER, strlen(COURIER)) == 0;
	struct sealing sealing = {
		.profile = profile_of(is_courier ? POST_SLOTS : 0),
		.dumpable = 1,
	};

	mislay_slots(name);
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
	struct error err = NO_ERROR;
	char outcome[32] = "unknown probe";
	struct wire wire;
	const char *name;
	size_t size;

	if (seal_partly(argv[0], &err) < 0)
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
