#include "pgmend.h"

#include <sys/utsname.h>

#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/landlock.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"
#include "supervisor/configuration.h"
#include "supervisor/doctor.h"
#include "supervisor/secret.h"
#include "supervisor/worker.h"

#define SEAL_TIMEOUT_MS 10000
#define ABI_WITH_TCP 4
#define ABI_WITH_SCOPES 6

static const char mend_namespaces[] =
	"allow user namespaces: user.max_user_namespaces > 0, and where they "
	"exist kernel.unprivileged_userns_clone=1 and "
	"kernel.apparmor_restrict_unprivileged_userns=0; in a container, a "
	"seccomp profile that lets clone3 and mount through";
static const char mend_landlock[] =
	"Linux 5.19 or newer with CONFIG_SECURITY_LANDLOCK=y and landlock in "
	"the kernel's lsm= list";

static bool
is_required(const struct doctor *doctor, enum jail_layer layer)
{
	return doctor->required & 1u << layer;
}

/* Of a layer that a run can do without where policy says so. */
static enum finding_state
state_of(const struct doctor *doctor, enum jail_layer layer, bool is_there)
{
	if (is_there)
		return FINDING_OK;
	return is_required(doctor, layer) ? FINDING_MISSING : FINDING_WEAKER;
}

static void
look_at_kernel(struct doctor *doctor)
{
	struct utsname kernel = {0};
	const char *user = doctor->configuration == NULL
				   ? NULL
				   : doctor->configuration->user;
	bool stays_root = geteuid() == 0 && user == NULL;

	uname(&kernel);
	doctor_note(doctor, "kernel", FINDING_OK,
		    xprintf("%s %s %s", kernel.sysname, kernel.release,
			    kernel.machine),
		    NULL);
	doctor_note(doctor, "user", stays_root ? FINDING_WEAKER : FINDING_OK,
		    xprintf("uid %u%s%s", geteuid(),
			    user == NULL ? "" : ", heals as ",
			    user == NULL ? "" : user),
		    "a uid of its own, that nobody else has ('user' in "
		    "pgmend.conf, or the service's): root is trusted with more "
		    "than it needs");
}

static void
look_at_landlock(struct doctor *doctor)
{
	int abi = landlock_abi();
	bool holds = abi > 0 && doctor_proves_landlock();

	doctor_note(doctor, "landlock", state_of(doctor, JAIL_LANDLOCK, holds),
		    abi == 0 ? xstrdup("none")
			     : xprintf("ABI %d, and it %s", abi,
				       holds ? "refuses what it must"
					     : "lets through what it must not"),
		    mend_landlock);
	if (abi == 0)
		return;
	doctor_note(doctor, "landlock-tcp",
		    abi < ABI_WITH_TCP ? FINDING_WEAKER : FINDING_OK,
		    xprintf("%s rules for TCP ports",
			    abi < ABI_WITH_TCP ? "no" : "with"),
		    "Linux 6.7 or newer");
	doctor_note(doctor, "landlock-scopes",
		    abi < ABI_WITH_SCOPES ? FINDING_WEAKER : FINDING_OK,
		    xprintf("%s scopes for signals and abstract sockets",
			    abi < ABI_WITH_SCOPES ? "no" : "with"),
		    "Linux 6.12 or newer");
}

static void
look_at_memory(struct doctor *doctor)
{
	bool is_there;
	bool holds = doctor_proves_memory(&is_there);

	if (!holds)
		doctor_note(doctor, "memory", FINDING_MISSING,
			    xstrdup("data can be made executable, or memory "
				    "be read by neighbours"),
			    "Linux 6.3 or newer");
	else
		doctor_note(doctor, "memory",
			    is_there ? FINDING_OK : FINDING_WEAKER,
			    xstrdup(is_there ? "not dumpable, and no data "
					       "becomes executable (MDWE)"
					     : "not dumpable; no MDWE"),
			    "Linux 6.3 or newer");
}

static void
look_at_secrets(struct doctor *doctor)
{
	bool can_hide = secret_can_hide();

	doctor_note(doctor, "secrets", can_hide ? FINDING_OK : FINDING_WEAKER,
		    xstrdup(can_hide ? "in memory that only pgmend can read "
				       "(memfd_secret)"
				     : "in locked memory, which root can read"),
		    "Linux 5.14 or newer with CONFIG_SECRETMEM=y, before 6.5 "
		    "booted with secretmem.enable=1");
}

