#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "sandbox/capability.h"
#include "sandbox/confine.h"
#include "sandbox/launch.h"
#include "sandbox/post.h"
#include "sandbox/seal.h"

/* Streams, slots, filter, image, gate. */
#define DESCRIPTORS_MAX (3 + POST_SLOTS + 3)

/* Where things are from place_descriptors() on. */
struct places {
	int count;
	int image, gate;
};

/* The kernel's own record, all zero: SIG_DFL without flags. */
struct kernel_sigaction {
	unsigned long words[4];
};

/* First out of the way, then into place: a supervisor that was started with
 * its standard streams closed holds other things in those slots. */
static int
place_descriptors(const struct launch *launch, const struct places *places,
		  struct error *err)
{
	int from[DESCRIPTORS_MAX] = {launch->input, launch->output,
				     launch->errors};
	int aside[DESCRIPTORS_MAX];

	for (int i = 0; i < launch->slot_count; i++)
		from[3 + i] = launch->slots[i];
	from[places->image - 1] = launch->filter;
	from[places->image] = launch->image;
	from[places->gate] = launch->gate;
	for (int i = 0; i < places->count; i++) {
		aside[i] = fcntl(from[i], F_DUPFD_CLOEXEC, places->count);
		if (aside[i] < 0)
			return fail(err, "descriptor %d: %s", i,
				    strerror(errno));
	}
	for (int i = 0; i < places->count; i++)
		if (dup3(aside[i], i, i >= places->image ? O_CLOEXEC : 0) < 0)
			return fail(err, "descriptor %d: %s", i,
				    strerror(errno));
	if (syscall(SYS_close_range, places->count, ~0U, 0) < 0)
		return fail(err, "close_range: %s", strerror(errno));
	return 0;
}

static int
wait_for_ids(const struct places *places, struct error *err)
{
	char byte;

	if (read(places->gate, &byte, 1) != 1)
		return fail(err, "the supervisor gave up");
	return 0;
}

static int
take_ids(const struct launch *launch, struct error *err)
{
	if (launch->is_root && setgroups(0, NULL) < 0)
		return fail(err, "groups: %s", strerror(errno));
	if (setresgid(launch->gid, launch->gid, launch->gid) < 0)
		return fail(err, "gid: %s", strerror(errno));
	if (setresuid(launch->uid, launch->uid, launch->uid) < 0)
		return fail(err, "uid: %s", strerror(errno));
	return 0;
}

/* No namespace below this one. Containers mount /proc/sys read-only; then the
 * filter alone stands in the way, as it does anyway. */
static int
forbid_nesting(struct error *err)
{
	auto_close int fd = open("/proc/sys/user/max_user_namespaces",
				 O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == EROFS)
		return 0;
	if (fd < 0 || write(fd, "0", 1) != 1)
		return fail(err, "max_user_namespaces: %s", strerror(errno));
	return 0;
}

/* Every disposition to its default: CLONE_CLEAR_SIGHAND leaves what is
 * ignored, and the C library won't touch its own two signals. */
static void
forget_signals(void)
{
	struct kernel_sigaction defaults = {{0}};
	sigset_t none;

	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, &defaults, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A session, without a terminal, and a keyring of its own. */
static int
leave_session(struct error *err)
{
	if (setsid() < 0)
		return fail(err, "session: %s", strerror(errno));
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS)
		return fail(err, "keyring: %s", strerror(errno));
	return 0;
}

static int
prepare(const struct launch *launch, const struct places *places,
	struct error *err)
{
	if (place_descriptors(launch, places, err) < 0 ||
	    wait_for_ids(places, err) < 0)
		return -1;
	forget_signals();
	if (take_ids(launch, err) < 0 || leave_session(err) < 0)
		return -1;
	if (launch->is_isolated &&
	    (forbid_nesting(err) < 0 || capability_keep_for_seal(err) < 0))
		return -1;
	if (confine_privileges(err) < 0)
		return -1;
	/* After the last change of credentials, which would clear it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail(err, "parent death signal: %s", strerror(errno));
	return 0;
}

_Noreturn void
launch_worker(const struct launch *launch)
{
	struct error err = NO_ERROR;
	char *const arguments[] = {(char *)launch->name, NULL};
	char *const environment[] = {NULL};
	const struct places places = {
		.image = 3 + launch->slot_count + 1,
		.gate = 3 + launch->slot_count + 2,
		.count = 3 + launch->slot_count + 3,
	};

	if (prepare(launch, &places, &err) == 0) {
		syscall(SYS_execveat, places.image, "", arguments, environment,
			AT_EMPTY_PATH);
		fail(&err, "exec: %s", strerror(errno));
	}
	err.code = launch->is_isolated ? "sandbox_namespaces" : "sandbox_seal";
	seal_report_failure(1, &err);
	_exit(1);
}
