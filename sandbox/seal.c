#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "sandbox/confine.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"
#include "sandbox/post.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

#define STREAMS 3 /* descriptors 0, 1 and 2 */

static const struct seal_profile agent_profile = {
	/* A few frames, and the trees parsed from them. */
	.descriptors = STREAMS,
	.arena = 64UL << 20,
	.memory = 128UL << 20,
};

static const struct seal_profile courier_profile = {
	/* The same, and TLS; its libraries take up space. */
	.descriptors = STREAMS + POST_SLOTS,
	.arena = 96UL << 20,
	.memory = 256UL << 20,
	.keeps_secret = true,
};

/* What is to be sealed, what the steps find out for the READY frame, and the
 * filter to install. */
struct sealing {
	const struct seal_profile *profile;
	seal_warm_up *warm_up; /* NULL: no libraries to warm up */
	void *context;
	struct filter filter;
	int landlock; /* its ABI, 0 for none */
	bool is_mdwe;
	int dumpable;
	long keyring; /* of its session, -1 for none */
	bool may_nest;
};

const struct seal_profile *
seal_profile(int slots)
{
	if (slots == 0)
		return &agent_profile;
	return slots == POST_SLOTS ? &courier_profile : NULL;
}

/* The supervisor couldn't or needn't give us namespaces when we aren't the
 * first process of one; there is no root to change then. */
static bool
is_isolated(void)
{
	return getpid() == 1;
}

/* Reads the program now: later there is neither the memory nor the call. */
static int
take_filter(struct sealing *sealing, struct error *err)
{
	int fd = sealing->profile->descriptors; /* the one behind */
	struct stat status;
	size_t size;

	if (fstat(fd, &status) < 0)
		return fail(err, "filter: %s", strerror(errno));
	size = (size_t)status.st_size;
	if (size == 0 || size % sizeof(struct sock_filter) != 0 ||
	    size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return fail(err, "filter: %zu bytes", size);

	sealing->filter.count =
		(unsigned short)(size / sizeof(*sealing->filter.instructions));
	sealing->filter.instructions = xcalloc(1, size);
	if (pread(fd, sealing->filter.instructions, size, 0) != (ssize_t)size)
		return fail(err, "filter: short read");
	close(fd);
	return 0;
}

/* What the supervisor's half of the jail left to us; from outside neither can
 * be seen. */
static int
look_around(struct sealing *sealing, struct error *err)
{
	auto_close int fd = open(SEAL_NESTING, O_RDONLY | O_CLOEXEC);
	char first = '\0';

	sealing->keyring = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
				   KEY_SPEC_SESSION_KEYRING, 0);
	sealing->may_nest = fd < 0 || read(fd, &first, 1) != 1 || first != '0';
	return 0;
}

/* As much as the kernel lets us; what comes first is used first. */
static void
keep_out_of_swap(void *memory, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)memory + page - 1) & ~(page - 1);
	struct rlimit limit = {0};

	size -= start - (uintptr_t)memory;
	madvise((void *)start, size & ~(page - 1), MADV_DONTDUMP);
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur < size)
		size = limit.rlim_cur;
	mlock2((void *)start, size & ~(page - 1), MLOCK_ONFAULT);
}

/* After the seal neither brk nor mmap gives anything: take it all now. The
 * volatile pointer keeps the compiler from removing the pair. */
static int
take_memory(struct sealing *sealing, struct error *err)
{
	size_t size = sealing->profile->arena;
	void *volatile arena;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
	arena = malloc(size);
	if (arena == NULL)
		return fail(err, "arena: %s", strerror(errno));
	if (sealing->profile->keeps_secret)
		keep_out_of_swap(arena, size);
	free(arena);
	return 0;
}

static int
warm_up(struct sealing *sealing, struct error *err)
{
	if (sealing->warm_up == NULL)
		return 0;
	return sealing->warm_up(sealing->context, err);
}

/* An empty, read-only root; /proc is only a place that surely exists. */
static int
change_root(struct sealing *sealing, struct error *err)
{
	unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (!is_isolated())
		return 0;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", flags,
		  "size=4k,nr_inodes=1,mode=0555") < 0)
		return fail(err, "mount: %s", strerror(errno));
	if (chdir("/proc") < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return fail(err, "pivot_root: %s", strerror(errno));
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail(err, "old root: %s", strerror(errno));
	return 0;
}

static int
drop_bounding(struct error *err)
{
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return fail(err, "bounding set: %s", strerror(errno));
	if (prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0,
		  0) < 0)
		return fail(err, "securebits: %s", strerror(errno));
	return 0;
}

