#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "sandbox/confine.h"
#include "sandbox/filter.h"

/* Linux 6.3; older headers lack the names. */
#define SET_MDWE 65
#define MDWE_REFUSE_EXEC_GAIN 1UL

int
confine_privileges(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(err, "no_new_privs: %s", strerror(errno));
	return 0;
}

int
confine_memory(bool *ret_is_mdwe, struct error *err)
{
	int status;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(err, "dumpable: %s", strerror(errno));
	status = prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	if (status < 0 && errno != EINVAL)
		return fail(err, "mdwe: %s", strerror(errno));
	*ret_is_mdwe = status == 0;
	return 0;
}

int
confine_limit(int resource, rlim_t value, struct error *err)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return fail(err, "limit %d: %s", resource, strerror(errno));
	if (limit.rlim_max > value)
		limit.rlim_max = value;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit) < 0)
		return fail(err, "limit %d: %s", resource, strerror(errno));
	return 0;
}

int
confine_calls(const struct filter *filter, struct error *err)
{
	struct sock_fprog program = {
		.len = filter->count,
		.filter = filter->instructions,
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return fail(err, "seccomp: %s", strerror(errno));
	return 0;
}
