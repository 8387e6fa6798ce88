/*
 * confine.h - what a worker and the supervisor both do to themselves.
 *
 * Each of these only takes away, and none can be undone.
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <stdbool.h>
#include <sys/resource.h>

struct error;
struct filter;

/* No program that is executed from now on gains anything by it. */
int confine_privileges(struct error *err);

/*
 * Not dumpable: no core file, no tracing by a neighbour of the same uid. MDWE:
 * no memory becomes executable later; ret_is_mdwe is false where the kernel is
 * too old for it.
 */
int confine_memory(bool *ret_is_mdwe, struct error *err);

/* Soft and hard limit; what is lower already stays. */
int confine_limit(int resource, rlim_t value, struct error *err);

/* Installs a compiled filter. Needs no_new_privs. */
int confine_calls(const struct filter *filter, struct error *err);

#endif
