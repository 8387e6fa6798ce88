#include <linux/securebits.h>
#include <sys/capability.h>

#include "pgmend.h"
#include "sandbox/capability.h"

/* What sealing needs: to mount and pivot, and to empty the bounding set. */
static const cap_value_t seal_needs[] = {CAP_SYS_ADMIN, CAP_SETPCAP};

static void
cap_cleanup(cap_t *set)
{
	cap_free(*set);
}
#define auto_cap __attribute__((cleanup(cap_cleanup)))

int
capability_keep_for_seal(struct error *err)
{
	auto_cap cap_t set = cap_init();
	int count = (int)array_size(seal_needs);

	if (set == NULL ||
	    cap_set_flag(set, CAP_PERMITTED, count, seal_needs, CAP_SET) < 0 ||
	    cap_set_flag(set, CAP_EFFECTIVE, count, seal_needs, CAP_SET) < 0 ||
	    cap_set_flag(set, CAP_INHERITABLE, count, seal_needs, CAP_SET) < 0)
		return fail(err, "capabilities: %s", strerror(errno));

	/* Else an inner uid of 0 would get every capability back at execve. */
	if (cap_set_secbits(SECBIT_NOROOT) < 0)
		return fail(err, "securebits: %s", strerror(errno));
	if (cap_set_proc(set) < 0)
		return fail(err, "capabilities: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		if (cap_set_ambient(seal_needs[i], CAP_SET) < 0)
			return fail(err, "ambient capabilities: %s",
				    strerror(errno));
	return 0;
}

/* Only the holder of CAP_SETPCAP may; for anybody else no_new_privs already
 * keeps the bounding set from meaning anything. */
static int
drop_bounding(struct error *err)
{
	auto_cap cap_t own = cap_get_proc();
	cap_flag_value_t may_drop = CAP_CLEAR;

	if (own == NULL ||
	    cap_get_flag(own, CAP_SETPCAP, CAP_EFFECTIVE, &may_drop) < 0)
		return fail(err, "capabilities: %s", strerror(errno));
	if (may_drop == CAP_CLEAR)
		return 0;
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (cap_drop_bound(value) < 0)
			return fail(err, "bounding set: %s", strerror(errno));
	return 0;
}

int
capability_drop_all(struct error *err)
{
	auto_cap cap_t none = cap_init();

	if (none == NULL)
		return fail(err, "capabilities: %s", strerror(errno));
	if (drop_bounding(err) < 0)
		return -1;
	if (cap_reset_ambient() < 0)
		return fail(err, "ambient capabilities: %s", strerror(errno));
	if (cap_set_proc(none) < 0)
		return fail(err, "capabilities: %s", strerror(errno));
	return 0;
}
