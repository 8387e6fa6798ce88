/*
 * verbs.h - a command that has verbs: `pgmend policy check`, `pgmend incident
 * convert`. Which there are, what each takes and what --help says come from one
 * table.
 */
#ifndef SUPERVISOR_VERBS_H
#define SUPERVISOR_VERBS_H

struct option_table;
struct options;

struct verb {
	const char *name;
	const struct option_table *table;
	int (*run)(const struct options *options);
};

#define VERBS_MAX 32

struct verbs {
	const char *command;
	const struct verb *of;
	int count; /* at most VERBS_MAX */
};

/* argv[0] is the command. Returns the exit status. */
int verbs_run(const struct verbs *verbs, int argc, char **argv);

#endif
