/*
 * older.h - an older kernel, for the files that are included here: Landlock of
 * ABI `older_abi` and no MDWE. What such a kernel doesn't know it refuses, as
 * it would: a longer ruleset, a right that was invented later.
 */
#ifndef TESTS_ADVERSARY_OLDER_H
#define TESTS_ADVERSARY_OLDER_H

#include <errno.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OLDER_RIGHTS ((1ULL << 14) - 1) /* of ABI 2 */
#define OLDER_RULESET_SIZE 8
#define OLDER_SET_MDWE 65

static int older_abi = 2;

static long
older_refuses(int reason)
{
	errno = reason;
	return -1;
}

static long
older_syscall(long number, ...)
{
	long with[4];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 4; i++)
		with[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number != SYS_landlock_create_ruleset)
		return syscall(number, with[0], with[1], with[2], with[3]);
	if ((int)with[2] == LANDLOCK_CREATE_RULESET_VERSION)
		return older_abi;
	if (with[1] > OLDER_RULESET_SIZE)
		return older_refuses(E2BIG);
	if (*(const uint64_t *)with[0] & ~OLDER_RIGHTS)
		return older_refuses(EINVAL);
	return syscall(number, with[0], with[1], 0);
}

static int
older_prctl(int option, unsigned long argument, unsigned long third,
	    unsigned long fourth, unsigned long fifth)
{
	if (option == OLDER_SET_MDWE)
		return (int)older_refuses(EINVAL);
	return prctl(option, argument, third, fourth, fifth);
}

#define syscall older_syscall
#define prctl older_prctl
#include "sandbox/confine.c"
#include "sandbox/landlock.c"
#undef syscall
#undef prctl

#endif