static int
drop_capabilities(struct sealing *sealing, struct error *err)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (is_isolated() && drop_bounding(err) < 0)
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail(err, "ambient capabilities: %s", strerror(errno));
	if (syscall(SYS_capset, &header, none) < 0)
		return fail(err, "capabilities: %s", strerror(errno));
	return 0;
}

static int
forbid_everything(struct sealing *sealing, struct error *err)
{
	sealing->landlock = landlock_abi();
	if (sealing->landlock == 0)
		return 0;
	return landlock_restrict(NULL, err);
}

static int
harden_memory(struct sealing *sealing, struct error *err)
{
	if (confine_memory(&sealing->is_mdwe, err) < 0)
		return -1;
	sealing->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

static int
close_limits(struct sealing *sealing, struct error *err)
{
	const struct {
		int resource;
		rlim_t value;
	} limits[] = {
		{RLIMIT_NOFILE, (rlim_t)sealing->profile->descriptors},
		{RLIMIT_NPROC, 0},
		{RLIMIT_FSIZE, 0},
		{RLIMIT_CORE, 0},
		{RLIMIT_MEMLOCK, 0},
		{RLIMIT_MSGQUEUE, 0},
		{RLIMIT_CPU, SEAL_LIMIT_CPU_SECONDS},
		{RLIMIT_AS, sealing->profile->memory},
	};

	for (size_t i = 0; i < array_size(limits); i++)
		if (confine_limit(limits[i].resource, limits[i].value, err) < 0)
			return -1;
	return 0;
}

/* Every change of credentials clears it, so it comes after the last one. A
 * supervisor that died before is noticed at the first read. */
static int
die_with_supervisor(struct sealing *sealing, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail(err, "parent death signal: %s", strerror(errno));
	return 0;
}

static int
install_filter(struct sealing *sealing, struct error *err)
{
	if (confine_privileges(err) < 0)
		return -1;
	return confine_calls(&sealing->filter, err);
}

/* In this order: each step needs what a later one takes away. */
static const struct {
	const char *name;
	const char *code;
	int (*apply)(struct sealing *sealing, struct error *err);
} steps[] = {
	{"filter program", "sandbox_seccomp", take_filter},
	{"surroundings", "sandbox_seal", look_around},
	{"arena", "sandbox_seal", take_memory},
	{"libraries", "sandbox_seal", warm_up},
	{"root", "sandbox_namespaces", change_root},
	{"capabilities", "sandbox_namespaces", drop_capabilities},
	{"landlock", "sandbox_landlock", forbid_everything},
	{"memory", "sandbox_seal", harden_memory},
	{"limits", "sandbox_seal", close_limits},
	{"death signal", "sandbox_seal", die_with_supervisor},
	{"seccomp", "sandbox_seccomp", install_filter},
};

void
seal_report_failure(int out, const struct error *err)
{
	char frame[512];
	int size = snprintf(frame, sizeof(frame) - 1, SEAL_FAILED " %s %.400s",
			    err->code, err->text);

	frame[size] = '\n';
	/* Nobody is left to tell when this fails; the end of file tells. */
	if (write(out, frame, (size_t)size + 1) < 0)
		return;
}

static int
say_ready(const struct sealing *sealing, struct error *err)
{
	char frame[128];
	int size =
		snprintf(frame, sizeof(frame),
			 WIRE_READY " landlock=%d mdwe=%d dumpable=%d "
				    "keyring=%ld nesting=%d\n",
			 sealing->landlock, sealing->is_mdwe, sealing->dumpable,
			 sealing->keyring, sealing->may_nest);

	if (write(WIRE_OUT, frame, (size_t)size) != size)
		return fail(err, "ready: %s", strerror(errno));
	return 0;
}

static int
apply(struct sealing *sealing, struct error *err)
{
	for (size_t i = 0; i < array_size(steps); i++) {
		if (steps[i].apply(sealing, err) == 0)
			continue;
		err->reason = EXIT_UNSAFE;
		err->code = steps[i].code;
		seal_report_failure(WIRE_OUT, err);
		return -1;
	}
	return say_ready(sealing, err);
}

int
seal(struct error *err)
{
	struct sealing sealing = {.profile = &agent_profile, .dumpable = 1};

	return apply(&sealing, err);
}

int
seal_courier(seal_warm_up *libraries, void *context, struct error *err)
{
	struct sealing sealing = {
		.profile = &courier_profile,
		.warm_up = libraries,
		.context = context,
		.dumpable = 1,
	};

	return apply(&sealing, err);
}
