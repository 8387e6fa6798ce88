/*
 * fuzz.h - what the fuzz targets share: claims that must hold of whatever was
 * accepted, and bytes in the place of a file.
 *
 * A target is one function that is handed bytes. It must not crash, leak or
 * run for long, and what it accepts must keep the promises of the module's
 * header: the claims say which.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <sys/mman.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process when it isn't so: then the fuzzer keeps the input. */
#define claim(truth)                                                     \
	do {                                                             \
		if (!(truth)) {                                          \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #truth);                       \
			abort();                                         \
		}                                                        \
	} while (0)

/* A file in memory, open at its start and only its owner's. */
static inline int
fuzz_file(const void *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    pwrite(fd, bytes, size, 0) != (ssize_t)size)
		abort();
	return fd;
}

/* Its path; the caller frees. */
static inline char *
fuzz_path(int fd)
{
	return xprintf("/proc/self/fd/%d", fd);
}

/* All that was written to a file; the caller frees. */
static inline char *
fuzz_written(int fd, size_t *ret_size)
{
	struct stat status;
	char *text;

	if (fstat(fd, &status) < 0)
		abort();
	*ret_size = (size_t)status.st_size;
	text = xcalloc(1, *ret_size + 1);
	if (pread(fd, text, *ret_size, 0) != (ssize_t)*ret_size)
		abort();
	return text;
}

/* True for one JSON text that the strict scanner takes. */
static inline bool
fuzz_is_json(const char *text, size_t size)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	return json_scan(&json, text, size, &err) == 0;
}

/* Splits off the part before the next byte of this value; false after the
 * last. */
static inline bool
fuzz_part(const char **part, size_t *part_size, const char **rest,
	  size_t *rest_size, char end)
{
	const char *at = *rest == NULL ? NULL : memchr(*rest, end, *rest_size);

	if (*rest == NULL)
		return false;
	*part = *rest;
	*part_size = at == NULL ? *rest_size : (size_t)(at - *rest);
	*rest = at == NULL ? NULL : at + 1;
	*rest_size -= *part_size + (at != NULL);
	return true;
}

#endif
