/*
 * test_escape.c - the escape battery: each attempt of probes.h in a jail of
 * its own, the agent's and the courier's, and again with layers left out where
 * others refuse it too.
 */
#include <linux/filter.h>

#include "tests/identity.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "tests/adversary/probes.h"

#define DEADLINE_MS 5000

/* The two kinds of jail. */
static const struct {
	const char *prefix; /* of the worker's name */
	enum filter_profile filter;
	int slots;
} kinds[] = {
	{"", FILTER_AGENT, 0},
	{"courier:", FILTER_COURIER, POST_SLOTS},
};

/* How the worker of each run is told to seal itself, and what must be proven
 * of it before it is tried. */
static const struct {
	const char *name;
	unsigned required;
} seals[RUNS] = {
	[RUN_SEALED] = {"sealed", JAIL_REQUIRED_DEFAULT},
	[RUN_UNFILTERED] = {"without:seccomp",
			    JAIL_REQUIRED_DEFAULT & ~(1u << JAIL_SECCOMP)},
	[RUN_BARE] = {"without:seccomp,landlock,limits", 1u << JAIL_NAMESPACES},
};

/* How it ended when it said nothing: K, V or X for an ordinary exit. */
static const char *
read_end(const struct jail *jail)
{
	siginfo_t end = {0};

	if (waitid(P_PIDFD, (id_t)jail->pidfd, &end, WEXITED | WNOWAIT) < 0)
		return "no child";
	if (end.si_code == CLD_EXITED)
		return "X";
	return end.si_status == SIGSYS ? "K" : "V";
}

/* The start frame has been sent: what comes back? */
static void
read_outcome(const struct jail *jail, struct wire *wire, char *ret_outcome,
	     size_t size)
{
	struct error err = NO_ERROR;
	const char *frame;
	size_t length;

	if (wire_read(wire, wire_now_ms() + DEADLINE_MS, &frame, &length,
		      &err) < 0)
		snprintf(ret_outcome, size, "%s", err.code);
	else
		snprintf(ret_outcome, size, "%s",
			 frame == NULL ? read_end(jail) : frame);
}

static void
attempt(const struct probe *probe, enum run run, size_t kind, char *ret_outcome,
	size_t size)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	auto_free char *name =
		xprintf("%s%s", kinds[kind].prefix, seals[run].name);
	struct jail_program program = {
		.path = identity_built("tests/adversary/probe"),
		.name = name,
		.filter = &filter,
		.slots = kinds[kind].slots,
	};
	struct jail jail = NO_JAIL;
	struct wire wire;

	snprintf(ret_outcome, size, "no jail");
	if (filter_compile(&filter, kinds[kind].filter, &err) == 0 &&
	    jail_spawn(&jail, &program, &err) == 0 &&
	    jail_attest(&jail, &filter, seals[run].required,
			wire_now_ms() + DEADLINE_MS, &err) == 0) {
		wire_init(&wire, jail.from_worker, jail.to_worker);
		if (wire_write(&wire, wire_now_ms() + DEADLINE_MS, probe->name,
			       strlen(probe->name), &err) == 0)
			read_outcome(&jail, &wire, ret_outcome, size);
		wire_free(&wire);
	}
	if (strcmp(ret_outcome, "no jail") == 0)
		printf("# %s: %s\n", probe->name, err.text);
	jail_end(&jail);
	filter_free(&filter);
}

/* Is the word one of the list's? */
static bool
is_listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, length) == 0 &&
		    (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static void
report(const char *name, enum run run, size_t kind, const char *outcome,
       const char *expected)
{
	char text[160];

	snprintf(text, sizeof(text), "%s, %s%s, comes to %s", name,
		 kinds[kind].prefix, seals[run].name, expected);
	if (is_listed(expected, outcome))
		test(identity_name(text), true);
	else
		test_text(identity_name(text), outcome, expected);
}

static void
run_battery(enum run run, size_t kind)
{
	for (size_t i = 0; i < array_size(probes); i++) {
		const char *expected = probes[i].outcomes[run];
		char outcome[64];

		if (kind > 0 && run == RUN_SEALED &&
		    probes[i].outcomes[OUTCOME_COURIER] != NULL)
			expected = probes[i].outcomes[OUTCOME_COURIER];
		if (expected == NULL)
			continue;
		attempt(&probes[i], run, kind, outcome, sizeof(outcome));
		report(probes[i].name, run, kind, outcome, expected);
	}
}

static void
run_batteries(void)
{
	for (size_t kind = 0; kind < array_size(kinds); kind++)
		for (int run = 0; run < RUNS; run++)
			run_battery(run, kind);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, run_batteries);
}
