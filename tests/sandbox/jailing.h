/*
 * jailing.h - a worker of tests/adversary, spawned and attested.
 */
#ifndef TESTS_SANDBOX_JAILING_H
#define TESTS_SANDBOX_JAILING_H

#include <linux/filter.h>

#include "tests/identity.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"

#define DEADLINE_MS 5000

static inline int64_t
soon(int64_t milliseconds)
{
	return wire_now_ms() + milliseconds;
}

/* Workers with this name get the courier's slots and filter. */
static inline bool
is_courier(const char *name)
{
	return strncmp(name, "courier", 7) == 0;
}

/* Spawns a worker and attests it; -1 with the reason in `err`. */
static inline int
start_with(struct jail *ret_jail, const char *path, const char *name,
	   unsigned required, struct error *err)
{
	/* Who is to be silent needn't be waited for long. */
	int64_t patience_ms = strcmp(name, "silent") == 0 ? 100 : DEADLINE_MS;
	struct filter filter = {0};
	struct jail_program program = {
		.path = path,
		.name = name,
		.filter = &filter,
		.slots = is_courier(name) ? POST_SLOTS : 0,
	};
	int status = filter_compile(
		&filter, is_courier(name) ? FILTER_COURIER : FILTER_AGENT, err);

	*ret_jail = (struct jail)NO_JAIL;
	if (status == 0)
		status = jail_spawn(ret_jail, &program, err);
	if (status == 0)
		status = jail_attest(ret_jail, &filter, required,
				     soon(patience_ms), err);
	filter_free(&filter);
	return status;
}

static inline int
start(struct jail *ret_jail, const char *path, const char *name,
      struct error *err)
{
	return start_with(ret_jail, path, name, JAIL_REQUIRED_DEFAULT, err);
}

/* The reason code of a worker that must not be proven. */
static inline const char *
refusal(const char *path, const char *name)
{
	struct error err = NO_ERROR;
	struct jail jail;
	int status = start(&jail, path, name, &err);

	jail_end(&jail);
	if (status == 0)
		return "proven";
	printf("# %s\n", err.text);
	return err.reason == EXIT_UNSAFE ? err.code : "not EXIT_UNSAFE";
}

#endif
