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

/* Where things are from place_descriptors() on: behind the streams and slots,
 * in this order. */
enum behind { FILTER, IMAGE, GATE, BEHIND };

static int
place_of(const struct launch *launch, enum behind behind)
{
	return 3 + launch->slot_count + (int)behind;
}

/* The kernel's own record, all zero: SIG_DFL without flags. */
struct kernel_sigaction {
	unsigned long words[4];
};

/* First out of the way, then into place: a supervisor that was started with
 * its standard streams closed holds other things in those slots. */
static int
place_descriptors(const struct launch *launch, struct error *err)
{
	int from[DESCRIPTORS_MAX] = {launch->input, launch->output,
				     launch->errors};
	int aside[DESCRIPTORS_MAX];
	int count = place_of(launch, BEHIND);

	for (int i = 0; i < launch->slot_count; i++)
		from[3 + i] = launch->slots[i];
	from[place_of(launch, FILTER)] = launch->filter;
	from[place_of(launch, IMAGE)] = launch->image;
	from[place_of(launch, GATE)] = launch->gate;
	for (int i = 0; i < count; i++) {
		aside[i] = fcntl(from[i], F_DUPFD_CLOEXEC, count);
		if (aside[i] < 0)
			return fail(err, "descriptor %d: %s", i,
				    strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		bool ends = i >= place_of(launch, IMAGE);

		if (dup3(aside[i], i, ends ? O_CLOEXEC : 0) < 0)
			return fail(err, "descriptor %d: %s", i,
				    strerror(errno));
	}
	return 0;
}

/* Whatever else the supervisor holds, and whoever opened it. */
static int
close_others(const struct launch *launch, struct error *err)
{
	if (syscall(SYS_close_range, place_of(launch, BEHIND), ~0U, 0) < 0)
		return fail(err, "close_range: %s", strerror(errno));
	return 0;
}

static int
wait_for_maps(const struct launch *launch, struct error *err)
{
	char byte;

	if (read(place_of(launch, GATE), &byte, 1) != 1)
		return fail(err, "the supervisor gave up");
	return 0;
}

/* Every disposition to its default: CLONE_CLEAR_SIGHAND leaves what is
 * ignored, and the C library won't touch its own two signals. */
static int
forget_signals(const struct launch *launch, struct error *err)
{
	struct kernel_sigaction defaults = {{0}};
	sigset_t none;

	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, &defaults, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/* Only root's can be left, and only root's open anything that matters. */
static int
leave_groups(const struct launch *launch, struct error *err)
{
	if (launch->is_root && setgroups(0, NULL) < 0)
		return fail(err, "groups: %s", strerror(errno));
	return 0;
}

static int
take_ids(const struct launch *launch, struct error *err)
{
	if (setresgid(launch->gid, launch->gid, launch->gid) < 0)
		return fail(err, "gid: %s", strerror(errno));
	if (setresuid(launch->uid, launch->uid, launch->uid) < 0)
		return fail(err, "uid: %s", strerror(errno));
	return 0;
}

/* One of its own has no terminal. */
static int
leave_session(const struct launch *launch, struct error *err)
{
	if (setsid() < 0)
		return fail(err, "session: %s", strerror(errno));
	return 0;
}

static int
leave_keyring(const struct launch *launch, struct error *err)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS)
		return fail(err, "keyring: %s", strerror(errno));
	return 0;
}

/* No namespace below this one. Containers mount /proc/sys read-only; then the
 * filter alone stands in the way, as it does anyway. */
static int
forbid_nesting(const struct launch *launch, struct error *err)
{
	auto_close int fd = -1;

	if (!launch->is_isolated)
		return 0;
	fd = open(SEAL_NESTING, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == EROFS)
		return 0;
	if (fd < 0 || write(fd, "0", 1) != 1)
		return fail(err, SEAL_NESTING ": %s", strerror(errno));
	return 0;
}

static int
keep_capabilities(const struct launch *launch, struct error *err)
{
	return launch->is_isolated ? capability_keep_for_seal(err) : 0;
}

static int
gain_nothing(const struct launch *launch, struct error *err)
{
	return confine_privileges(err);
}

/* After the last change of credentials, which would clear it. */
static int
die_with_supervisor(const struct launch *launch, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail(err, "parent death signal: %s", strerror(errno));
	return 0;
}

/* Without an environment; returns only when it fails. */
static int
run_image(const struct launch *launch, struct error *err)
{
	char *const arguments[] = {(char *)launch->name, NULL};
	char *const environment[] = {NULL};

	syscall(SYS_execveat, place_of(launch, IMAGE), "", arguments,
		environment, AT_EMPTY_PATH);
	return fail(err, "exec: %s", strerror(errno));
}

/* In this order: what is closed was put into place before, ids are taken on
 * once they are mapped, and capabilities survive no later change of ids. */
static const struct {
	const char *name;
	int (*apply)(const struct launch *launch, struct error *err);
} launch_steps[] = {
	{"descriptors", place_descriptors},
	{"others", close_others},
	{"gate", wait_for_maps},
	{"signals", forget_signals},
	{"groups", leave_groups},
	{"ids", take_ids},
	{"session", leave_session},
	{"keyring", leave_keyring},
	{"nesting", forbid_nesting},
	{"capabilities", keep_capabilities},
	{"privileges", gain_nothing},
	{"death signal", die_with_supervisor},
	{"image", run_image},
};

_Noreturn void
launch_worker(const struct launch *launch)
{
	struct error err = NO_ERROR;

	for (size_t i = 0; i < array_size(launch_steps); i++)
		if (launch_steps[i].apply(launch, &err) < 0)
			break;
	err.code = launch->is_isolated ? "sandbox_namespaces" : "sandbox_seal";
	seal_report_failure(1, &err);
	_exit(1);
}
