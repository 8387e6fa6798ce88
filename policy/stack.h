/*
 * stack.h - runs a function on a large stack of its own.
 *
 * Not a thread: the supervisor forbids clone once it has locked itself. The
 * stack is mapped for the call, with a guard page below, and unmapped after it.
 */
#ifndef POLICY_STACK_H
#define POLICY_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* False when the memory can't be had; then nothing ran. */
bool stack_call(size_t size, void (*work)(void *), void *argument);

#endif