static void
look_at_filters(struct doctor *doctor)
{
	bool holds = doctor_proves_seccomp();
	bool is_locked = doctor_proves_lock();

	doctor_note(doctor, "seccomp", state_of(doctor, JAIL_SECCOMP, holds),
		    xstrdup(holds ? "a call that isn't listed kills"
				  : "a call that isn't listed goes through"),
		    "a kernel with CONFIG_SECCOMP_FILTER=y, and no emulation "
		    "of system calls in between");
	doctor_note(doctor, "lock", is_locked ? FINDING_OK : FINDING_MISSING,
		    xstrdup(is_locked ? "the supervisor can lock itself"
				      : "the supervisor's lock doesn't hold"),
		    mend_landlock);
}

/* A worker that runs, and what was proven of it. */
struct patient {
	const char *name;    /* of the finding */
	const char *program; /* of the worker */
	enum filter_profile profile;
	int slots;
};

static char *
list_layers(const struct jail *jail)
{
	char *text;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs("proven sealed:", out);
	for (int layer = 0; layer < JAIL_LAYERS; layer++)
		if (jail->achieved & 1u << layer)
			fprintf(out, " %s", jail_layer_name(layer));
	fprintf(out, " (%s)", jail->report);
	fclose(out);
	return text;
}

static int
attest(struct jail *jail, const struct doctor *doctor,
       const struct patient *patient, struct error *err)
{
	struct filter filter = {0};
	auto_free char *path = NULL;
	struct jail_program program = {
		.name = patient->program,
		.filter = &filter,
		.slots = patient->slots,
	};
	int status = worker_find(&path, patient->program, err);

	program.path = path;
	if (status == 0)
		status = filter_compile(&filter, patient->profile, err);
	if (status == 0)
		status = jail_spawn(jail, &program, err);
	if (status == 0)
		status = jail_attest(jail, &filter, doctor->required,
				     wire_now_ms() + SEAL_TIMEOUT_MS, err);
	filter_free(&filter);
	return status;
}

static void
note_namespaces(struct doctor *doctor, const struct jail *jail)
{
	int missing = jail->missing_namespaces;

	if (jail->pid <= 0)
		return;
	doctor_note(doctor, "namespaces",
		    state_of(doctor, JAIL_NAMESPACES, missing == 0),
		    missing == 0
			    ? xstrdup("user, mnt, pid, net, ipc, uts, cgroup")
			    : xprintf("refused: %s", strerror(missing)),
		    mend_namespaces);
}

/* The first of them also tells of the namespaces that both get. */
static void
look_at_workers(struct doctor *doctor)
{
	static const struct patient patients[] = {
		{"agent", "pgmend-agent", FILTER_AGENT, 0},
		{"courier", "pgmend-courier", FILTER_COURIER, POST_SLOTS},
	};

	for (size_t i = 0; i < array_size(patients); i++) {
		struct error err = NO_ERROR;
		struct jail jail = NO_JAIL;
		int status = attest(&jail, doctor, &patients[i], &err);

		if (i == 0)
			note_namespaces(doctor, &jail);
		doctor_note(doctor, patients[i].name,
			    status < 0 ? FINDING_MISSING : FINDING_OK,
			    status < 0 ? xprintf("%s: %s", err.code, err.text)
				       : list_layers(&jail),
			    "see the layers above; nothing may trace pgmend or "
			    "its workers, and /proc must be mounted");
		jail_end(&jail);
	}
}

static void
look_at_cgroup(struct doctor *doctor)
{
	doctor_note(doctor, "cgroup", state_of(doctor, JAIL_CGROUP, false),
		    xstrdup("pgmend makes none of its own"),
		    is_required(doctor, JAIL_CGROUP)
			    ? "take cgroup out of the policy's sandbox.require"
			    : "limit memory and tasks where it is started, as "
			      "pgmend@.service does");
}

void
doctor_look_at_sandbox(struct doctor *doctor)
{
	look_at_kernel(doctor);
	look_at_filters(doctor);
	look_at_landlock(doctor);
	look_at_memory(doctor);
	look_at_secrets(doctor);
	look_at_workers(doctor);
	look_at_cgroup(doctor);
}
