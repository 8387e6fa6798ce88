/*
 * readback.h - the filter that a worker really installed, read back from the
 * kernel.
 *
 * Only a supervisor with CAP_SYS_ADMIN that has no filter of its own may, and
 * only where the kernel was built for it; elsewhere /proc has said that there
 * is exactly one filter, and the worker's image is the one that we copied.
 */
#ifndef SANDBOX_READBACK_H
#define SANDBOX_READBACK_H

#include <sys/types.h>

struct error;
struct filter;

/*
 * Stops the worker for a moment and compares its program byte by byte with
 * what it was handed. 0 too when the kernel won't tell; the worker goes on in
 * any case.
 */
int readback_compare(pid_t pid, const struct filter *filter, struct error *err);

#endif
