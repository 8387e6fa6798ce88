#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <time.h>

#include "pgmend.h"
#include "sandbox/filter.h"
#include "sandbox/image.h"
#include "sandbox/jail.h"
#include "sandbox/launch.h"
#include "sandbox/seal.h"

#define NAMESPACES                                                   \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Nobody outside: what escaped a root supervisor's jail owns no file. */
#define NOBODY 65534

/* The pipes and files of one start; closed at its end. */
struct plumbing {
	int input[2], output[2], errors[2], gate[2];
	int slots[POST_SLOTS]; /* the worker's ends */
	int filter;
};

const char *
jail_layer_name(enum jail_layer layer)
{
	static const char *const names[JAIL_LAYERS] = {
		[JAIL_SECCOMP] = "seccomp",
		[JAIL_NAMESPACES] = "namespaces",
		[JAIL_LANDLOCK] = "landlock",
		[JAIL_CGROUP] = "cgroup",
		[JAIL_ATTESTATION] = "attestation",
	};

	return names[layer];
}

static void
plumbing_cleanup(struct plumbing *plumbing)
{
	for (int end = 0; end < 2; end++) {
		close_descriptor(&plumbing->input[end]);
		close_descriptor(&plumbing->output[end]);
		close_descriptor(&plumbing->errors[end]);
		close_descriptor(&plumbing->gate[end]);
	}
	for (int i = 0; i < POST_SLOTS; i++)
		close_descriptor(&plumbing->slots[i]);
	close_descriptor(&plumbing->filter);
}
#define auto_plumbing __attribute__((cleanup(plumbing_cleanup)))

/* The worker's ends are remembered by their inodes: once it is started we
 * hold only ours, which have others. */
static int
pair_slots(struct jail *jail, struct plumbing *plumbing, int count,
	   struct error *err)
{
	for (int i = 0; i < count; i++) {
		struct stat st;
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) <
		    0)
			return fail(err, "socketpair: %s", strerror(errno));
		jail->slots[i] = ends[0];
		plumbing->slots[i] = ends[1];
		if (fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK) < 0 ||
		    fstat(ends[1], &st) < 0)
			return fail(err, "socketpair: %s", strerror(errno));
		jail->slot_inodes[i] = st.st_ino;
	}
	return 0;
}

static int
plumb(struct plumbing *plumbing, const struct filter *filter, struct error *err)
{
	if (pipe2(plumbing->input, O_CLOEXEC) < 0 ||
	    pipe2(plumbing->output, O_CLOEXEC) < 0 ||
	    pipe2(plumbing->errors, O_CLOEXEC) < 0 ||
	    pipe2(plumbing->gate, O_CLOEXEC) < 0)
		return fail(err, "pipe: %s", strerror(errno));
	return image_from_bytes(&plumbing->filter, filter->instructions,
				filter->count * sizeof(*filter->instructions),
				err);
}

