/*
 * test_seal.c - faults put into the seal: each step left out, each lie about
 * it, and kernels that lack some of it. What isn't proven isn't used.
 */
#include <signal.h>
#include <sys/ptrace.h>

#include "tests/sandbox/jailing.h"

/* Each step of the seal, left out, or made less than it looks; and how that is
 * noticed. */
static void
test_half_sealed(void)
{
	static const struct {
		const char *name;
		const char *code;
	} halves[] = {
		{"without:root", "attestation_mounts"},
		{"without:capabilities", "attestation_capabilities"},
		{"without:landlock", "sandbox_landlock"},
		{"without:memory", "attestation_ready"},
		{"without:limits", "attestation_limits"},
		{"without:seccomp", "attestation_seccomp"},
		{"without:filter program", "sandbox_seccomp"},
		{"courier:without:root", "attestation_mounts"},
		{"courier:without:capabilities", "attestation_capabilities"},
		{"courier:without:landlock", "sandbox_landlock"},
		{"courier:without:memory", "attestation_ready"},
		{"courier:without:filter program", "sandbox_seccomp"},
		{"courier:without:limits", "attestation_limits"},
		{"courier:without:seccomp", "attestation_seccomp"},
		{"courier:swaps slots", "attestation_descriptors"},
		{"courier:lacks a slot", "attestation_descriptors"},
		{"lie:thread", "attestation_threads"},
		{"lie:page", "attestation_memory"},
		{"lie:filter", "attestation_filters"},
		{"lie:descriptor", "attestation_descriptors"},
		{"lie:image", "attestation_image"},
	};

	for (size_t i = 0; i < array_size(halves); i++) {
		char name[100];

		snprintf(name, sizeof(name), "a worker sealed %s is refused",
			 halves[i].name);
		test_text(identity_name(name),
			  refusal(identity_built("tests/adversary/probe"),
				  halves[i].name),
			  halves[i].code);
	}
}

/* What only root can see: the program of the filter, and that it may trace. */
static void
test_seen_by_root(void)
{
	const char *path = identity_built("tests/adversary/probe");
	struct error err = NO_ERROR;
	struct filter filter = {0};
	struct jail_program program = {
		.path = path,
		.name = "sealed",
		.filter = &filter,
	};
	struct jail jail = NO_JAIL;

	test_text(identity_name("a worker with another filter is refused"),
		  refusal(path, "lie:program"), "attestation_filter");
	if (filter_compile(&filter, FILTER_AGENT, &err) < 0 ||
	    jail_spawn(&jail, &program, &err) < 0 ||
	    ptrace(PTRACE_SEIZE, jail.pid, 0, 0) < 0 ||
	    jail_attest(&jail, &filter, JAIL_REQUIRED_DEFAULT,
			soon(DEADLINE_MS), &err) == 0)
		err.code = "proven";
	test_text(identity_name("a worker that is traced is refused"), err.code,
		  "attestation_tracer");
	jail_end(&jail);
	filter_free(&filter);
}

/* What these leave out is the worker's own loss (its memory ends early), or
 * stands twice: the death signal is set before its exec, too. */
static void
test_harmless_halves(void)
{
	static const char *const names[] = {"without:arena",
					    "without:death signal"};

	for (size_t i = 0; i < array_size(names); i++) {
		struct error err = NO_ERROR;
		struct jail jail;
		char name[100];
		int status =
			start(&jail, identity_built("tests/adversary/probe"),
			      names[i], &err);

		snprintf(name, sizeof(name),
			 "a worker sealed %s is none the freer", names[i]);
		test(identity_name(name),
		     status == 0 && jail.achieved == JAIL_REQUIRED_DEFAULT);
		jail_end(&jail);
	}
}

/* Kernels that lack some of it: what is there is used and reported, and only
 * what the policy requires is missed. */
static void
test_older_kernels(void)
{
	const char *older = identity_built("tests/adversary/older");
	unsigned without = JAIL_REQUIRED_DEFAULT & ~(1u << JAIL_LANDLOCK);
	struct error err = NO_ERROR;
	struct jail jail;
	int status = start(&jail, older, "abi 2", &err);

	test(identity_name("Landlock of ABI 2 without MDWE is enough"),
	     status == 0 && jail.achieved == JAIL_REQUIRED_DEFAULT);
	test(identity_name("it is reported"),
	     strstr(jail.report, "landlock=2 mdwe=0 dumpable=0") != NULL);
	jail_end(&jail);
	test_text(identity_name("Landlock of ABI 1 is none, and refused"),
		  refusal(older, "abi 1"), "sandbox_landlock");
	status = start_with(&jail, older, "abi 1", without, &err);
	test(identity_name("a policy may do without Landlock"),
	     status == 0 && jail.achieved == without);
	jail_end(&jail);
}

static void
run_suite(void)
{
	test_half_sealed();
	test_harmless_halves();
	test_older_kernels();
	if (geteuid() == 0)
		test_seen_by_root();
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, run_suite);
}
