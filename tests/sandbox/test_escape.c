/*
 * test_escape.c - the escape battery: each attempt of probes.h in a jail of
 * its own, the agent's and the courier's, and again with layers left out where
 * others refuse it too. What is tried on the courier's first slot is tried once
 * more where that slot is a TCP socket, which no courier is given.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "tests/identity.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "tests/adversary/probes.h"

#define DEADLINE_MS 5000
/* Who says nothing, or one byte now and then, is given less. */
#define PATIENCE_MS 1500

/* The kinds of jail. */
enum kind { KIND_AGENT, KIND_COURIER, KIND_TCP, KINDS };

static const struct {
	const char *prefix; /* of the worker's name */
	enum filter_profile filter;
	int slots;
} kinds[KINDS] = {
	[KIND_AGENT] = {"", FILTER_AGENT, 0},
	[KIND_COURIER] = {"courier:", FILTER_COURIER, POST_SLOTS},
	[KIND_TCP] = {"courier:tcp:", FILTER_COURIER, POST_SLOTS},
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

/* How it ended when it said nothing: K, V or X for an ordinary exit. Nobody
 * leaves a core. */
static const char *
read_end(const struct jail *jail)
{
	siginfo_t end = {0};

	if (waitid(P_PIDFD, (id_t)jail->pidfd, &end, WEXITED | WNOWAIT) < 0)
		return "no child";
	if (end.si_code == CLD_EXITED)
		return "X";
	if (end.si_code == CLD_DUMPED)
		return "core";
	return end.si_status == SIGSYS ? "K" : "V";
}

/* The start frame has been sent: what comes back? */
static void
read_outcome(const struct probe *probe, const struct jail *jail,
	     char *ret_outcome, size_t size)
{
	int64_t patience_ms =
		probe->special == SPECIAL_DRIP ? PATIENCE_MS : DEADLINE_MS;
	struct error err = NO_ERROR;
	struct wire wire;
	const char *frame;
	size_t length;

	wire_init(&wire, jail->from_worker, jail->to_worker);
	if (wire_write(&wire, wire_now_ms() + DEADLINE_MS, probe->name,
		       strlen(probe->name), &err) < 0 ||
	    wire_read(&wire, wire_now_ms() + patience_ms, &frame, &length,
		      &err) < 0)
		snprintf(ret_outcome, size, "%s", err.code);
	else
		snprintf(ret_outcome, size, "%s",
			 frame == NULL ? read_end(jail) : frame);
	wire_free(&wire);
}

/* The other end of the socket that is passed to KIND_TCP; it listens as long as
 * this program lives. */
static int
listen_somewhere(struct sockaddr_in *ret_address)
{
	socklen_t size = sizeof(*ret_address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)ret_address, size) < 0 ||
	    listen(fd, 1000) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret_address, &size) < 0)
		abort();
	return fd;
}

/* A connected socket goes into the worker, by its first slot. */
static void
pass_tcp_socket(const struct jail *jail)
{
	static struct sockaddr_in address;
	auto_close int fd = -1;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	char nothing = 0;
	struct iovec byte = {.iov_base = &nothing, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (address.sin_port == 0)
		listen_somewhere(&address);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(jail->slots[0], &message, 0) != 1)
		abort();
}

/* A socket in the place of a slot is noticed, so it must be forgiven here. */
static unsigned
required_of(enum run run, enum kind kind)
{
	unsigned required = seals[run].required;

	return kind == KIND_TCP ? required & ~(1u << JAIL_ATTESTATION)
				: required;
}

static void
attempt(const struct probe *probe, enum run run, enum kind kind,
	char *ret_outcome, size_t size)
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
	int status = filter_compile(&filter, kinds[kind].filter, &err);

	if (status == 0)
		status = jail_spawn(&jail, &program, &err);
	if (status == 0 && kind == KIND_TCP)
		pass_tcp_socket(&jail);
	if (status == 0)
		status = jail_attest(&jail, &filter, required_of(run, kind),
				     wire_now_ms() + DEADLINE_MS, &err);
	snprintf(ret_outcome, size, "no jail");
	if (status == 0)
		read_outcome(probe, &jail, ret_outcome, size);
	else
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
report(const char *name, enum run run, enum kind kind, const char *outcome,
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

/* NULL: not tried there. */
static const char *
expected_of(const struct probe *probe, enum run run, enum kind kind)
{
	const char *of_courier = probe->outcomes[OUTCOME_COURIER];

	if (kind == KIND_TCP && probe->arguments[0] != POST_SLOT_DESCRIPTOR)
		return NULL;
	if (kind == KIND_TCP && run != RUN_SEALED)
		return probe
			->outcomes[run == RUN_BARE ? OUTCOME_TCP_BARE
						   : OUTCOME_TCP_UNFILTERED];
	if (kind != KIND_AGENT && run == RUN_SEALED && of_courier != NULL)
		return of_courier;
	return probe->outcomes[run];
}

/* Returns how many were made. */
static int
run_battery(enum run run, enum kind kind)
{
	int count = 0;

	for (size_t i = 0; i < array_size(probes); i++) {
		const char *expected = expected_of(&probes[i], run, kind);
		char outcome[64];

		if (expected == NULL)
			continue;
		attempt(&probes[i], run, kind, outcome, sizeof(outcome));
		report(probes[i].name, run, kind, outcome, expected);
		count++;
	}
	return count;
}

/* However it came there, it isn't what we put there. */
static void
test_tcp_socket_is_noticed(void)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	struct jail_program program = {
		.path = identity_built("tests/adversary/probe"),
		.name = "courier:tcp:sealed",
		.filter = &filter,
		.slots = POST_SLOTS,
	};
	struct jail jail = NO_JAIL;
	int status = -1;

	if (filter_compile(&filter, FILTER_COURIER, &err) == 0 &&
	    jail_spawn(&jail, &program, &err) == 0) {
		pass_tcp_socket(&jail);
		status = jail_attest(&jail, &filter, JAIL_REQUIRED_DEFAULT,
				     wire_now_ms() + DEADLINE_MS, &err);
	}
	test_text(identity_name("a courier with a TCP socket isn't proven"),
		  status == 0 ? "proven" : err.code, "attestation_descriptors");
	jail_end(&jail);
	filter_free(&filter);
}

static void
run_batteries(void)
{
	int count = 0;

	test_tcp_socket_is_noticed();
	for (int kind = 0; kind < KINDS; kind++)
		for (int run = 0; run < RUNS; run++)
			count += run_battery((enum run)run, (enum kind)kind);
	printf("# %zu probes, %d attempts, each in a jail of its own\n",
	       array_size(probes), count);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return identity_run(argv, run_batteries);
}