int64_t
jail_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t
clone_worker(int *ret_pidfd, uint64_t namespaces)
{
	struct clone_args arguments = {
		.flags = namespaces | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* What containers answer when they won't have it: not a fault of ours. */
static bool
is_refusal(int reason)
{
	return reason == EPERM || reason == EACCES || reason == ENOSPC ||
	       reason == EUSERS || reason == ENOSYS || reason == EINVAL;
}

static int
write_map(int proc, const char *name, const char *text, struct error *err)
{
	auto_close int fd = openat(proc, name, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		return fail_as(err, EXIT_UNSAFE, "sandbox_namespaces",
			       "%s \"%s\": %s", name, text, strerror(errno));
	return 0;
}

/*
 * One id, and no other. A root supervisor's worker is nobody, inside and
 * outside. An ordinary user's is that user, and 0 inside: else the worker's
 * /proc belongs to the host's root once it isn't dumpable, and couldn't be
 * attested.
 */
static int
map_ids(const struct jail *jail, bool is_root, struct error *err)
{
	char uids[64];
	char gids[64];

	snprintf(uids, sizeof(uids), "%u %u 1", is_root ? NOBODY : 0,
		 jail->uid);
	snprintf(gids, sizeof(gids), "%u %u 1", is_root ? NOBODY : 0,
		 jail->gid);
	if (!is_root && write_map(jail->proc, "setgroups", "deny", err) < 0)
		return -1;
	if (write_map(jail->proc, "gid_map", gids, err) < 0)
		return -1;
	return write_map(jail->proc, "uid_map", uids, err);
}

/* Clones, with namespaces if the system grants them. Returns in the
 * supervisor only. */
static int
start(struct jail *jail, const struct plumbing *plumbing,
      const struct jail_program *program, struct error *err)
{
	struct launch launch = {
		.input = plumbing->input[0],
		.output = plumbing->output[1],
		.errors = plumbing->errors[1],
		.slots = plumbing->slots,
		.slot_count = program->slots,
		.filter = plumbing->filter,
		.image = jail->image,
		.gate = plumbing->gate[0],
		.name = program->name,
		.is_isolated = true,
		.is_root = geteuid() == 0,
	};

	jail->started_us = jail_now_us();
	jail->pid = clone_worker(&jail->pidfd, NAMESPACES);
	if (jail->pid < 0 && is_refusal(errno)) {
		jail->missing_namespaces = errno;
		launch.is_isolated = false;
		jail->pid = clone_worker(&jail->pidfd, 0);
	}
	if (jail->pid < 0)
		return fail(err, "clone3: %s", strerror(errno));
	if (jail->pid > 0)
		return 0;

	launch.uid = launch.is_root || !launch.is_isolated ? jail->uid : 0;
	launch.gid = launch.is_root || !launch.is_isolated ? jail->gid : 0;
	/* Else the worker would hold the gate open for itself. */
	close(plumbing->gate[1]);
	launch_worker(&launch);
}

/* Looks at the process that was just started, and lets it go on. */
static int
release(struct jail *jail, const struct plumbing *plumbing, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", jail->pid);
	jail->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (jail->proc < 0)
		return fail(err, "%s: %s", path, strerror(errno));
	if (jail->missing_namespaces == 0 &&
	    map_ids(jail, geteuid() == 0, err) < 0)
		return -1;
	if (write(plumbing->gate[1], "", 1) != 1)
		return fail(err, "gate: %s", strerror(errno));
	return 0;
}

static int
spawn(struct jail *jail, const struct jail_program *program, struct error *err)
{
	auto_plumbing struct plumbing plumbing = {
		.input = {-1, -1},
		.output = {-1, -1},
		.errors = {-1, -1},
		.gate = {-1, -1},
		.slots = {-1, -1, -1, -1},
		.filter = -1,
	};

	jail->profile = seal_profile(program->slots);
	if (jail->profile == NULL)
		return fail(err, "no worker has %d slots", program->slots);
	if (image_load(&jail->image, program->path, err) < 0 ||
	    plumb(&plumbing, program->filter, err) < 0 ||
	    pair_slots(jail, &plumbing, program->slots, err) < 0 ||
	    start(jail, &plumbing, program, err) < 0 ||
	    release(jail, &plumbing, err) < 0)
		return -1;
	jail->to_worker = take_fd(plumbing.input[1]);
	jail->from_worker = take_fd(plumbing.output[0]);
	jail->errors = take_fd(plumbing.errors[0]);
	return 0;
}

int
jail_spawn(struct jail *ret_jail, const struct jail_program *program,
	   struct error *err)
{
	bool is_root = geteuid() == 0;
	struct jail jail = NO_JAIL;

	jail.uid = is_root ? NOBODY : geteuid();
	jail.gid = is_root ? NOBODY : getegid();
	if (spawn(&jail, program, err) < 0) {
		jail_end(&jail);
		if (err->reason != EXIT_UNSAFE)
			err->code = "sandbox_start";
		err->reason = EXIT_UNSAFE;
		return fail_in(err, "start %s", program->name);
	}
	*ret_jail = jail;
	return 0;
}

/* Nothing is waited for when the kill is refused: the worker gets the end of
 * its input, and the supervisor's own end takes it along. */
void
jail_end(struct jail *jail)
{
	siginfo_t info;

	if (jail->pid > 0 &&
	    syscall(SYS_pidfd_send_signal, jail->pidfd, SIGKILL, NULL, 0) == 0)
		while (waitid(P_PIDFD, (id_t)jail->pidfd, &info, WEXITED) < 0 &&
		       errno == EINTR)
			continue;
	close_descriptor(&jail->pidfd);
	close_descriptor(&jail->proc);
	close_descriptor(&jail->to_worker);
	close_descriptor(&jail->from_worker);
	close_descriptor(&jail->errors);
	close_descriptor(&jail->image);
	for (int i = 0; i < POST_SLOTS; i++)
		close_descriptor(&jail->slots[i]);
	*jail = (struct jail)NO_JAIL;
}
