/*
 * test_launch.c - faults put into the supervisor's half of the jail: each step
 * between clone and exec left out, each namespace, each map. The worker seals
 * itself as it should, and is refused all the same, untold.
 */
#include "tests/faulty/faulty.h"

#include <linux/keyctl.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "tests/sandbox/jailing.h"

/* The step stands twice, or there is nothing that it would have to take. */
#define HARMLESS "proven"

static const struct {
	const char *name;
	const char *as_root, *as_user; /* the code, or HARMLESS */
} faults[] = {
	{"nothing", HARMLESS, HARMLESS},
	{"user namespace", "sandbox_namespaces", "sandbox_namespaces"},
	{"mount namespace", "sandbox_namespaces", "sandbox_namespaces"},
	{"pid namespace", "attestation_capabilities",
	 "attestation_capabilities"},
	{"net namespace", "attestation_namespaces", "attestation_namespaces"},
	{"ipc namespace", "attestation_namespaces", "attestation_namespaces"},
	{"uts namespace", "attestation_namespaces", "attestation_namespaces"},
	{"cgroup namespace", "attestation_namespaces",
	 "attestation_namespaces"},
	{"maps", "sandbox_namespaces", "sandbox_namespaces"},
	/* The kernel lets root alone map more than itself. */
	{"narrow maps", "attestation_ids", "sandbox_namespaces"},
	{"image's seals", "attestation_image", "attestation_image"},
	{"environment", "attestation_environment", "attestation_environment"},
	{"descriptors", "attestation_ready", "attestation_ready"},
	{"others", "attestation_descriptors", "attestation_descriptors"},
	{"gate", "sandbox_namespaces", "sandbox_namespaces"},
	{"signals", "attestation_signals", "attestation_signals"},
	/* An ordinary user keeps what he has. */
	{"groups", "attestation_ids", HARMLESS},
	{"ids", "attestation_ids", HARMLESS},
	{"session", "attestation_session", "attestation_session"},
	{"keyring", "attestation_keyring", "attestation_keyring"},
	{"nesting", "attestation_nesting", "attestation_nesting"},
	/* The inner root gets them back at exec, and drops them in the seal. */
	{"capabilities", "sandbox_namespaces", HARMLESS},
	/* The seal needs it for Landlock, before it sets it itself. */
	{"privileges", "sandbox_landlock", "sandbox_landlock"},
	/* The seal sets it, too. */
	{"death signal", HARMLESS, HARMLESS},
	{"image", "sandbox_namespaces", "sandbox_namespaces"},
};

/* What a worker could bring along that attestation has to miss: a group, a
 * keyring, an ignored signal, an open file. */
static void
hold_much(void)
{
	gid_t group = IDENTITY_NOBODY - 1;

	signal(SIGPIPE, SIG_IGN);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	fcntl(open("/etc/passwd", O_RDONLY | O_CLOEXEC), F_DUPFD, 100);
	if (geteuid() == 0 && setgroups(1, &group) < 0)
		abort();
}

/* A worker that isn't proven hears nothing. */
static bool
was_told(const struct jail *jail)
{
	int waiting = 0;

	return jail->to_worker >= 0 &&
	       (ioctl(jail->to_worker, FIONREAD, &waiting) < 0 || waiting > 0);
}

static void
test_fault(const char *name, const char *expected)
{
	struct error err = NO_ERROR;
	struct jail jail;
	const char *code;
	char text[100];
	int status;

	fault = name;
	status = start(&jail, identity_built("tests/adversary/echo"), "echo",
		       &err);
	code = err.reason == EXIT_UNSAFE ? err.code : "not EXIT_UNSAFE";
	if (status < 0)
		printf("# %s\n", err.text);
	else
		code = HARMLESS;
	snprintf(text, sizeof(text), "a start without %s, untold, comes to %s",
		 name, expected);
	test_text(identity_name(text), was_told(&jail) ? "told" : code,
		  expected);
	jail_end(&jail);
}

/* A row that is new has its fault, too. */
static void
test_table_is_whole(void)
{
	for (size_t i = 0; i < array_size(launch_steps); i++) {
		bool is_tried = false;

		for (size_t k = 0; k < array_size(faults); k++)
			is_tried |=
				same_text(launch_steps[i].name, faults[k].name);
		test(identity_name(launch_steps[i].name), is_tried);
	}
}

static void
run_suite(void)
{
	hold_much();
	test_table_is_whole();
	for (size_t i = 0; i < array_size(faults); i++)
		test_fault(faults[i].name, geteuid() == 0 ? faults[i].as_root
							  : faults[i].as_user);
}

int
main(int argc, char **argv)
{
	return identity_run(argv, run_suite);
}
