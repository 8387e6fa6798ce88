/*
 * filter.h - the tables of allowed system calls, one per process, and the only
 * user of libseccomp.
 *
 * What a table doesn't list kills the process. Each row says why it is there.
 * The supervisor compiles the filters: a worker is handed its program ready
 * made, so that it links no libseccomp, and as root the supervisor reads the
 * installed program back and compares it byte by byte.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <stddef.h>
#include <stdio.h>

struct error;
struct sock_filter;

enum filter_profile {
	FILTER_AGENT,
	FILTER_COURIER,
	FILTER_SUPERVISOR,
	FILTER_PROFILES
};

/* A compiled program; filter_free() releases it. */
struct filter {
	struct sock_filter *instructions;
	unsigned short count;
};

int filter_compile(struct filter *ret_filter, enum filter_profile profile,
		   struct error *err);
void filter_free(struct filter *filter);

/* Number of distinct calls that the profile lets through or answers. */
size_t filter_calls(enum filter_profile profile);
/* Number of distinct calls among them that the kernel ever executes. */
size_t filter_calls_allowed(enum filter_profile profile);

/* Prints the table for people: call, arguments, what happens, why. */
void filter_print(FILE *out, enum filter_profile profile);

/* Name and version of the library, as "pgmend --version" prints it. */
void filter_write_version(FILE *out);

#endif
