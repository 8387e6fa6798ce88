/*
 * pgmend: heals schema drift that broke a pipeline's write to PostgreSQL.
 *
 * The table of commands; each reads its own options and returns the exit
 * status.
 */
#include "pgmend.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "supervisor/audit.h"
#include "supervisor/command_incident.h"
#include "supervisor/command_policy.h"
#include "supervisor/doctor.h"
#include "supervisor/environment.h"
#include "supervisor/heal.h"
#include "supervisor/init.h"
#include "supervisor/mcp.h"
#include "supervisor/recover.h"
#include "supervisor/text.h"
#include "supervisor/version.h"

static const struct command {
	const char *name;
	const char *about;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"heal", "heal the drift of one incident", command_heal},
	{"incident", "convert and check incidents", command_incident},
	{"policy", "judge, check and explain policies", command_policy},
	{"mcp", "serve the tools to an MCP host", command_mcp},
	{"recover", "resolve what a crash left open", command_recover},
	{"audit", "show and verify the audit chain", command_audit},
	{"init", "make the audit schema and its roles", command_init},
	{"doctor", "tell what isolation and rights are really there",
	 command_doctor},
};

static void
print_usage(FILE *out)
{
	fprintf(out, "usage: pgmend COMMAND [OPTION]...\n\n");
	for (size_t i = 0; i < array_size(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name,
			commands[i].about);
	fprintf(out, "\n'pgmend COMMAND --help' tells a command's options; "
		     "'pgmend --version' the libraries.\n");
}

static int
unknown_command(const char *name)
{
	const char *nearest =
		text_nearest(name, &commands[0].name, array_size(commands),
			     sizeof(commands[0]));

	fprintf(stderr, "pgmend: there is no command '");
	text_write_escaped(stderr, name);
	fprintf(stderr, "'");
	if (nearest != NULL)
		fprintf(stderr, ", did you mean '%s'?", nearest);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

/* Where the caller closed one of the first three, the next thing opened takes
 * its place: a connection to the database would get what is printed. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct error err = NO_ERROR;

	fill_standard_descriptors();
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		version_write(stdout);
		return 0;
	}
	/* A worker that died is an error of the wire, not our death. */
	signal(SIGPIPE, SIG_IGN);
	/* A rejected file that may not grow is told as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	if (environment_restart(argv, &err) < 0) {
		fprintf(stderr, "pgmend: %s\n", err.text);
		return (int)err.reason;
	}
	/* Started over by way of /proc, it would be called "exe". */
	prctl(PR_SET_NAME, "pgmend", 0, 0, 0);
	for (size_t i = 0; i < array_size(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
