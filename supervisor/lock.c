#include <linux/filter.h>
#include <sys/resource.h>

#include "pgmend.h"
#include "sandbox/capability.h"
#include "sandbox/confine.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"
#include "supervisor/lock.h"

static void
filter_cleanup(struct filter *filter)
{
	filter_free(filter);
}
#define auto_filter __attribute__((cleanup(filter_cleanup)))

/* No core of a process that knows secrets. The size of files stays open:
 * standard output may be one. */
static int
lower_limits(struct error *err)
{
	if (confine_limit(RLIMIT_NPROC, 0, err) < 0)
		return -1;
	return confine_limit(RLIMIT_CORE, 0, err);
}

static int
restrict_files(const struct lock_terms *terms, struct error *err)
{
	struct landlock_terms landlock = {
		.read_paths = terms->read_paths,
		.tcp_ports = terms->tcp_ports,
		.may_signal = true, /* to end its workers */
	};

	if (terms->may_lack_landlock && landlock_abi() == 0)
		return 0;
	return landlock_restrict(&landlock, err);
}

/* The first step is a prctl(), which the filter answers: so a second lock
 * fails instead of dying. The filter comes last, without the calls that the
 * others need. */
static int
lock(const struct lock_terms *terms, struct error *err)
{
	auto_filter struct filter filter = {0};
	bool is_mdwe;

	if (confine_privileges(err) < 0 ||
	    filter_compile(&filter, FILTER_SUPERVISOR, err) < 0 ||
	    restrict_files(terms, err) < 0 || capability_drop_all(err) < 0 ||
	    confine_memory(&is_mdwe, err) < 0 || lower_limits(err) < 0)
		return -1;
	return confine_calls(&filter, err);
}

int
lock_self(const struct lock_terms *terms, struct error *err)
{
	if (lock(terms, err) == 0)
		return 0;
	err->reason = EXIT_UNSAFE;
	err->code = "sandbox_lock";
	return fail_in(err, "lock itself");
}
