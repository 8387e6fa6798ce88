#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "pgmend.h"
#include "policy/stack.h"

struct call {
	void (*work)(void *);
	void *argument;
};

/* makecontext() hands over ints only, so the pointer comes in two halves. */
static void
enter(unsigned high, unsigned low)
{
	uintptr_t address = ((uintptr_t)high << 32) | low;
	const struct call *call = (const struct call *)address;

	call->work(call->argument);
}

bool
stack_call(size_t size, void (*work)(void *), void *argument)
{
	struct call call = {.work = work, .argument = argument};
	uintptr_t address = (uintptr_t)&call;
	ucontext_t here, there;
	bool called = false;
	char *stack;

	stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		     -1, 0);
	if (stack == MAP_FAILED)
		return false;
	/* An overflow must fault, never write into a neighbour. */
	if (mprotect(stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) == 0 &&
	    getcontext(&there) == 0) {
		there.uc_stack.ss_sp = stack;
		there.uc_stack.ss_size = size;
		there.uc_link = &here;
		makecontext(&there, (void (*)(void))enter, 2,
			    (unsigned)(address >> 32), (unsigned)address);
		called = swapcontext(&here, &there) == 0;
	}
	munmap(stack, size);
	return called;
}
